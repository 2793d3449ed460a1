package symbolic

import (
	"io"

	"github.com/modelaudit/action/internal/pickle/plain"
)

// minPlain is how long a stream of plain values must be that no graph is made
// of it: below, the graph costs no more than a file does to be opened, and the
// object is looked at, which is the magic number of torch's older format.
const minPlain = 1 << 10

// A span is where a stream lies.
type span struct {
	r          io.ReaderAt
	start, end int64
}

// skim reads a stream that makes only plain values without making them. It
// returns nil if it may be another one, or a short one.
//
// With a memo of plain values a stream of plain opcodes still makes only plain
// values, and calls no method that could do harm: whatever it would get from
// the memo instead is one of these.
func skim(r io.ReaderAt, start, end int64, memo *Memo, large func()) *Trace {
	if end-start < minPlain || memo != nil && memo.mixed {
		return nil
	}
	s, ok := plain.Read(r, start, end, plain.Options{Large: large})
	if !ok || s.End-start < minPlain {
		return nil
	}
	tr := &Trace{Start: start, End: s.End, Plain: true, Protocol: s.Protocol, Ops: int(s.Ops), Payload: s.Payload, Gets: int(s.Gets)}
	if memo != nil {
		tr.Gets = 0
	} else {
		memo = &Memo{}
	}
	if s.Memo > 0 {
		memo.later = append(memo.later, span{r, start, s.End})
	}
	tr.Memo = memo
	return tr
}

// recall writes what skimmed streams left in the memo. It fails if that is
// more than opt allows.
func (m *Memo) recall(opt Options) *Failure {
	for len(m.later) > 0 {
		at := m.later[0]
		m.later = m.later[1:]
		opt.Skim, opt.AfterBuild, opt.Memo = false, nil, m
		if tr := run(at.r, at.start, at.end, opt); tr.Failure != nil {
			m.lost = &Failure{Pos: tr.Failure.Pos, Limit: true, Msg: "an earlier pickle leaves more values to this one than are looked at"}
		}
	}
	return m.lost
}
