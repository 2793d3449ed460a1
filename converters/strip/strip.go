// Package strip takes what must go out of a model file and keeps the rest, in
// the same format: the instructions of its pickles that make or serve a dangerous
// value, members and bytes that no loader of the model reads, and nothing else.
//
// [New] lays the new file out without writing; [Plan.WriteTo] streams it. What
// must go is not this package's knowledge: the caller says it by place.
//
// # Security
//
// The file is hostile. A place where something has to go and cannot is a
// [Refusal], never a silent loss. Memory grows with the instructions of pickles
// (slice.MaxInstructions) and the members of archives, not with tensors. The
// result is not to be believed until it was read again as a stranger's.
package strip

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/archive"
	"github.com/modelaudit/action/internal/pickle"
	"github.com/modelaudit/action/internal/pickle/slice"
	"github.com/modelaudit/action/internal/safeio"
)

// A Pickle is one pickle stream of the file.
type Pickle struct {
	Member     string // "" for the file itself, else the path of members as findings have it
	Start, End int64  // in the member
	// Dirty: something in it must go. Without it the stream is kept as it is.
	Dirty bool
	// Plain is slice.Request's, for Options.PlainState.
	Plain func(pos int64) bool
	// Inner and Made are those of slice.Request.
	Inner func(pos int64) (Inner, bool)
	Made  func(pos int64) []byte
	// Raw lists what the loader reads itself between the instructions.
	Raw []pickle.Range
	// Cut, Stay, Keep, Free, Changed and Unset are those of slice.Request.
	Cut     func(pos int64) bool
	Stay    func(pos int64) bool
	Keep    func(pos int64) string
	Free    func(pos int64) bool
	Changed func(pos int64) bool
	Unset   func(pos int64) bool
	// Nothing says of a place whether None is what is made there. It stands in the
	// place of a value that could not go else.
	Nothing func(pos int64) bool
	// Instead, unless nil, is the stream that stands for this one where its object
	// itself must go, because it is known what that must be.
	Instead []byte
	// Broken says why the stream has no object, "" if it has one.
	Broken string
	// Break, unless nil, is that of slice.Read for a stream that breaks off and
	// has a whole object before. End is then where what belongs to nothing ends.
	Break *Break
	// Below says that the Break is the STOP, with the object below what it would give.
	Below bool
	// Needed: the loader reads it. Tensors: it holds some. Such a stream does not go
	// as a whole, or only where Options.DropUnread asks for it.
	Needed, Tensors bool
}

// An Inner is slice.Inner.
type Inner = slice.Inner

// A Break is slice.Break.
type Break = slice.Break

// A Range is a run of bytes of a member that no reader of the model takes for
// a part of it.
type Range struct {
	Member     string
	Start, End int64
	// Dangerous says that a finding lies in it: some reader takes it for more.
	Dangerous bool
	Reason    string // why it was not read
}

// A Source is the file, and what is known of it.
type Source struct {
	Context context.Context // of the decompression of what is packed
	R       io.ReaderAt
	Size    int64
	Pickles []Pickle // all of them, in the order of the file
	Unread  []Range
	Limits  safeio.Limits
	// Instead are the members that become something else as a whole.
	Instead []Instead
	// Shadowed are members of archives whose loader reads another member in their
	// place, or none. They go. Pickles has none of theirs.
	Shadowed []string
}

// An Instead is what stands for a member, or for the file itself.
type Instead struct {
	Member   string
	Content  io.WriterTo
	Removals []Removal // what it does not have; at least one
}

// Options may be zero.
type Options struct {
	// DropItems leaves list items out instead of putting None in their place.
	DropItems bool
	// PlainState puts the state of an object of an unlisted class in its place, as
	// a dict, where the object has nothing else.
	PlainState bool
	// DropUnread takes bytes away that no known reader reads, even if nothing in
	// them is dangerous. Without it such bytes behind a pickle are a refusal: a
	// program of its own may read them. The same is with a pickle behind the one that
	// is loaded that holds tensors, and with a member of an archive that is no
	// checkpoint, where nothing in it can be kept.
	DropUnread bool
	// AsZip writes a 7z archive as a zip with the same files, for no 7z is written.
	AsZip bool
}

