package scan

import (
	"slices"

	"github.com/modelaudit/action/audit"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
)

// drops adds what a stream executes if the C unpickler reads it from a file in
// which it cannot look ahead, where an instruction crosses the end of a frame.
// That readers disagree is a finding already.
func (w *walk) drops(p part, tr *sym.Trace, judged rules.PickleJudgement, storage func(*sym.Node) bool) {
	other := w.dropped(p, tr, 0)
	if other == nil {
		return
	}
	known := knownOf(judged)
	j := w.judge(p, other, rules.PickleContext{Storage: storage, Own: p.own})
	for _, f := range j.Findings {
		if f.Rule < "MA200" && f.Callable != "" && !known[seenAt{f.Location, f.Callable}] {
			f.Message += ", if the unpickler in C reads the pickle from a file"
			w.add([]audit.Finding{f})
		}
	}
	seen := map[int64]bool{}
	for _, n := range judged.Nested {
		seen[n.Pos] = true
	}
	w.allNested(p, slices.DeleteFunc(j.Nested, func(n *sym.Node) bool { return seen[n.Pos] }))
}

// inFrame adds what a stream executes that begins in the frame of the one before, if one
// Unpickler in C reads both from a file: it has the rest of the frame at hand, and drops
// what it holds of an instruction that goes on behind. That bytes were left is a finding
// already, and what the memo has from the stream before is not asked for.
func (w *walk) inFrame(p part, tr *sym.Trace, frame int64, judged rules.PickleJudgement) {
	if tr.Start >= frame {
		return
	}
	if other := w.dropped(p, tr, frame); other != nil {
		w.inherited(p, other, judged)
	}
}

// dropped is a stream as who drops reads it, which may begin in a frame that ends there,
// nil where that is no other reading.
func (w *walk) dropped(p part, tr *sym.Trace, frame int64) *sym.Trace {
	if frame <= tr.Start {
		frame = 0
	}
	if frame == 0 && !tr.Torn {
		return nil
	}
	other := sym.Run(p.r, tr.Start, p.size, w.among(sym.Options{MaxOps: w.opcodes(), Large: w.opt.Large, Drops: true, Frame: frame}))
	w.read(other)
	return other
}

// A seenAt is where a finding is, and what is called or imported there: readers that
// disagree can take two names from one place.
type seenAt struct {
	at       audit.Location
	callable string
}

// knownOf returns the places of what was found.
func knownOf(j rules.PickleJudgement) map[seenAt]bool {
	known := map[seenAt]bool{}
	for _, f := range j.Findings {
		known[seenAt{f.Location, f.Callable}] = true
	}
	return known
}

// maxBehind bounds how many pickles are read from behind a frame.
const maxBehind = 100

type behindAt struct {
	member string
	end    int64 // of the frame
}

// behindFrame looks for what a loader executes that drops the bytes which STOP
// left in its frame, and reads its next pickle from behind them: the unpickler in
// Python, and the one in C from a file in which it cannot look ahead. That bytes
// were left is a finding already.
func (w *walk) behindFrame(p part, tr *sym.Trace) {
	at := behindAt{p.member, tr.FrameEnd}
	if tr.FrameEnd == 0 || w.frames[at] || len(w.frames) == maxBehind {
		return
	}
	if w.frames == nil {
		w.frames = map[behindAt]bool{}
	}
	w.frames[at] = true
	s := search{walk: w, part: p, done: tr.FrameEnd, tries: 1}
	s.try(tr.FrameEnd)
}
