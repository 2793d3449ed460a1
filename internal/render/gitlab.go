package render

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/action/audit"
)

// qualityIssue is one entry of a GitLab Code Quality report.
type qualityIssue struct {
	Description string          `json:"description"`
	CheckName   string          `json:"check_name"`
	Fingerprint string          `json:"fingerprint"` // unique, else GitLab shows the first only
	Severity    string          `json:"severity"`    // info, minor, major, critical or blocker
	Location    qualityLocation `json:"location"`
}

type qualityLocation struct {
	Path  string `json:"path"`
	Lines struct {
		Begin int `json:"begin"`
	} `json:"lines"`
}

// GitLab writes r as a Code Quality report: a JSON array with one issue for
// every finding (check_name is the rule) and every unread range (check_name
// "incomplete", severity blocker), and at info every note of a decision (check_name
// "policy"), all at line 1 of their file; [] when there is
// none. Severity is info where the policy allows and at most minor where it warns.
func GitLab(w io.Writer, r *audit.Report) error {
	issues := []qualityIssue{}
	seen := map[string]int{}
	add := func(a *audit.Artifact, check, severity, description string, identity ...string) {
		key := strings.Join(append([]string{a.Path, check}, identity...), "\x00")
		sum := sha256.Sum256([]byte(fmt.Sprintf("%s\x00%d", key, seen[key])))
		seen[key]++
		q := qualityIssue{
			Description: EscapeMessage(description),
			CheckName:   bytesVisible(check),
			Fingerprint: hex.EncodeToString(sum[:16]),
			Severity:    milder(a, severity),
			Location:    qualityLocation{Path: bytesVisible(strings.TrimPrefix(a.Path, "./"))},
		}
		q.Location.Lines.Begin = 1
		issues = append(issues, q)
	}
	for i := range r.Artifacts {
		a := &r.Artifacts[i]
		for _, f := range a.Findings {
			add(a, f.Rule, qualitySeverity(f.Severity), findingText(&f), f.Fingerprint)
		}
		for _, u := range a.Coverage.Unread {
			add(a, "incomplete", "blocker", unreadText(&u), u.Member, u.Reason)
		}
		if a.Decision != nil {
			for _, n := range a.Decision.Notes {
				add(a, "policy", "info", clip(n, maxMessage), n)
			}
		}
	}
	return encode(w, issues)
}

func qualitySeverity(s audit.Severity) string {
	switch s {
	case audit.Critical:
		return "blocker"
	case audit.High:
		return "critical"
	case audit.Medium:
		return "major"
	}
	return "minor"
}

// milder lowers a severity as far as the policy's decision for a says.
func milder(a *audit.Artifact, severity string) string {
	switch action(a) {
	case audit.ActionAllow:
		return "info"
	case audit.ActionWarn:
		if severity != "info" {
			return "minor"
		}
	}
	return severity
}