// A Removal is one thing that the new file does not have.
type Removal struct {
	Member     string
	Start, End int64
	How        How
	Holder     int64  // where the container is made that held it, for slice's ways
	Key        string // that of slice.Removal
	Shadow     bool   // of Member: its loader reads another one in its place
	What       string // of Replaced: what stood there
	Became     string // of Replaced, and by the caller: what stands there now
}

// A How says what was done: one of slice's ways, or one of these.
type How uint8

// The ways in which something goes.
const (
	Unused    = How(slice.Unused)
	Dropped   = How(slice.Dropped)
	Nulled    = How(slice.Nulled)
	Stated    = How(slice.Stated)
	Unwrapped = How(slice.Unwrapped)
	Emptied   = How(slice.Emptied)
	Unset     = How(slice.Unset)
	Stream    = Unset + 1 // a whole pickle behind the one that is loaded
	Bytes     = Unset + 2 // bytes that belong to nothing
	Member    = Unset + 3 // a member that no loader of the model reads
	Known     = Unset + 4 // what a call computes, as it must be
	Replaced  = Unset + 5 // a part of a config that has something else in its place
	Broken    = Unset + 6 // what stands behind the place where a pickle breaks off
	Given     = Unset + 7 // what a pickle gave in the place of the object below it
)

// A Refusal says why a file cannot be stripped, and where.
type Refusal struct {
	Member string
	Pos    int64 // of the instruction that makes what must go; -1 if it is none
	At     int64 // of the instruction that needs it; -1 if it is none
	Reason string
}

func (r *Refusal) Error() string {
	where := ""
	if r.Member != "" {
		where = r.Member + ": "
	}
	switch {
	case r.Pos < 0:
		return where + r.Reason
	case r.Pos == r.At:
		return fmt.Sprintf("%swhat is made at %#x cannot stay as it is: %s", where, r.Pos, r.Reason)
	}
	s := fmt.Sprintf("%swhat is made at %#x cannot be taken out: %s", where, r.Pos, r.Reason)
	if r.At >= 0 {
		s += fmt.Sprintf(" (%#x)", r.At)
	}
	return s
}

// A Plan is the layout of the new file. Close it.
type Plan struct {
	Removed []Removal
	// Anew lists the literals that have other bytes: a nested file in which
	// something went. Start is the place of their instruction.
	Anew []Range
	// AsZip says that the new file is a zip and the old one a 7z archive.
	AsZip bool
	// Rezipped lists the members that are that, "" for the file itself.
	Rezipped []string
	root     content
	spools   []*safeio.Spool
}

// Close gives up what was decompressed.
func (p *Plan) Close() error {
	var errs []error
	for _, s := range p.spools {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// Changes reports whether the new file would differ from the old one.
func (p *Plan) Changes() bool { return len(p.Removed) > 0 }

// WriteTo streams the new file, once: the instructions of its pickles take much
// memory, and are let go.
func (p *Plan) WriteTo(w io.Writer) (int64, error) {
	root := p.root
	p.root = nil
	return root.WriteTo(w)
}

// A content is what a run of bytes becomes.
type content interface {
	io.WriterTo
	changed() bool
}

// New lays a file out. The error is a *Refusal, or that of a reader.
func New(src Source, opt Options) (*Plan, error) {
	b := &builder{src: src, opt: opt, plan: &Plan{}}
	b.budget = archive.Budget{Limits: src.Limits.WithDefaults(), Size: src.Size}
	root, err := b.run(src.R, src.Size, "", false)
	if err != nil {
		return nil, errors.Join(err, b.plan.Close())
	}
	for _, p := range src.Pickles {
		if p.Dirty && !b.reached(p) {
			return nil, errors.Join(&Refusal{Member: p.Member, Pos: -1, Reason: "it is inside something that cannot be written again"}, b.plan.Close())
		}
	}
	b.plan.root = root
	return b.plan, nil
}
