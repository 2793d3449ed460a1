package pipeline

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters/strip"
)

// InPickle reports whether what was removed is a part of a pickle, or a whole one.
func (r Removed) InPickle() bool {
	return r.How <= strip.Stream || r.How == strip.Known || r.How == strip.Broken || r.How == strip.Given
}

// Lines says what was removed: the place and what stood there, then, if that is a
// line of its own, why and what became of it. Names in it are as the file has them.
func (r Removed) Lines() []string {
	size := r.End - r.Start
	switch r.How {
	case strip.Stream:
		return []string{fmt.Sprintf("%#x  a pickle of %d bytes, which who loads the first one does not read", r.Start, size)}
	case strip.Broken:
		return []string{fmt.Sprintf("%#x  %d bytes from where the pickle breaks off, so that no loader gets an object from it", r.Start, size), "STOP in their place, behind the object that stands before them"}
	case strip.Given:
		return []string{fmt.Sprintf("%#x  the end, which gives what a call returned in the place of the object", r.Start), "STOP behind the object, so that it is loaded"}
	case strip.Known:
		return []string{fmt.Sprintf("%#x  a pickle of %d bytes whose object a call makes", r.Start, size), "the magic number in its place, without which torch reads no file"}
	case strip.Member:
		return []string{fmt.Sprintf("the member %s, %d bytes, which no loader reads", r.Member, size)}
	case strip.Replaced:
		where := ""
		if r.Member != "" {
			where = " of " + r.Member
		}
		return []string{fmt.Sprintf("%#x%s  %s", r.Start, where, r.What), r.Became}
	case strip.Bytes:
		where := ""
		if r.Member != "" {
			where = " of " + r.Member
		}
		return []string{fmt.Sprintf("%#x%s  %d bytes that belong to nothing", r.Start, where, size)}
	}
	what, why, found := strings.Cut(cmp.Or(strings.TrimPrefix(r.Text, "calls "), r.Callable), "; MA")
	became := r.became()
	if found {
		became = "MA" + why + "; " + became
	}
	return []string{fmt.Sprintf("%#x  %s", r.Start, what), became}
}

// became says what stands in the place of a value of a pickle.
func (r Removed) became() string {
	if r.Became != "" {
		return r.Became
	}
	return map[strip.How]string{
		strip.Unused:    "nothing that stays uses it",
		strip.Dropped:   dropped(r),
		strip.Stated:    "its state in its place, as a dict",
		strip.Unwrapped: "the value that it was given in its place",
		strip.Emptied:   "the empty object that it makes in its place",
		strip.Unset:     "the object does not get it: what stood in the place of its method goes",
		strip.Nulled:    fmt.Sprintf("None in its place in the list made at %#x", r.Holder),
	}[r.How]
}

// Report is what a report says of it.
func (r Removed) Report() audit.Removal {
	lines := r.Lines()
	_, what, _ := strings.Cut(lines[0], "  ")
	became := "nothing"
	if r.How == strip.Member {
		what = lines[0]
	}
	if len(lines) > 1 {
		became = lines[1]
	}
	return audit.Removal{Location: audit.Location{Member: r.Member, Start: r.Start, End: r.End}, What: what, Became: became}
}

// dropped names what goes with a value.
func dropped(r Removed) string {
	if r.Key == "" {
		return fmt.Sprintf("left out of the list made at %#x", r.Holder)
	}
	return fmt.Sprintf("left out with its key %s, of the dict made at %#x", r.Key, r.Holder)
}

// Gone counts the values that who loads the file misses: keys and items.
func (s *Stripped) Gone() (n int) { return s.count(strip.Dropped) + s.count(strip.Nulled) }

// Stated counts the objects in whose place their state or their items stand.
func (s *Stripped) Stated() (n int) {
	for _, r := range s.Removed {
		if r.plainly() {
			n++
		}
	}
	return n
}

// plainly reports whether a plain container stands for an object.
func (r Removed) plainly() bool {
	return r.How == strip.Stated || r.How == strip.Emptied && strings.HasPrefix(r.Became, "a plain ")
}

// Mended reports whether a pickle has an end that had none.
func (s *Stripped) Mended() bool { return s.count(strip.Broken) > 0 }

// Found reports whether a pickle gives an object now that lay below another one.
func (s *Stripped) Found() bool { return s.count(strip.Given) > 0 }

func (s *Stripped) count(how strip.How) (n int) {
	for _, r := range s.Removed {
		if r.How == how {
			n++
		}
	}
	return n
}
