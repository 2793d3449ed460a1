package scan

import (
	"errors"
	"fmt"

	"github.com/modelaudit/action/audit"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/safeio"
)

// finish closes the account.
func (w *walk) finish() {
	a := &w.out.Artifact
	for i := range a.Findings {
		f := &a.Findings[i]
		f.Location.Start = min(max(f.Location.Start, 0), f.Location.End)
	}
	a.SortFindings()
	var unread int64
	for _, u := range a.Coverage.Unread {
		unread += u.End - u.Start
	}
	a.Coverage.Opaque = min(w.opaque, a.Size)
	a.Coverage.Understood = max(a.Size-a.Coverage.Opaque-unread, 0)
	a.Verdict = a.Judge()
}

// Every byte of an artifact is an opcode of one stream, and some are read twice
// to learn what a memo changes. What costs more than that is read again and
// again, by members that overlap or streams inside of others. Bytes that a
// container expands to are bytes of the artifact, too, up to packedWork times as many as
// it has and freeExpanded more: a pickle of values that differ is not packed more tightly,
// and a small file of one opcode repeated is to take no minutes.
const (
	freeWork     = 16_000_000
	workPerByte  = 3
	freeExpanded = 16_000_000
	packedWork   = 16
	// streamWork is what a stream costs before its first opcode, and furtherWork more what one
	// behind another does in what was decompressed: it takes no place of its own there.
	// passedOver is how many bytes of texts and arrays, which are passed over, are as much
	// work as an opcode, keptBytes how many bytes of the graph of values are.
	streamWork  = 100
	furtherWork = 1000
	passedOver  = 32
	keptBytes   = 24
)

// cost is the work that a stream was that a search tried: its opcodes, and the bytes of its
// texts, which are passed over faster.
func cost(tr *sym.Trace) int64 { return int64(tr.Ops) + (tr.End-tr.Start)/8 }

// workLeft is the work that reading streams may still be. What was decompressed may be
// passed over four times: joblib of each age reads it in another way.
func (w *walk) workLeft() int64 {
	size, used := w.out.Artifact.Size, w.budget.Used
	return freeWork + workPerByte*(size+min(used, freeExpanded+packedWork*size)) + 4*used/passedOver - w.work
}

// among returns options for a stream that is read while others are kept.
func (w *walk) among(opt sym.Options) sym.Options { return opt.Beside(w.live) }

// holding counts a trace among those that are kept, until what it returns is called.
func (w *walk) holding(tr *sym.Trace) (drop func()) {
	w.live += tr.Bytes
	return func() { w.live -= tr.Bytes }
}

// leave forgets what was kept since so many bytes were, unless the part's traces are
// kept for the model of the artifact.
func (w *walk) leave(p part, live int64) {
	if !p.root {
		w.live = live
	}
}

// read counts a stream that was read.
func (w *walk) read(tr *sym.Trace) {
	w.work += streamWork + int64(tr.Ops) + (tr.End-tr.Start)/passedOver + tr.Bytes/keptBytes
}

// opcodes is how many opcodes the next stream may have.
func (w *walk) opcodes() int {
	return int(max(min(w.workLeft(), int64(w.lim.MaxOpcodes)), 1))
}

// fail turns an error of a format package into unread coverage, and a breached
// limit into a finding beside it.
func (w *walk) fail(p part, err error) {
	if errors.Is(err, safeio.ErrLimit) {
		w.finding("MA501", p.member, 0, p.size, err.Error())
	}
	w.unread(p.member, 0, p.size, err.Error())
}

func (w *walk) unread(member string, start, end int64, reason string) {
	c := &w.out.Artifact.Coverage
	if len(c.Unread) < 1000 {
		c.Unread = append(c.Unread, audit.Unread{Member: member, Start: start, End: max(start, end), Reason: reason})
	}
}

func (w *walk) finding(rule, member string, start, end int64, message string) {
	w.add([]audit.Finding{rules.New(rule, audit.Location{Member: member, Start: start, End: end}, "", message)})
}

// maxFindings bounds a report; a file with so many is beyond doubt.
const maxFindings = 10_000

func (w *walk) add(found []audit.Finding) {
	a := &w.out.Artifact
	room := maxFindings - len(a.Findings)
	if len(found) > room {
		found = found[:max(room, 0)]
		w.unread("", 0, 0, fmt.Sprintf("more than %d findings; the rest is not listed", maxFindings))
	}
	a.Findings = append(a.Findings, found...)
}
