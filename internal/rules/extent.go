package rules

import (
	"fmt"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// Limits of an ordinary object. CPython's pickler gives up at a depth of about
// 1,000; what is met on more than a thousand paths a value is a bomb.
const (
	maxDepth     = 5_000
	maxPaths     = 100_000_000
	pathsPerNode = 1000
)

// extent reports an object that is small in the file and endless to whoever
// walks, prints, compares or frees it.
func (j *judge) extent(tr *sym.Trace) {
	x := sym.ExtentOf(tr.Root)
	if x.Depth > maxDepth {
		j.add("MA501", tr.Start, tr.End, "", fmt.Sprintf("values are nested %d deep", x.Depth))
	}
	if x.Paths > maxPaths && x.Paths/pathsPerNode > int64(x.Nodes) {
		j.add("MA501", tr.Start, tr.End, "", fmt.Sprintf("the object expands to more than %d values from %d", int64(maxPaths), x.Nodes))
	}
}
