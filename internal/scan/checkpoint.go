package scan

import (
	"errors"
	"fmt"
	"io"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/joblib"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/torch"
	"github.com/modelaudit/action/internal/tree"
)

// A Checkpoint is one pickle of a model, with its tensors, as its loader would get it.
type Checkpoint struct {
	// At is where in the model's tree its object stands; empty means that it is the tree.
	At        []tensor.Key
	Record    string // the stream's record below the archive's root, "" for the file itself
	Trace     *sym.Trace
	Stream    io.ReaderAt // the bytes that Trace's offsets count in
	Tensors   *torch.Resolver
	Judgement rules.PickleJudgement
	// Ambiguous says why it is not clear what the loader would get, "" if it is.
	Ambiguous string
	Zip       *torch.Zip // nil unless it is the pickle of a torch zip
	// Within is what the keys of its storages begin with in the model's tree,
	// where a file of several holds it.
	Within string
	// Joblib is what joblib.load reads beside the instructions, nil unless the
	// stream has any. Nested are the pickles of its arrays of objects.
	Joblib *joblib.Stream
	Nested map[int64]*Checkpoint // by where their bytes begin

	// beside opens the files with arrays of joblib that stand beside the stream, nil
	// where there can be none.
	beside func(string) (io.ReaderAt, int64, error)

	part      bool                        // its object is a value of something larger
	byWrapper map[*sym.Node]*joblib.Array // once it was asked for
	looked    bool                        // of a nested one: wrong is why it cannot be believed, nil if it can
	wrong     error
}

var errMore = errors.New("the pickle holds more values than are converted")

// Tree reads the checkpoint as a tree of tensors and plain values. What a call
// that may not be trusted made, or could have changed, is not taken for data.
func (c *Checkpoint) Tree() (*tree.Tree, error) {
	if c.Trace.Kept > 0 {
		return nil, errMore
	}
	return c.tree()
}

// tree is Tree, with what the trace has kept of very many tensors in Tree.Many.
func (c *Checkpoint) tree() (*tree.Tree, error) {
	in, err := c.input()
	if err != nil {
		return nil, err
	}
	in.Kept = c.Trace.Kept
	return tree.Build(in)
}

// Outline is Tree of the tensors, and little else.
func (c *Checkpoint) Outline() (*tree.Tree, error) {
	in, err := c.input()
	if err != nil {
		return nil, err
	}
	in.Outline, in.Kept = true, c.Trace.Kept
	return tree.Build(in)
}

// input is what the checkpoint's tree is made of.
func (c *Checkpoint) input() (in tree.Input, err error) {
	if c.Ambiguous != "" {
		return in, fmt.Errorf("readers disagree about this file: %s", c.Ambiguous)
	}
	if c.Joblib != nil && len(c.Joblib.Problems) > 0 {
		return in, fmt.Errorf("readers disagree about this file: %s", c.Joblib.Problems[0].Msg)
	}
	for _, f := range c.Judgement.Findings {
		switch f.Rule {
		case "MA202":
			return in, fmt.Errorf("readers disagree about this file: %s", f.Message)
		case "MA107":
			return in, fmt.Errorf("it is not known what is loaded, since loading changes what other names mean: %s", f.Message)
		}
	}
	if c.Trace.Plain { // it was skimmed to be judged
		c.Trace = sym.Run(c.Stream, c.Trace.Start, c.Trace.End, sym.Options{})
	}
	if c.Trace.Packed && !c.packed() && len(c.Judgement.Untrusted) > 0 {
		return in, fmt.Errorf("a call that may not be trusted (%s) stands among more tensors than are looked at one by one: what it could have changed is not known", firstCallable(c.Judgement.Findings))
	}
	if c.Trace.Plain || c.Trace.Folded && !c.packed() {
		return in, errMore
	}
	if c.Trace.Root == nil {
		return in, fmt.Errorf("the pickle has no object: %s", c.Trace.Failure.Msg)
	}
	if err := unhashed(c.Trace); err != nil {
		return in, err
	}
	t := newTaint(c.whole())
	if t.patched != "" {
		return in, fmt.Errorf("a call that may not be trusted gets at %s, so that it is not known what is loaded%s", t.patched, c.instead())
	}
	return tree.Input{
		Size: c.Trace.End - c.Trace.Start, Root: c.Trace.Root, Data: c.Stream, Record: c.Record, Tensors: c.Tensors,
		Unsafe:  t.unsafe,
		Carries: t.carries,
		Class:   rules.ClassOf,
		Known:   rules.Known,
		Part:    c.part,
		Array:   c.array,
		Inner:   c.inner,
	}, nil
}

// instead says what to save in place of objects that code in the file builds.
func (c *Checkpoint) instead() string {
	for _, f := range c.Judgement.Findings {
		if f.Callable == "torch.fx.graph_module.reduce_graph_module" {
			return ": a module of torch.fx is built by code that the file has; save its state_dict()"
		}
	}
	return ""
}

// firstCallable is the first name that a finding is about, or "an unknown one".
func firstCallable(list []audit.Finding) string {
	for _, f := range list {
		if f.Callable != "" {
			return f.Callable
		}
	}
	return "an unknown one"
}

// packed reports whether of the trace only tensors were folded, and nothing in it
// could have changed them: there are none in the graph that could be marked.
func (c *Checkpoint) packed() bool {
	return c.Trace.Packed && len(c.Judgement.Untrusted) == 0 && len(c.Judgement.Touched) == 0
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
