package render

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/modelaudit/action/audit"
)

// sastEntries bounds the entries of a GitLab SAST report, which GitLab keeps one by one.
const sastEntries = 5000

// The part of GitLab's schema for SAST reports, version 15.0.6, that is written.
type sastReport struct {
	Version         string              `json:"version"`
	Scan            sastScan            `json:"scan"`
	Vulnerabilities []sastVulnerability `json:"vulnerabilities"`
}

type sastScan struct {
	Analyzer sastTool      `json:"analyzer"`
	Scanner  sastTool      `json:"scanner"`
	Type     string        `json:"type"`
	Start    string        `json:"start_time"`
	End      string        `json:"end_time"`
	Status   string        `json:"status"`
	Messages []sastMessage `json:"messages,omitempty"`
}

type sastTool struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version string `json:"version"`
	Vendor  struct {
		Name string `json:"name"`
	} `json:"vendor"`
}

type sastMessage struct {
	Level string `json:"level"` // info, warn or fatal
	Value string `json:"value"`
}

type sastVulnerability struct {
	ID          string           `json:"id"`
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Severity    string           `json:"severity"`
	Solution    string           `json:"solution,omitempty"`
	Identifiers []sastIdentifier `json:"identifiers"`
	Location    sastLocation     `json:"location"`
}

type sastIdentifier struct {
	Type  string `json:"type"`
	Name  string `json:"name"`
	Value string `json:"value"`
	URL   string `json:"url,omitempty"`
}

type sastLocation struct {
	File      string `json:"file"`
	StartLine int    `json:"start_line"`
}

// GitLabSAST writes r as a GitLab SAST report: a vulnerability for each finding
// and, with severity Unknown, for each unread range; at most 5,000, those of the
// worst files first. What the policy allows is Info, what it warns of at most
// Low. The schema wants times, and reports have none: both are at, which the zero
// value makes 1970.
func GitLabSAST(w io.Writer, r *audit.Report, rules []audit.Rule, at time.Time) error {
	if at.IsZero() {
		at = time.Unix(0, 0)
	}
	stamp := at.UTC().Format("2006-01-02T15:04:05")
	tool := sastTool{ID: "modelaudit", Name: "modelaudit", Version: "devel"}
	if r.Tool.Version != "" {
		tool.Version = bytesVisible(r.Tool.Version)
	}
	tool.Vendor.Name = "modelaudit"
	s := &sast{rules: map[string]audit.Rule{}, seen: map[string]int{}, list: []sastVulnerability{}}
	for _, rule := range rules {
		s.rules[rule.ID] = rule
	}
	for _, a := range worstFirst(r) {
		s.artifact(a)
	}
	scan := sastScan{Analyzer: tool, Scanner: tool, Type: "sast", Start: stamp, End: stamp, Status: "success"}
	if r.ExitCode >= audit.ExitUsage && len(r.Artifacts) == 0 {
		scan.Status = "failure"
	}
	if s.left > 0 {
		scan.Messages = append(scan.Messages, sastMessage{"warn", fmt.Sprintf("%d more entries are left out here", s.left)})
	}
	for i, n := range remarks(r) {
		if i == 100 {
			break
		}
		scan.Messages = append(scan.Messages, sastMessage{"info", Escape(clip(orText(n, "a note"), maxMessage))})
	}
	return encode(w, sastReport{"15.0.6", scan, s.list})
}

// A sast collects the entries of a report.
type sast struct {
	rules map[string]audit.Rule
	seen  map[string]int // identities of entries, to keep equal ones apart
	list  []sastVulnerability
	left  int // entries that did not fit
}

func (s *sast) artifact(a *audit.Artifact) {
	for _, g := range groupFindings(a.Findings) {
		for i := range g {
			f := &g[i]
			rule := s.rules[f.Rule]
			ids := []sastIdentifier{{Type: "modelaudit_rule", Name: "modelaudit " + bytesVisible(f.Rule), Value: orText(bytesVisible(f.Rule), "unknown")}}
			if n, ok := strings.CutPrefix(rule.CWE, "CWE-"); ok {
				ids = append(ids, sastIdentifier{"cwe", rule.CWE, n, "https://cwe.mitre.org/data/definitions/" + n + ".html"})
			}
			v := sastVulnerability{Name: clip(orText(rule.Title, "A finding of modelaudit"), 200), Severity: sastSeverity(a, f.Severity), Identifiers: ids}
			if len(f.Remedies) > 0 {
				v.Solution = solution(f.Remedies[0])
			}
			s.add(a, v, findingText(f), f.Rule, f.Fingerprint)
		}
	}
	for i := range a.Coverage.Unread {
		u := &a.Coverage.Unread[i]
		severity := "Unknown"
		if action(a) == audit.ActionAllow {
			severity = "Info"
		}
		s.add(a, sastVulnerability{Name: "Bytes that could not be judged", Severity: severity,
			Identifiers: []sastIdentifier{{Type: "modelaudit_rule", Name: "modelaudit unread", Value: "unread"}}},
			unreadText(u), "unread", u.Member, u.Reason)
	}
}

// add gives an entry its place, text and id, if there is room.
func (s *sast) add(a *audit.Artifact, v sastVulnerability, text string, identity ...string) {
	if len(s.list) == sastEntries {
		s.left++
		return
	}
	key := strings.Join(append([]string{a.Path}, identity...), "\x00")
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", key, s.seen[key]))
	s.seen[key]++
	v.ID = hex.EncodeToString(sum[:16])
	v.Description = EscapeMessage(text)
	v.Location = sastLocation{bytesVisible(strings.TrimPrefix(a.Path, "./")), 1}
	s.list = append(s.list, v)
}

func sastSeverity(a *audit.Artifact, s audit.Severity) string {
	switch action(a) {
	case audit.ActionAllow:
		return "Info"
	case audit.ActionWarn:
		return "Low"
	}
	switch s {
	case audit.Critical:
		return "Critical"
	case audit.High:
		return "High"
	case audit.Medium:
		return "Medium"
	}
	return "Low"
}

// solution says what a remedy does.
func solution(k audit.RemedyKind) string {
	if k == audit.RemedyStrip {
		return "`modelaudit remediate` takes it out of the file, and proves that the rest is the same."
	}
	return "`modelaudit convert` keeps the tensors, leaves the code behind, and proves it."
}

// orText is s, or another text where a schema wants one.
func orText(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
