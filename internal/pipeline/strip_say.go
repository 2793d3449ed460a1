package pipeline

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/modelaudit/action/converters/strip"
)

// InPickle reports whether what was removed is a part of a pickle, or a whole one.
func (r Removed) InPickle() bool { return r.How <= strip.Stream }

// String is one line: the place, what stood there, what became of it. Names in
// it are as the file has them.
func (r Removed) String() string {
	what := cmp.Or(strings.TrimPrefix(r.Text, "calls "), r.Callable)
	size := r.End - r.Start
	switch r.How {
	case strip.Unused:
		return fmt.Sprintf("%#08x  - %s  # nothing that stays uses it", r.Start, what)
	case strip.Dropped:
		return fmt.Sprintf("%#08x  - %s  # left out of the container made at %#x", r.Start, what, r.Holder)
	case strip.Nulled:
		return fmt.Sprintf("%#08x  - %s  # None in its place in the list made at %#x", r.Start, what, r.Holder)
	case strip.Stream:
		return fmt.Sprintf("%#08x  - a pickle of %d bytes that the loader of the first one does not read", r.Start, size)
	case strip.Member:
		return fmt.Sprintf("the member %s, %d bytes that no loader reads", r.Member, size)
	}
	where := ""
	if r.Member != "" {
		where = " of " + r.Member
	}
	return fmt.Sprintf("%d bytes at %#x%s that belong to nothing", size, r.Start, where)
}
