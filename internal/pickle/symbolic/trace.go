package symbolic

import (
	"fmt"

	"github.com/modelaudit/action/internal/pickle"
)

// An EventKind says what loading would do at one opcode.
type EventKind uint8

// The events. Building exact builtins is none of them.
const (
	EventImport     EventKind = iota // Node is the Global
	EventCall                        // Node is the Object, Node.Call() the call
	EventBuild                       // Node receives State
	EventAppend                      // Node, which is not exactly a list or set, receives Args by a method call
	EventSetItem                     // Node, which is not exactly a dict, receives Args (key, value, key, value, ...)
	EventPersistent                  // Node is the Persistent
	EventExtension                   // Node is the Extension
	EventBuffer                      // Node is the Buffer
	EventUnresolved                  // a STACK_GLOBAL whose operands (Args) are not plain strings; Node is the Object
	EventCollision                   // a second key that equals an earlier one was set in Node; Args is the key
	EventLate                        // Node, a list, dict or set that a call or BUILD was given, is changed for the first time since
	EventExcess                      // reading costs far more memory than the stream has bytes; Text says how
	EventShort                       // a frame, or the last line of GLOBAL, goes on behind the input, in which the stream does not end; Text says so
	EventAnomaly                     // the stream is read differently by different readers; Text says how
)

// An Event is one thing that loading would do, with its place.
type Event struct {
	Kind     EventKind
	Op       pickle.Opcode
	Pos, End int64
	Node     *Node
	*detail
}

// detail holds what few events have.
type detail struct {
	Args  []*Node
	State *State
	Text  string
}

// A Failure is the reason why a stream ends before its STOP.
type Failure struct {
	Pos   int64
	Msg   string
	Limit bool // a limit of ours, not a fault of the stream: what follows is unread
	// Truncated: the input ended inside the stream.
	Truncated bool
	// MissingMemo: the stream reads a memo entry that it did not write; an
	// Unpickler that has loaded an earlier stream may have it.
	MissingMemo bool
}

func (f *Failure) Error() string { return fmt.Sprintf("at %#x: %s", f.Pos, f.Msg) }

// A Trace is what loading one pickle stream would do, and the graph of values
// that it would make.
type Trace struct {
	Start, End int64 // byte range; End is after STOP, or where reading ended
	Root       *Node // nil if the stream has no STOP, or is Plain
	// Plain: the whole stream makes values of builtin types and nothing else,
	// none of which is kept; Events is empty and there is no Failure.
	Plain bool
	// Folded: in lists and dicts of more than 4,096 items the numbers are not
	// those of the stream, and scalars of one numpy dtype have the bytes of one of
	// them and no event of their own, nor have arrays that differ in shape and bytes alone; EventSetItem for such a one has no Args. The
	// graph may be judged, not converted. With Options.Thin also items of long
	// dicts may be missing whose keys are texts and whose values are folded.
	Folded bool
	// Packed: tensors are kept by Options.Pack, and have no events of their own;
	// of nothing else less is known than without Fold.
	Packed bool
	// Kept is how many items of dicts stand at Node.Kept and not among Node.Pairs.
	Kept     int
	Events   []Event
	Protocol int   // highest PROTO seen, 0 without
	Ops      int   // opcodes read
	Payload  int64 // bytes of string and bytes payloads, of End-Start
	Failure  *Failure
	// Left is what was on the stack before the instruction at Break, which ends
	// the stream: in a Failure that is no limit, or by STOP, or POP and STOP, with more than one value there. Open says how many MARKs were too.
	Left  []*Node
	Break int64
	Open  int
	Raw   []pickle.Range // what the loader read from its file itself, between opcodes
	Gets  int            // GET, BINGET and LONG_BINGET; 0 if Plain and run with a Memo
	Memo  *Memo          // after the stream; an Unpickler keeps it
	Bytes int64          // what the values and events take that it made, as Options.MaxBytes counts them
	// Torn says that Options.Drops may make it another trace.
	Torn bool
	// FrameEnd is where a loader goes on that drops what STOP left in its frame,
	// 0 if it left nothing.
	FrameEnd int64
	// Undecodable is the first text of Python 2 that is not known to be
	// UTF-8 although the loader takes it for that (Options.UTF8), nil without one.
	Undecodable *Node
}

// Executes reports whether loading imports or calls anything.
func (t *Trace) Executes() bool {
	for i := range t.Events {
		switch t.Events[i].Kind {
		case EventCollision, EventLate, EventAnomaly, EventShort, EventExcess, EventPersistent, EventBuffer:
		default:
			return true
		}
	}
	return false
}
