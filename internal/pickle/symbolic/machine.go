// Package symbolic interprets a pickle stream without building anything: it
// keeps the stack, the memo and the marks as CPython's C unpickler does
// (Modules/_pickle.c, load), but where CPython would import, call or change an
// object it records an Event and goes on with a Node that stands for the result.
//
// [Run] yields a [Trace]: the events in the order in which loading would cause
// them, and the graph of values, with sharing and cycles as the stream has them.
//
// # Security
//
// Input is hostile. The package imports, calls and allocates nothing that the
// stream names. Opcodes and the memory that values take are bounded, so is the
// copying that calls cause; walks over the graph keep their own stack and visit
// a node once, so neither depth nor sharing costs more. Where CPython would
// raise, the trace ends with a Failure and keeps what was executed before.
package symbolic

import (
	"errors"
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/pickle"
)

// DefaultBytes is what the values and events of one run may take.
const DefaultBytes = 144 << 20

// Options bounds one run. Zero fields mean the default.
type Options struct {
	MaxOps   int   // opcodes; 0 means 20,000,000
	MaxLine  int64 // longest line of a text; 0 means any
	MaxBytes int64 // memory that values and events may take; 0 means DefaultBytes
	// Memo is what an Unpickler remembers from earlier streams; nil means
	// nothing. Run goes on writing into it, and what the earlier streams took
	// counts against MaxBytes.
	Memo *Memo
	// Skim says that a stream of 1 KiB or more that makes only plain values
	// needs no graph: its trace is Plain. Without it that is so only for a
	// stream whose graph would pass MaxBytes or MaxOps.
	Skim bool
	// Fold says that of values of which there are very many only the kind is
	// kept, see Trace.Folded. A stream whose graph passes MaxBytes is read
	// again so, unless there is a Memo or an AfterBuild.
	Fold bool
	// Thin says with Fold that values that are folded are one for all, and that
	// long dicts need not have their items. A stream is read a third time so that
	// passes MaxBytes even when it is folded.
	Thin bool
	// Keep says that of very many items of a dict whose values are packed key and
	// number are kept, see Node.Kept: then a stream that passes MaxBytes is read so,
	// and may take up to so many bytes, before it is read as Fold and Thin say.
	Keep int64
	// foldFrom is how many items a list or dict has before more of them are
	// folded; 0 means foldFrom.
	foldFrom int
	// Pack, unless nil, keeps the tensors of a stream that is folded. They are
	// tensors as before to whoever asks it for them, see Trace.Packed.
	Pack Packer
	// Large, unless nil, is called before the run takes more than 16 MiB, once
	// or again. It may wait.
	Large func()
	// UTF8 says that the loader decodes the texts of Python 2 as UTF-8, as
	// torch.load does; pickle.load takes them for ASCII.
	UTF8 bool
	// Python says that class _Unpickler of Lib/pickle.py reads, which calls with
	// arguments that are any iterable, and not only a tuple.
	Python bool
	// Drops says that the C unpickler reads from a file, see pickle.Options.
	Drops bool
	// Frame is the end of the frame that the stream before left, see pickle.Options.
	Frame int64
	// Enum says of which names REDUCE takes a bare value for the only argument,
	// as torch's unpickler does for an enum of TorchScript. CPython stops there.
	Enum func(fn *Node) bool
	// AfterBuild, unless nil, is called after each BUILD on anything but an
	// exact builtin, for loaders that then read from the file themselves, as
	// joblib's does. An error ends the trace.
	AfterBuild func(*Built) error
	// Each is called after each opcode but STOP that was carried out, with the
	// value on top of the stack, nil if there is none. nil means nobody asks.
	Each func(op pickle.Op, top *Node)
}

// A machine is the state of one run.
type machine struct {
	dec        *pickle.Decoder
	opt        Options
	stack      []*Node
	marks      []int
	memo       *Memo
	tr         *Trace
	op         pickle.Op
	proto      int
	height     int // of the stack before the instruction that is carried out
	open       int // MARKs, likewise
	work       int // elements that calls and BUILDs were given
	names      map[[2]string][2]string
	mods       map[string]string
	small      map[int64]*Node
	consts     [3]*Node // None, False, True
	nodes      []Node   // made ahead
	mores      []more
	piece      int // how many were made ahead last
	plainEvent detail
	fold       folding
	pack       packing
	thin       thinning
}

