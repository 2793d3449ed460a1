package scan

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

// A fading context is done when it has been asked so many times.
type fading struct {
	context.Context
	left int
}

func (f *fading) Err() error {
	if f.left--; f.left < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// The time can be up while a pickle is judged: then what is left of it is unread.
func TestStopWhileJudging(t *testing.T) {
	data := []byte("\x80\x02ccollections\nOrderedDict\nq\x00" + strings.Repeat("h\x00)R0", 5000) + "cos\nsystem\nq\x010N.")
	if a := scanBytes(t, "m.pkl", data).Artifact; a.Verdict != audit.VerdictFindings {
		t.Fatalf("with all the time: %s", a.Verdict)
	}
	for _, left := range []int{1, 2, 5, 20} {
		r := Scan(&fading{t.Context(), left}, bytes.NewReader(data), int64(len(data)), "m.pkl", Options{})
		late := slices.ContainsFunc(r.Artifact.Coverage.Unread, func(u audit.Unread) bool { return u.Reason == "the time limit was reached" })
		if r.Artifact.Verdict != audit.VerdictIncomplete || !late {
			t.Errorf("after %d questions: %s, %v", left, r.Artifact.Verdict, r.Artifact.Coverage.Unread)
		}
	}
}
