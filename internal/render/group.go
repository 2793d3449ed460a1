package render

import (
	"cmp"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
)

// groupFindings splits findings by severity and rule, worst severity first,
// then by rule; inside a group the order of the report stays.
func groupFindings(fs []audit.Finding) [][]audit.Finding {
	sorted := slices.Clone(fs)
	slices.SortStableFunc(sorted, compareGroups)
	var groups [][]audit.Finding
	for len(sorted) > 0 {
		n := 1
		for n < len(sorted) && compareGroups(sorted[0], sorted[n]) == 0 {
			n++
		}
		groups = append(groups, sorted[:n])
		sorted = sorted[n:]
	}
	return groups
}

func compareGroups(x, y audit.Finding) int {
	return cmp.Or(
		cmp.Compare(y.Severity.Rank(), x.Severity.Rank()),
		strings.Compare(string(x.Severity), string(y.Severity)),
		strings.Compare(x.Rule, y.Rule))
}
