package symbolic

import (
	"errors"

	"github.com/modelaudit/action/internal/pickle"
)

// ErrLimit is wrapped by an error of AfterBuild that says that a limit was
// reached, so that what follows is unread and no fault of the stream.
var ErrLimit = errBudget

// ErrTruncated is wrapped by an error of AfterBuild that says that the input
// ends before what belongs to the object.
var ErrTruncated = errors.New("the input ends early")

// A Built is the place behind a BUILD, at which a loader may read the file itself.
type Built struct {
	Target *Node
	Pos    int64 // behind the BUILD
	// File is where the loader's file stands: Pos, or the end of the frame,
	// which a loader in Python has read as a whole. AfterBuild sets it to the
	// end of what the loader reads; the rest of the frame is executed all the
	// same, and then the instructions at File.
	File int64
	// Replaced, if set by AfterBuild, says that the loader puts what it read in
	// Target's place on the stack. The memo keeps Target. On the stack stands
	// then an Object without a call, whose Of is Target.
	Replaced bool
}

func (m *machine) afterBuild(target *Node) error {
	if m.opt.AfterBuild == nil {
		return nil
	}
	b := Built{Target: target, Pos: m.op.End, File: m.dec.FilePos()}
	at := b.File
	if err := m.opt.AfterBuild(&b); err != nil {
		return err
	}
	if b.Replaced {
		n, err := m.newNode(Object)
		if err != nil {
			return err
		}
		m.own(n).of = target
		m.stack[len(m.stack)-1] = n
	}
	if b.File != at {
		m.dec.SkipFile(b.File)
		m.tr.Raw = append(m.tr.Raw, pickle.Range{Off: at, Len: b.File - at})
	}
	return nil
}
