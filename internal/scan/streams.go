package scan

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/joblib"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/tree"
)

// maxStreams bounds the pickles that one part may hold one after another.
const maxStreams = 10_000

// run reads one stream. With an empty memo, it is read as joblib reads it, with
// the unpickler in Python: that goes on where the one in C refuses, and does
// the same where there is none of joblib's wrappers.
func (w *walk) run(p part, at int64, memo *sym.Memo) *sym.Trace {
	var tr *sym.Trace
	if memo == nil {
		tr = w.joblib(p, at, joblib.Options{MaxOps: w.opcodes(), Large: w.opt.Large, Skim: true})
	} else {
		tr = sym.Run(p.r, at, p.size, sym.Options{MaxOps: w.opcodes(), Large: w.opt.Large, Memo: memo, Skim: true}.Beside(w.live-memo.Bytes()))
	}
	w.read(tr)
	return tr
}

// streams goes on behind a stream: a loader that reads again finds the next
// one, with an empty memo or, from one Unpickler, with what is in it. Both
// readings are judged where they can differ.
func (w *walk) streams(p part, last *sym.Trace) error {
	memo, frame, further := last.Memo, int64(0), 0
	defer func() { w.unconverted(p, further) }()
	held := int64(0) // what last takes, unless it is the first
	defer func() { w.live -= held }()
	for n := 1; last.Failure == nil && last.End < p.size; n++ {
		at, err := behindZeros(p, last.End)
		if err != nil || at == p.size {
			return err
		}
		if n == maxStreams || w.ctx.Err() != nil {
			w.finding("MA501", p.member, at, p.size, fmt.Sprintf("more than %d pickles one after another, or the time limit was reached", n))
			w.unread(p.member, at, p.size, "not read: too many pickles")
			return nil
		}
		if other := w.dropped(p, last, frame); other != nil {
			frame = max(frame, other.FrameEnd)
		}
		frame = max(frame, last.FrameEnd)
		if w.budget.Used > 0 {
			w.work += furtherWork
		}
		next := w.run(p, at, nil)
		drop := w.holding(next)
		var kept *sym.Trace
		if memo.Len() > 0 {
			kept = w.run(p, at, memo)
		} else {
			memo = next.Memo
		}
		drop()
		if !opens(next) && !opens(kept) && !opens(w.dropped(p, next, frame)) {
			delete(w.arrays, next)
			if !w.holdsTensors(p) {
				w.unread(p.member, last.End, p.size, "data behind the pickle that is no pickle")
			}
			return w.resync(p, at)
		}
		if last = w.both(p, next, kept, frame); last.Failure == nil {
			further++
		}
		w.live += last.Bytes - held
		held = last.Bytes
	}
	switch f := last.Failure; {
	case f == nil:
		return nil
	case f.Limit: // the loader goes on where the scan does not
		return w.resync(p, f.Pos)
	case !last.Executes(): // it may be none, and another begin inside it
		return w.resync(p, last.Start+1)
	default:
		return w.resync(p, f.Pos+1)
	}
}

// unconverted makes a model say that it lacks the objects of further pickles.
func (w *walk) unconverted(p part, further int) {
	m := w.out.Model
	if !p.root || m == nil || further == 0 {
		return
	}
	what := "the second pickle of the file"
	if further > 1 {
		what = fmt.Sprintf("the %d pickles behind the first", further)
	}
	m.then(func(t *tree.Tree) {
		t.Omitted = append(t.Omitted, tree.Missing{Path: what, Elsewhere: true, Reason: "whoever loads the file gets its first object, which this is"})
	})
}

// opens reports whether a stream is a pickle, or executes something before it
// turns out to be none.
func opens(tr *sym.Trace) bool { return tr != nil && (tr.Failure == nil || tr.Executes()) }

// both judges a later stream as read with an empty memo and, unless kept is
// nil, with the memo of the streams before, which left a frame up to there. It returns
// the reading that goes on.
func (w *walk) both(p part, fresh, kept *sym.Trace, frame int64) *sym.Trace {
	if kept == nil || kept.Gets == 0 || fresh.Failure == nil && fresh.Gets == 0 {
		w.inFrame(p, fresh, frame, w.stream(p, fresh, nil))
		return fresh
	}
	if f := fresh.Failure; f != nil && f.MissingMemo && kept.Failure == nil {
		w.inFrame(p, kept, frame, w.stream(p, kept, nil)) // it was written for one Unpickler
		return kept
	}
	j := w.stream(p, fresh, nil)
	w.inFrame(p, fresh, frame, j)
	w.inherited(p, kept, j)
	if fresh.Failure != nil && kept.Failure == nil {
		return kept
	}
	return fresh
}

// inherited adds what a stream executes only with the memo of the streams
// before it. That it fails then, or sets a key twice, is no fault: it was not
// written to be read so.
func (w *walk) inherited(p part, tr *sym.Trace, fresh rules.PickleJudgement) {
	known := knownOf(fresh)
	j := w.judge(p, tr, rules.PickleContext{Own: p.own})
	for _, f := range j.Findings {
		if f.Rule < "MA200" && !known[seenAt{f.Location, f.Callable}] {
			f.Message += ", if one Unpickler reads this pickle after those before it"
			w.add([]audit.Finding{f})
		}
	}
	seen := map[int64]bool{}
	for _, n := range fresh.Nested {
		seen[n.Pos] = true
	}
	w.allNested(p, slices.DeleteFunc(j.Nested, func(n *sym.Node) bool { return seen[n.Pos] }))
	if f := tr.Failure; f != nil && f.Limit {
		w.finding("MA501", p.member, f.Pos, p.size, f.Msg)
		w.unread(p.member, f.Pos, p.size, f.Msg)
	}
}

// behindZeros returns the offset of the first byte from at on that is not
// zero, or p.size.
func behindZeros(p part, at int64) (int64, error) {
	buf := make([]byte, 4<<10)
	for at < p.size {
		n, err := p.r.ReadAt(buf[:min(int64(len(buf)), p.size-at)], at)
		if n == 0 && err != nil {
			return 0, err
		}
		if rest := bytes.TrimLeft(buf[:n], "\x00"); len(rest) > 0 {
			if at+int64(n) == p.size && len(bytes.TrimLeft(rest, "\x00 \t\r\n")) == 0 {
				return p.size, nil // what an editor put there, and no opcode
			}
			return at + int64(n-len(rest)), nil
		}
		at += int64(n)
	}
	return p.size, nil
}
