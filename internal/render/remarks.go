package render

import "github.com/modelaudit/action/audit"

// remarks are the notes of a run and then, by file, those of its decisions: what
// was suppressed stands in every report, for files without a finding too.
func remarks(r *audit.Report) []string {
	list := append([]string(nil), r.Notes...)
	for i := range r.Artifacts {
		a := &r.Artifacts[i]
		if a.Decision == nil {
			continue
		}
		for _, n := range a.Decision.Notes {
			list = append(list, a.Path+": "+n)
		}
	}
	return list
}