func (m *machine) run() {
	defer func() {
		m.left()
		m.tr.Memo, m.tr.Torn, m.tr.FrameEnd = m.memo, m.dec.Torn(), m.dec.Leftover()
		for _, a := range m.dec.Anomalies() {
			kind := EventAnomaly
			short := a.Kind == pickle.FrameTooLong || a.Kind == pickle.UnterminatedLine && a.Pos == m.op.Pos && m.op.Code == pickle.OpGlobal
			if f := m.tr.Failure; short && f != nil && f.Truncated {
				kind = EventShort
			}
			m.tr.Events = append(m.tr.Events, Event{Kind: kind, Pos: a.Pos, End: a.End, detail: &detail{Text: a.Msg}})
		}
	}()
	for {
		popped, at, height := m.op.Code == pickle.OpPop, m.tr.Break, m.height
		m.tr.Break, m.height, m.open = m.dec.Pos(), len(m.stack), len(m.marks)
		err := m.dec.Read(&m.op)
		if err != nil {
			m.tr.End = m.dec.Pos()
			m.tr.Failure = decodeFailure(err, m.dec.Pos())
			return
		}
		m.tr.Ops++
		m.tr.End = m.op.End
		m.tr.Payload += m.op.Data.Len
		m.fold.codes = m.fold.codes<<8 | uint64(m.op.Code)
		if m.op.Code == pickle.OpStop {
			root, err := m.pop()
			if err != nil {
				m.tr.Failure = m.fail(err)
				return
			}
			if m.tr.Root = root; popped { // what was thrown away last lies there still
				m.tr.Break, m.height = at, height
			}
			return
		}
		if m.fold.trail.array != nil {
			m.followArray()
		}
		if m.pack.trail.fn != nil {
			m.followPack()
		}
		if err = m.step(); err == nil && len(m.stack)+len(m.marks) > maxStack {
			err = errBudget
		}
		if err != nil {
			m.tr.Failure = m.fail(err)
			return
		}
		if m.opt.Each != nil {
			top, _ := m.top() // an empty stack has none
			m.opt.Each(m.op, top)
		}
	}
}

// left keeps what the instruction found that ended the stream, STOP if more than
// its object was there. What it took from the stack lies there still.
func (m *machine) left() {
	f := m.tr.Failure
	if f == nil && m.height < 2 || f != nil && f.Limit {
		m.tr.Break = 0
		return
	}
	m.tr.Left, m.tr.Open = m.stack[:m.height:m.height], m.open
}

func decodeFailure(err error, pos int64) *Failure {
	if err == io.EOF {
		return &Failure{Pos: pos, Msg: "the stream ends without STOP", Truncated: true}
	}
	var fe *pickle.FormatError
	if errors.As(err, &fe) {
		return &Failure{Pos: fe.Offset, Msg: fe.Msg, Truncated: fe.Truncated(), Limit: fe.Limit()}
	}
	return &Failure{Pos: pos, Msg: err.Error(), Limit: true}
}

var (
	errUnderflow = errors.New("unpickling stack underflow")
	errNoMark    = errors.New("no MARK on the stack")
	errBudget    = errors.New("the stream makes more values than are looked at")
	errMemo      = errors.New("memo entry was never written")
)

func (m *machine) fail(err error) *Failure {
	f := &Failure{Pos: m.op.Pos, Msg: fmt.Sprintf("%s: %v", m.op.Code, err)}
	f.Limit = errors.Is(err, errBudget)
	f.Truncated = errors.Is(err, ErrTruncated)
	f.MissingMemo = errors.Is(err, errMemo)
	return f
}

func (m *machine) event(k EventKind, n *Node, args ...*Node) *Event {
	d := &m.plainEvent
	if len(args) > 0 {
		d = &detail{Args: args}
	}
	return m.detailed(k, n, d)
}

func (m *machine) detailed(k EventKind, n *Node, d *detail) *Event {
	m.memo.bytes += costEvent
	if d != &m.plainEvent {
		m.memo.bytes += costDetail + costItem*int64(len(d.Args))
	}
	m.tr.Events = append(m.tr.Events, Event{Kind: k, Op: m.op.Code, Pos: m.op.Pos, End: m.op.End, Node: n, detail: d})
	return &m.tr.Events[len(m.tr.Events)-1]
}
