package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/decompile"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/scan"
)

// A judged is one pickle of the source, for the plan and for the proof.
type judged struct {
	scan.Pickle
	places scan.Places
	dirty  bool
	leave  []audit.Finding
	texts  map[int64]string // what the instructions that must go do
	// enclosed: the loader of another stream reads it from between the instructions.
	enclosed   bool
	plainState bool    // Contained of its places is to stand for objects
	nested     []int64 // where pickles begin that the loader of this one reads from between its instructions
}

// judge keeps of a pickle what a strip needs to know of it.
func judge(p scan.Pickle) judged {
	s := judged{Pickle: p, places: scan.Places{Kept: true, Whole: -1}}
	if s.dirty = len(p.Judgement.Findings)+len(p.Judgement.Untrusted) > 0; s.dirty {
		s.places = p.Places()
		s.texts = s.describe()
	}
	s.Judgement.Untrusted, s.Judgement.Foreign, s.Judgement.Touched, s.Judgement.Nested = nil, nil, nil, nil
	s.Judgement.Hooks, s.Judgement.Unset = nil, nil
	s.Trace = outline(p.Trace)
	return s
}

// outline is a trace without its values, which take much memory.
func outline(tr *sym.Trace) *sym.Trace {
	out := *tr
	out.Events, out.Root, out.Memo, out.Left = nil, nil, nil, nil
	return &out
}

// gatherer is what a scan gives its pickles to, so that they are there when the
// artifact is to be stripped. Reading stops to be kept where a limit was reached.
func (a *Audited) gatherer() func(scan.Pickle) {
	return func(p scan.Pickle) {
		if slices.ContainsFunc(p.Judgement.Findings, func(f audit.Finding) bool { return strings.HasPrefix(f.Rule, "MA5") }) {
			a.partly = true
		}
		if a.found += len(p.Judgement.Findings); a.found > maxFound || len(a.streams) == maxPickles {
			a.partly, a.streams, a.dirty = true, nil, maxDirty+1 // no remedy is offered
		}
		if a.partly {
			return
		}
		s := judge(p)
		a.streams = append(a.streams, s)
		if s.dirty {
			a.dirty++
		}
		if a.dirty > maxDirty {
			a.partly, a.streams = true, nil
		}
	}
}

// maxDirty is how many pickles of an artifact are changed: what is known of each takes
// some 20 KiB until all is proven.
const maxDirty = 5000

// maxPickles is how many pickles an artifact may have for a strip: of each one some 2 KiB are
// kept, whether anything is in it that must go or not.
const maxPickles = 50_000

// maxFound is how many findings an artifact may have for a remedy to be offered: a report
// lists no more, and a plan has places for each.
const maxFound = 10_000

// both calls two functions, of which the first may be nil.
func both(f, g func(scan.Pickle)) func(scan.Pickle) {
	if f == nil {
		return g
	}
	return func(p scan.Pickle) { f(p); g(p) }
}

// holder is what a scan gives decompressed bytes to.
func (a *Audited) holder() func(io.Closer) {
	return func(c io.Closer) {
		a.packed = true
		if a.held.keep(c); !a.lent {
			a.held.close()
		}
	}
}

// pickles lists the pickles of the artifact as they were judged, without what is
// to be left. open: their bytes are read later, so that what was compressed is
// needed.
func (a *Audited) pickles(ctx context.Context, leave []audit.Finding, open bool, held *holders) ([]judged, error) {
	if a.Source.Files != nil {
		return nil, &converters.Refusal{Msg: "it is several files, which can be stripped one by one"}
	}
	all := slices.Clone(a.streams)
	if a.partly || open && a.packed && !a.lent {
		var err error
		if all, err = a.collect(ctx, held); err != nil {
			return nil, err
		}
	}
	for i := range all {
		all[i].without(leave)
	}
	enclose(all)
	return all, nil
}

// collect judges every pickle of the artifact once more.
func (a *Audited) collect(ctx context.Context, held *holders) (out []judged, err error) {
	dirty := 0
	again := scan.Scan(ctx, a.Source.R, a.Source.Size, a.Source.Path, scan.Options{Limits: a.lim, Trusted: a.trusted, Named: a.named, Keep: held.keep, Each: func(p scan.Pickle) {
		if dirty > maxDirty || len(out) > maxPickles {
			return
		}
		s := judge(p)
		if s.dirty {
			dirty++
		}
		out = append(out, s)
	}})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if dirty > maxDirty {
		return nil, &converters.Refusal{Msg: fmt.Sprintf("more than %d pickles hold something that would have to go", maxDirty)}
	}
	if len(out) > maxPickles {
		return nil, &converters.Refusal{Msg: fmt.Sprintf("the file has more than %d pickles", maxPickles)}
	}
	if len(again.Artifact.Findings) != len(a.Artifact.Findings) {
		return nil, &converters.Refusal{Msg: "the file changed while it was read"}
	}
	return out, nil
}

// without leaves findings as they are: what only these are about is not touched.
func (s *judged) without(leave []audit.Finding) {
	for _, f := range leave {
		if f.Location.Member == s.Member && s.Trace.Start <= f.Location.Start && f.Location.End <= s.Trace.End {
			s.leave = append(s.leave, f)
		}
	}
	s.dirty = len(s.Judgement.Findings) > len(s.leave) || len(s.places.Untrusted) > 0 && len(s.leave) == 0
}

// enclose finds the streams that lie inside others.
func enclose(all []judged) {
	order := make([]*judged, len(all))
	for i := range all {
		order[i] = &all[i]
	}
	slices.SortStableFunc(order, func(a, b *judged) int {
		return cmp.Or(strings.Compare(a.Member, b.Member), cmp.Compare(a.Trace.Start, b.Trace.Start))
	})
	for i, out := range order {
		for _, in := range order[i+1:] {
			if in.Member != out.Member || in.Trace.Start >= out.Trace.End {
				break
			}
			if out.Trace.Start < in.Trace.Start && in.Trace.End <= out.Trace.End {
				out.nested = append(out.nested, in.Trace.Start)
				in.enclosed = true
			}
		}
	}
}

// maxTexts is how many instructions of a stream are described.
const maxTexts = 1000

// describe says what the instructions that must go do.
func (s *judged) describe() map[int64]string {
	out := map[int64]string{}
	decompile.Statements(s.Trace, s.Judgement, decompile.Options{Storage: s.Storage, Data: s.Data}, func(st decompile.Statement) bool {
		if s.cut(st.Pos) || s.unset(st.Pos) {
			out[st.Pos] = st.Text
		}
		return len(out) < maxTexts
	})
	return out
}
