package audit

import (
	"fmt"
	"reflect"
	"slices"
)

// Merge makes one report of several, such as those of the jobs of a matrix. A
// file that stands in two of them with the same account counts once; the exit
// code is the worst. Tool, policy and change stay if all have the same; that
// policies differ is noted. The reports are not changed.
func Merge(reports []*Report) *Report {
	m := &Report{}
	code := ExitAllowed
	byPath := map[string][]int{}
	policies := map[PolicySource]bool{}
	for i, r := range reports {
		if i == 0 {
			m.Tool, m.Policy, m.Change = r.Tool, r.Policy, r.Change
		}
		if m.Tool != r.Tool {
			m.Tool.Version = ""
		}
		if !reflect.DeepEqual(m.Change, r.Change) {
			m.Change = nil
		}
		if r.Policy != nil {
			policies[*r.Policy] = true
		}
		for _, a := range r.Artifacts {
			same := func(at int) bool { return reflect.DeepEqual(m.Artifacts[at], a) }
			if !slices.ContainsFunc(byPath[a.Path], same) {
				byPath[a.Path] = append(byPath[a.Path], len(m.Artifacts))
				m.Artifacts = append(m.Artifacts, a)
			}
		}
		for _, n := range r.Notes {
			if !slices.Contains(m.Notes, n) {
				m.Notes = append(m.Notes, n)
			}
		}
		m.Summary.Skipped += r.Summary.Skipped
		code = WorseExit(code, r.ExitCode)
	}
	if len(policies) > 1 {
		m.Policy = nil
		m.Notes = append(m.Notes, fmt.Sprintf("%d policies decided in these reports", len(policies)))
	}
	m.Close(code)
	return m
}
