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
// stream names. Work and memory are linear in the number of opcodes, which is
// bounded; walks over the graph keep their own stack and visit a node once, so
// neither depth nor sharing costs more. Where CPython would raise, the trace
// ends with a Failure and keeps what was executed before.
package symbolic

import (
	"errors"
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/pickle"
)

// Options bounds one run. Zero fields mean the default.
type Options struct {
	MaxOps   int // opcodes; 0 means 20,000,000
	MaxNodes int // values held; 0 means 1,500,000, about 150 MB
	// Memo is what an Unpickler remembers from earlier streams; nil means none.
	Memo map[int64]*Node
	// AfterBuild is called after each BUILD with the position behind it. It
	// returns where reading goes on: pos, or behind raw bytes that the loader
	// reads from the file itself, as joblib's does. nil means pos.
	AfterBuild func(target *Node, pos int64) (int64, error)
}

// A machine is the state of one run.
type machine struct {
	dec    *pickle.Decoder
	opt    Options
	stack  []*Node
	marks  []int
	memo   map[int64]*Node
	tr     *Trace
	op     pickle.Op
	proto  int
	nodes  int
	text   int // bytes of text held
	work   int // units of copying caused by calls
	names  map[[2]string][2]string
	mods   map[string]string
	small  map[int64]*Node
	consts [3]*Node // None, False, True
}

// Run interprets the stream that begins at start and must end before end.
func Run(r io.ReaderAt, start, end int64, opt Options) *Trace {
	if opt.MaxNodes == 0 {
		opt.MaxNodes = 1_500_000
	}
	if opt.MaxOps == 0 {
		opt.MaxOps = 20_000_000
	}
	m := &machine{
		dec:    pickle.NewDecoder(r, start, end, pickle.Options{MaxOps: opt.MaxOps}),
		opt:    opt,
		memo:   map[int64]*Node{},
		tr:     &Trace{Start: start},
		small:  map[int64]*Node{},
		consts: [3]*Node{{Kind: None}, {Kind: Bool}, {Kind: Bool, Int: 1}},
	}
	for k, v := range opt.Memo {
		m.memo[k] = v
	}
	m.run(start)
	return m.tr
}

func (m *machine) run(start int64) {
	defer func() {
		m.tr.Memo = m.memo
		for _, a := range m.dec.Anomalies() {
			m.tr.Events = append(m.tr.Events, Event{Kind: EventAnomaly, Pos: a.Pos, End: a.End, Text: a.Msg})
		}
	}()
	for {
		op, err := m.dec.Next()
		if err != nil {
			m.tr.End = m.dec.Pos()
			m.tr.Failure = decodeFailure(err, m.dec.Pos())
			return
		}
		m.op = op
		m.tr.Ops++
		m.tr.End = op.End
		m.tr.Payload += op.Data.Len
		if op.Code == pickle.OpStop {
			root, err := m.pop()
			if err != nil {
				m.tr.Failure = m.fail(err)
				return
			}
			m.tr.Root = root
			return
		}
		if err := m.step(); err != nil {
			m.tr.Failure = m.fail(err)
			return
		}
	}
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
	f.MissingMemo = errors.Is(err, errMemo)
	return f
}

// newNode makes a node for the opcode at hand, within the budget.
func (m *machine) newNode(k Kind) (*Node, error) {
	if m.nodes++; m.nodes > m.opt.MaxNodes {
		return nil, errBudget
	}
	return &Node{Kind: k, Pos: m.op.Pos, End: m.op.End}, nil
}

func (m *machine) event(k EventKind, n *Node, args ...*Node) *Event {
	m.tr.Events = append(m.tr.Events, Event{Kind: k, Op: m.op.Code, Pos: m.op.Pos, End: m.op.End, Node: n, Args: args})
	return &m.tr.Events[len(m.tr.Events)-1]
}

func (m *machine) push(n *Node) { m.stack = append(m.stack, n) }

// fence is the height below which no opcode but a MARK-consuming one may reach.
func (m *machine) fence() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

func (m *machine) pop() (*Node, error) {
	if len(m.stack) <= m.fence() {
		return nil, errUnderflow
	}
	n := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return n, nil
}

// pop2 returns the two topmost values, the lower one first.
func (m *machine) pop2() (below, top *Node, err error) {
	if top, err = m.pop(); err == nil {
		below, err = m.pop()
	}
	return below, top, err
}

func (m *machine) top() (*Node, error) {
	if len(m.stack) <= m.fence() {
		return nil, errUnderflow
	}
	return m.stack[len(m.stack)-1], nil
}

// popMark removes the topmost mark and returns what stood above it.
func (m *machine) popMark() ([]*Node, error) {
	if len(m.marks) == 0 {
		return nil, errNoMark
	}
	at := m.marks[len(m.marks)-1]
	m.marks = m.marks[:len(m.marks)-1]
	if at > len(m.stack) {
		return nil, errUnderflow
	}
	items := append([]*Node(nil), m.stack[at:]...)
	m.stack = m.stack[:at]
	return items, nil
}
