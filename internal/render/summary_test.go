package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

func renderSummary(t *testing.T, r *audit.Report, limit int) string {
	t.Helper()
	var b strings.Builder
	if err := Summary(&b, r, limit, sampleRemedy); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A summary that is too long is dropped by GitHub as a whole.
func TestSummaryLimit(t *testing.T) {
	var many []audit.Artifact
	for i := range 9000 {
		many = append(many, cleanArtifact(fmt.Sprintf("clean/%d/%s.pt", i, strings.Repeat("n", 100))))
	}
	for i := range 3000 {
		many = append(many, findingsArtifact(fmt.Sprintf("found/%d/%s.pt", i, strings.Repeat("*", 100))))
	}
	for i := range 300 {
		many = append(many, manyFindings(fmt.Sprintf("noise/%d.pt", i), 50, audit.Low, strings.Repeat("\x1b", 600)))
	}
	r := closed(0, many...)
	for range 30 {
		r.Notes = append(r.Notes, strings.Repeat("\U000e0041", 1000))
	}
	for _, limit := range []int{CommentLimit, SummaryLimit} {
		text := renderSummary(t, r, limit)
		if len(text) > limit {
			t.Errorf("%d bytes, at most %d", len(text), limit)
		}
		for _, want := range []string{"12300 model files", "| and ", " more files, none of them worse |", "The details of ", "more notes"} {
			if !strings.Contains(text, want) {
				t.Errorf("a summary of %d bytes does not say %q", limit, want)
			}
		}
		if strings.Contains(text, "`clean/") {
			t.Error("clean files stand before worse ones that are left out")
		}
	}
}

func TestSummaryWorstFirst(t *testing.T) {
	mild := manyFindings("a-mild.pt", 1, audit.Low, "x")
	passed := decided("b-allowed.pt", audit.ActionAllow)
	unread := unreadArtifact("c-unread.pt")
	worst := findingsArtifact("d-critical.pt")
	text := renderSummary(t, closed(0, cleanArtifact("0-clean.pt"), mild, passed, unread, worst), SummaryLimit)
	at := -1
	for _, name := range []string{"d-critical.pt", "a-mild.pt", "c-unread.pt", "b-allowed.pt", "0-clean.pt"} {
		next := strings.Index(text, "| `"+name)
		if next <= at {
			t.Errorf("%s stands at %d, behind %d", name, next, at)
		}
		at = next
	}
	if strings.Contains(text, "### `0-clean.pt`") || strings.Contains(text, "convert --to safetensors -- b-allowed.pt") {
		t.Error("a clean file has details, or an allowed one a remedy")
	}
}
