package rules

import (
	"regexp"
	"slices"
	"testing"

	"github.com/modelaudit/action/audit"
)

// Every rule can be looked up and explains itself: the texts become the help
// of the SARIF report and of `modelaudit rules`.
func TestCatalog(t *testing.T) {
	id, cwe, version := regexp.MustCompile(`^MA[1-5]\d\d$`), regexp.MustCompile(`^CWE-\d+$`), regexp.MustCompile(`^\d+\.\d+\.\d+$`)
	severities := []audit.Severity{audit.Critical, audit.High, audit.Medium, audit.Low}
	seen, last := map[string]bool{}, ""
	for _, r := range All() {
		t.Run(r.ID, func(t *testing.T) {
			if seen[r.ID] || r.ID <= last || seen[r.Title] {
				t.Errorf("ids and titles must be unique and in order: %s %q behind %s", r.ID, r.Title, last)
			}
			seen[r.ID], seen[r.Title], last = true, true, r.ID
			if !id.MatchString(r.ID) || !cwe.MatchString(r.CWE) || !version.MatchString(r.Since) || !slices.Contains(severities, r.Severity) {
				t.Errorf("%s: severity %q, %q, since %q", r.ID, r.Severity, r.CWE, r.Since)
			}
			if len(r.Title) > 80 || len(r.Text) < 40 || len(r.Why) < 50 || r.Family == "" || r.Bad == r.Good || len(r.References) == 0 {
				t.Errorf("%s is incomplete: %+v", r.ID, r)
			}
			if got, ok := Lookup(r.ID); !ok || got.Title != r.Title {
				t.Errorf("lookup gives %q, %v", got.Title, ok)
			}
		})
	}
	if _, ok := Lookup("MA999"); ok {
		t.Error("a rule that does not exist is found")
	}
}
