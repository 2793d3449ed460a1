package scan

import (
	"errors"
	"fmt"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/joblib"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/torch"
)

// pickle audits a part that begins with a pickle: one stream, several, or
// torch's older format, which begins with its magic number.
func (w *walk) pickle(p part) error {
	first := w.run(p, 0, nil)
	defer w.checkpointPlaces(p, first)
	defer w.leave(p, w.live)
	if torch.IsLegacyMagic(first) || torch.ComputedMagic(p.r, p.size, first) {
		return w.legacy(p)
	}
	if a := w.arrays[first]; a != nil {
		j := w.stream(p, first, nil)
		w.live += first.Bytes
		if p.root && first.Root != nil {
			c := &Checkpoint{Trace: first, Stream: p.r, Tensors: torch.NestedResolver(p.r), Judgement: j, Joblib: a.Stream, Nested: a.nested}
			if p.member == "" && len(p.layers) == 0 {
				c.beside = w.opt.Beside
			}
			w.out.Model = p.model(c.model(audit.FormatJoblib, p.member))
		}
		return w.streams(p, first)
	}
	var storage func(*sym.Node) bool
	if p.unpacked {
		storage = torch.IsStorageID
	}
	j := w.stream(p, first, storage)
	w.live += first.Bytes
	tensors := torch.NestedResolver(p.r)
	w.problems(p, tensors.Outside(first))
	if p.root && (first.Root != nil || first.Plain) {
		c := &Checkpoint{Trace: first, Stream: p.r, Tensors: tensors, Judgement: j}
		w.out.Model = p.model(c.model(audit.FormatPickle, p.member))
	}
	return w.streams(p, first)
}

// LegacyMagic is the stream that torch's older format begins with.
const LegacyMagic = torch.LegacyMagic

// stream judges one trace and audits the pickles that are nested in it.
func (w *walk) stream(p part, tr *sym.Trace, storage func(*sym.Node) bool) rules.PickleJudgement {
	defer w.holding(tr)()
	j := w.judge(p, tr, rules.PickleContext{Storage: storage, Own: p.own, Cut: p.cut})
	w.add(j.Findings)
	w.out.TrustUsed = append(w.out.TrustUsed, j.TrustUsed...)
	if f := tr.Failure; f != nil {
		if f.Limit {
			w.finding("MA501", p.member, f.Pos, p.size, f.Msg)
		}
		w.unread(p.member, f.Pos, p.size, p.cutOff(f.Truncated)+f.Msg)
	}
	if w.opt.Each != nil {
		w.opt.Each(Pickle{Member: p.member, Data: p.r, Size: p.size, Trace: tr, Judgement: j, Storage: storage, Magic: tr == w.magic, Needed: w.needed, Shadowed: w.shadow, Again: w.again(p, tr)})
	}
	needed := w.needed
	defer func() { w.needed = needed }()
	w.needed = false
	w.allNested(p, j.Nested)
	w.boosters(p, j.Boosters)
	w.pointers(p, j.Pointers)
	w.drops(p, tr, j, storage)
	w.behindFrame(p, tr)
	w.arraysOf(p, tr, j)
	return j
}

// judge has the rules judge a trace of a part, until the time is up.
func (w *walk) judge(p part, tr *sym.Trace, about rules.PickleContext) rules.PickleJudgement {
	about.Member, about.Trusted, about.Data = p.member, w.opt.Trusted, p.r
	about.Stop = func() bool { return w.ctx.Err() != nil }
	j := rules.Pickle(tr, about)
	if j.Stopped {
		w.missed = true
		w.unread(p.member, tr.Start, p.size, "the time limit was reached")
	}
	return j
}

// again returns what reads a stream once more.
func (w *walk) again(p part, tr *sym.Trace) func() *sym.Trace {
	start, end, ops := tr.Start, p.size, w.opcodes()
	if w.arrays[tr] != nil {
		return func() *sym.Trace { return joblib.Read(p.r, start, end, joblib.Options{MaxOps: ops}).Trace }
	}
	return func() *sym.Trace { return sym.Run(p.r, start, end, sym.Options{MaxOps: ops, UTF8: true}) }
}

