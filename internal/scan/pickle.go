package scan

import (
	"bytes"
	"fmt"

	"github.com/modelaudit/action/audit"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/torch"
)

// maxStreams bounds the pickles that one part may hold one after another.
const maxStreams = 10_000

// pickle audits a part that begins with a pickle: one stream, several, or
// torch's older format, which begins with its magic number.
func (w *walk) pickle(p part) error {
	first := sym.Run(p.r, 0, p.size, sym.Options{MaxOps: w.lim.MaxOpcodes})
	if torch.IsLegacyMagic(first) {
		return w.legacy(p)
	}
	j := w.stream(p, first, nil)
	if p.member == "" && first.Root != nil {
		w.out.Model = &Model{Format: audit.FormatPickle, Trace: first, Stream: p.r, Tensors: torch.NestedResolver(p.r), Judgement: j}
	}
	return w.streams(p, first)
}

// streams goes on behind a stream: a loader that reads again finds the next
// one, with an empty memo or, from one Unpickler, with what is in it. Both
// readings are judged where they can differ.
func (w *walk) streams(p part, last *sym.Trace) error {
	for n := 1; last.Failure == nil && last.End < p.size; n++ {
		if n == maxStreams {
			w.finding("MA501", p.member, last.End, p.size, fmt.Sprintf("more than %d pickles one after another", maxStreams))
			w.unread(p.member, last.End, p.size, "not read: too many pickles")
			return nil
		}
		rest, err := w.padding(p, last.End)
		if err != nil || rest < 0 {
			return err
		}
		next := sym.Run(p.r, last.End, p.size, sym.Options{MaxOps: w.lim.MaxOpcodes})
		if next.Failure != nil && next.Failure.MissingMemo {
			next = sym.Run(p.r, last.End, p.size, sym.Options{MaxOps: w.lim.MaxOpcodes, Memo: last.Memo})
		}
		if next.Failure != nil && !next.Executes() {
			w.unread(p.member, last.End, p.size, "data behind the pickle that is no pickle")
			return nil
		}
		w.stream(p, next, nil)
		last = next
	}
	return nil
}

// padding returns where the next stream begins, or -1 if only zeros follow.
func (w *walk) padding(p part, at int64) (int64, error) {
	buf := make([]byte, 64<<10)
	for off := at; off < p.size; {
		n, err := p.r.ReadAt(buf[:min(int64(len(buf)), p.size-off)], off)
		if n == 0 && err != nil {
			return 0, err
		}
		if len(bytes.Trim(buf[:n], "\x00")) > 0 {
			return at, nil
		}
		off += int64(n)
	}
	return -1, nil
}

// stream judges one trace and audits the pickles that are nested in it.
func (w *walk) stream(p part, tr *sym.Trace, storage func(*sym.Node) bool) rules.PickleJudgement {
	j := rules.Pickle(tr, rules.PickleContext{Member: p.member, Trusted: w.opt.Trusted, Storage: storage})
	w.add(j.Findings)
	w.out.TrustUsed = append(w.out.TrustUsed, j.TrustUsed...)
	if f := tr.Failure; f != nil {
		if f.Limit {
			w.finding("MA501", p.member, f.Pos, p.size, f.Msg)
		}
		w.unread(p.member, f.Pos, p.size, f.Msg)
	}
	for _, n := range j.Nested {
		w.nested(p, n)
	}
	return j
}

// nested audits the bytes that torch.storage._load_from_bytes would load.
func (w *walk) nested(p part, n *sym.Node) {
	name := p.below(fmt.Sprintf("bytes at %#x", n.Call().Args[0].Pos))
	data, ok := sym.PayloadOf(p.r, n.Call().Args[0])
	switch {
	case !ok:
		w.finding("MA105", p.member, n.Pos, n.End, "nested bytes are unpickled that the file does not show")
	case p.depth >= w.lim.MaxDepth:
		w.finding("MA501", name, 0, data.Size, "pickles are nested too deeply")
		w.unread(name, 0, data.Size, "not read: nested too deeply")
	default:
		w.part(part{r: data.Data, size: data.Size, name: "nested.pt", member: name, depth: p.depth + 1})
	}
}

// legacy audits torch's format before 1.6: five pickles, then storages.
func (w *walk) legacy(p part) error {
	l := torch.ReadLegacy(p.r, 0, p.size, sym.Options{MaxOps: w.lim.MaxOpcodes})
	var main rules.PickleJudgement
	for _, tr := range l.Streams {
		j := w.stream(p, tr, l.Table.Known)
		if tr == l.Main {
			main = j
		}
	}
	w.problems(p, l.Table.Bad)
	if p.member == "" {
		w.out.Artifact.Formats = replace(w.out.Artifact.Formats, audit.FormatPickle, audit.FormatTorchLegacy)
	}
	if l.Err != nil {
		if l.Streams[len(l.Streams)-1].Failure == nil { // else it was reported with the stream
			w.finding("MA201", p.member, l.End, p.size, "the file ends in an error: "+l.Err.Error())
			w.unread(p.member, l.End, p.size, l.Err.Error())
		}
		return nil
	}
	w.opaque += l.Opaque
	if p.member == "" {
		w.out.Model = &Model{Format: audit.FormatTorchLegacy, Trace: l.Main, Stream: p.r, Tensors: l.Resolver(), Judgement: main, Ambiguous: ambiguity(l.Table.Bad)}
	}
	rest, err := w.padding(p, l.End)
	if err != nil || rest < 0 {
		return err
	}
	return w.trailer(p, rest)
}

// trailer audits what stands behind a file that torch would not read further.
func (w *walk) trailer(p part, at int64) error {
	tr := sym.Run(p.r, at, p.size, sym.Options{MaxOps: w.lim.MaxOpcodes})
	if tr.Failure != nil && !tr.Executes() {
		w.unread(p.member, at, p.size, "data behind the last storage")
		return nil
	}
	w.stream(p, tr, nil)
	return w.streams(p, tr)
}

// problems reports claims of a torch container that do not hold.
func (w *walk) problems(p part, bad []torch.Problem) {
	for _, b := range bad {
		rule := "MA205"
		if b.Kind == torch.Ambiguous {
			rule = "MA206"
		}
		w.finding(rule, p.member, b.Start, b.End, b.Msg)
	}
}

func ambiguity(bad []torch.Problem) string {
	for _, b := range bad {
		if b.Kind == torch.Ambiguous {
			return b.Msg
		}
	}
	return ""
}

func replace(list []audit.Format, from, to audit.Format) []audit.Format {
	out := []audit.Format{}
	for _, f := range list {
		if f == from {
			f = to
		}
		out = append(out, f)
	}
	return out
}
