package audit

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMerge(t *testing.T) {
	file := func(path, digest string, v Verdict) Artifact {
		return Artifact{Path: path, SHA256: digest, Verdict: v, Decision: &Decision{Action: ActionBlock}}
	}
	report := func(policy string, notes []string, list ...Artifact) *Report {
		r := &Report{Tool: Tool{"modelaudit", "1"}, Policy: &PolicySource{Source: policy}, Artifacts: list, Notes: notes}
		r.Summary.Skipped = 2
		r.Close(ExitAllowed)
		return r
	}
	same := report("p", []string{"n"}, file("a.pt", "1", VerdictIncomplete))
	got := Merge([]*Report{same, report("p", []string{"n", "o"}, file("a.pt", "1", VerdictIncomplete), file("a.pt", "2", VerdictFindings), file("0.pt", "3", VerdictIncomplete))})
	var names []string
	for _, a := range got.Artifacts {
		names = append(names, a.Path+" "+a.SHA256)
	}
	if diff := cmp.Diff([]string{"0.pt 3", "a.pt 1", "a.pt 2"}, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"n", "o"}, got.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	want := Summary{Artifacts: 3, Findings: 1, Incomplete: 2, Blocked: 3, Skipped: 4}
	if diff := cmp.Diff(want, got.Summary); diff != "" || got.ExitCode != ExitBlocked || got.Policy.Source != "p" {
		t.Errorf("exit code %d, policy %v, summary (-want +got):\n%s", got.ExitCode, got.Policy, diff)
	}
	other := Merge([]*Report{same, report("q", nil)})
	if other.Policy != nil || len(other.Notes) != 2 || other.ExitCode != ExitIncomplete {
		t.Errorf("two policies: %+v", other)
	}
	// What a run as a whole says is not lost when its files say nothing.
	empty := &Report{}
	empty.Close(ExitIncomplete)
	if r := Merge([]*Report{empty, report("p", nil)}); r.ExitCode != ExitIncomplete {
		t.Errorf("exit code %d", r.ExitCode)
	}
}