// allNested audits nested bytes, once for each place: one run of bytes can be
// the argument of any number of calls.
func (w *walk) allNested(p part, calls []*sym.Node) {
	type place struct{ start, end int64 }
	seen := map[place]bool{}
	for _, n := range calls {
		data, ok := sym.PayloadOf(p.r, n.Call().Args[0])
		if ok {
			start, end, spelled := data.Place(0, data.Size)
			if at := (place{start, end}); spelled != sym.Unknown {
				if seen[at] {
					continue
				}
				seen[at] = true
			}
		}
		w.nested(p, n, data)
	}
}

// nested audits the bytes that torch.storage._load_from_bytes would load.
func (w *walk) nested(p part, n *sym.Node, data *sym.Payload) {
	name := p.below(fmt.Sprintf("bytes at %#x", n.Call().Args[0].Pos))
	switch {
	case data == nil:
		w.finding("MA105", p.member, n.Pos, n.End, "nested bytes are unpickled that the file does not show")
	default:
		w.loaded(part{r: data.Data, size: data.Size, name: "nested.pt", member: name, depth: p.depth + 1})
	}
}

// CutOff begins the reason of what is unread because the end of the file is missing.
const CutOff = "the file is cut off: "

// cutOff begins the reason why the rest of a part is unread.
func (p part) cutOff(truncated bool) string {
	if truncated && p.cut {
		return CutOff
	}
	return ""
}

// legacy audits torch's format before 1.6: five pickles, then storages.
func (w *walk) legacy(p part) error {
	l := torch.ReadLegacy(p.r, 0, p.size, w.among(sym.Options{MaxOps: w.opcodes(), Large: w.opt.Large}))
	var main rules.PickleJudgement
	known := l.Table.Known
	var bad *torch.FormatError
	cut := p.cut && errors.As(l.Err, &bad) && bad.Cut
	last := l.Streams[len(l.Streams)-1].Failure
	if cut || last != nil && last.Limit {
		known = torch.IsStorageID // where they lie is not known
	}
	w.magic = l.Streams[0]
	defer w.leave(p, w.live)
	for _, tr := range l.Streams {
		w.live += tr.Bytes
	}
	for _, tr := range l.Streams {
		w.read(tr)
		w.needed = true
		j := w.stream(p, tr, known)
		w.needed = false
		if tr == l.Main {
			main = j
		}
	}
	w.problems(p, l.Table.Bad)
	if p.member == "" {
		w.out.Artifact.Formats = replace(w.out.Artifact.Formats, audit.FormatPickle, audit.FormatTorchLegacy)
	}
	if l.Err != nil {
		if last == nil { // else it was reported with the stream
			if !cut {
				w.finding("MA201", p.member, l.End, p.size, "the file ends in an error: "+l.Err.Error())
			}
			w.unread(p.member, l.End, p.size, p.cutOff(cut)+l.Err.Error())
		}
		return w.resync(p, l.End)
	}
	tensors := l.Resolver()
	w.problems(p, tensors.Outside(l.Main))
	w.opaque += l.Opaque
	if p.root {
		c := &Checkpoint{Trace: l.Main, Stream: p.r, Tensors: tensors, Judgement: main, Ambiguous: ambiguity(l.Table.Bad, l.Main)}
		w.out.Model = p.model(c.model(audit.FormatTorchLegacy, p.member))
	}
	// torch reads no further; whoever reads on begins here.
	return w.streams(p, &sym.Trace{End: l.End})
}

// problems reports claims of a torch container that do not hold.
func (w *walk) problems(p part, bad []torch.Problem) {
	for _, b := range bad {
		rule := "MA205"
		if b.Kind != torch.OutOfBounds {
			rule = "MA206"
		}
		w.finding(rule, p.member, b.Start, b.End, b.Msg)
	}
}

// ambiguity says why it is not clear what torch makes of a checkpoint.
func ambiguity(bad []torch.Problem, main *sym.Trace) string {
	for _, b := range bad {
		if b.Kind == torch.Ambiguous {
			return b.Msg
		}
	}
	if n := main.Undecodable; n != nil {
		return fmt.Sprintf("a text of Python 2 at %#x, which torch.load cannot decode unless it is told the encoding", n.Pos)
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
