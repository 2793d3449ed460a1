package scan

import (
	"errors"
	"fmt"
	"io"

	"github.com/modelaudit/action/audit"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/safetensors"
	"github.com/modelaudit/action/internal/torch"
	"github.com/modelaudit/action/internal/tree"
)

// A Model is the checkpoint of an artifact, as its loader would get it.
type Model struct {
	Format    audit.Format
	Member    string // the record that holds the pickle, "" if the file is one
	Record    string // Member below the archive's root
	Trace     *sym.Trace
	Stream    io.ReaderAt // the bytes that Trace's offsets count in
	Tensors   *torch.Resolver
	Judgement rules.PickleJudgement
	// Ambiguous says why it is not clear what the loader would get, "" if it is.
	Ambiguous string
	Zip       *torch.Zip // nil unless Format is pytorch-zip
}

// Tree reads the checkpoint as a tree of tensors and plain values. What a call
// that may not be trusted made, or could have changed, is not taken for data.
func (m *Model) Tree() (*tree.Tree, error) {
	if m.Ambiguous != "" {
		return nil, fmt.Errorf("readers disagree about this file: %s", m.Ambiguous)
	}
	for _, f := range m.Judgement.Findings {
		switch f.Rule {
		case "MA202":
			return nil, fmt.Errorf("readers disagree about this file: %s", f.Message)
		case "MA107":
			return nil, fmt.Errorf("it is not known what is loaded, since loading changes what other names mean: %s", f.Message)
		}
	}
	if m.Trace.Plain { // it was skimmed to be judged
		m.Trace = sym.Run(m.Stream, m.Trace.Start, m.Trace.End, sym.Options{})
	}
	if m.Trace.Plain || m.Trace.Folded {
		return nil, errors.New("the pickle holds more values than are converted")
	}
	if m.Trace.Root == nil {
		return nil, fmt.Errorf("the pickle has no object: %s", m.Trace.Failure.Msg)
	}
	if err := unhashed(m.Trace); err != nil {
		return nil, err
	}
	t := newTaint(m)
	if t.patched != "" {
		return nil, fmt.Errorf("a call that may not be trusted gets at %s, so that it is not known what is loaded", t.patched)
	}
	return tree.Build(tree.Input{
		Root: m.Trace.Root, Data: m.Stream, Record: m.Record, Tensors: m.Tensors,
		Unsafe:  t.unsafe,
		Carries: t.carries,
		Whole:   rules.Whole,
	})
}

// maxHashed is how many keys unhashed looks at: one list may be given to any
// number of calls.
const maxHashed = 5_000_000

// unhashed reports a call that makes a set or a mapping of values that Python
// cannot hash. Loading ends in an error there.
func unhashed(tr *sym.Trace) error {
	left := maxHashed
	for i := range tr.Events {
		e := &tr.Events[i]
		if e.Kind != sym.EventCall || len(e.Node.Call().Args) == 0 {
			continue
		}
		call := e.Node.Call()
		keys := call.Args[0].Items()
		switch call.Func.FullName() {
		case "builtins.dict", "collections.OrderedDict":
			pairs := keys
			keys = nil
			for _, p := range pairs {
				keys = append(keys, p.Items()[:min(1, len(p.Items()))]...)
			}
		case "builtins.set", "builtins.frozenset":
		default:
			continue
		}
		if left -= len(keys); left < 0 {
			return fmt.Errorf("calls are given more than %d keys", maxHashed)
		}
		if _, ok := sym.Distinct(keys); !ok {
			return fmt.Errorf("the pickle cannot be loaded: Python cannot hash what the call at %#x is given as a key", call.Pos)
		}
	}
	return nil
}

// safetensors audits a file that holds tensors and metadata and no code.
func (w *walk) safetensors(p part) error {
	f, err := safetensors.Read(p.r, p.size, w.lim)
	if err != nil {
		return err
	}
	w.opaque += p.size - f.DataOffset
	return nil
}

// ReadSafetensors gives the tensors of a safetensors file.
func ReadSafetensors(r io.ReaderAt, size int64, lim safeio.Limits) (*safetensors.File, error) {
	return safetensors.Read(r, size, lim.WithDefaults())
}
