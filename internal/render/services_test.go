package render

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/modelaudit/action/audit"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestGitLabSchemas validates both forms of every sample.
func TestGitLabSchemas(t *testing.T) {
	for _, f := range []struct {
		schema string
		render func(io.Writer, *audit.Report) error
	}{
		{"testdata/gitlab-codequality.json", GitLab},
		{"testdata/gitlab-sast-15.0.6.json", func(w io.Writer, r *audit.Report) error { return GitLabSAST(w, r, sampleRules(), time.Time{}) }},
	} {
		schema, err := jsonschema.NewCompiler().Compile(f.schema)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range samples() {
			var b bytes.Buffer
			if err := f.render(&b, s.report); err != nil {
				t.Fatal(err)
			}
			v, err := jsonschema.UnmarshalJSON(&b)
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(v); err != nil {
				t.Errorf("%s, %s: %v", f.schema, s.name, err)
			}
		}
	}
}

func sastOf(t *testing.T, r *audit.Report, at time.Time) sastReport {
	t.Helper()
	var b bytes.Buffer
	if err := GitLabSAST(&b, r, sampleRules(), at); err != nil {
		t.Fatal(err)
	}
	var s sastReport
	if err := json.Unmarshal(b.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestGitLabSASTTime(t *testing.T) {
	began := time.Date(2026, 2, 3, 4, 5, 6, 7, time.FixedZone("", 3600))
	for at, want := range map[time.Time]string{{}: "1970-01-01T00:00:00", began: "2026-02-03T03:05:06"} {
		if s := sastOf(t, closed(0), at).Scan; s.Start != want || s.End != want {
			t.Errorf("%v is written %s, %s", at, s.Start, s.End)
		}
	}
}

func TestGitLabSASTLimitAndIDs(t *testing.T) {
	s := sastOf(t, closed(0, manyFindings("mild.pt", 6000, audit.Low, "x"), manyFindings("worst.pt", 3, audit.Critical, "x")), time.Time{})
	if len(s.Vulnerabilities) != 5000 || s.Vulnerabilities[0].Location.File != "worst.pt" {
		t.Errorf("%d entries, of %s first", len(s.Vulnerabilities), s.Vulnerabilities[0].Location.File)
	}
	if len(s.Scan.Messages) == 0 || s.Scan.Messages[0].Value != "1003 more entries are left out here" {
		t.Errorf("messages %+v", s.Scan.Messages)
	}
	seen := map[string]bool{}
	for _, v := range s.Vulnerabilities {
		if seen[v.ID] {
			t.Fatalf("two entries have the id %s", v.ID)
		}
		seen[v.ID] = true
	}
}

func junitOf(t *testing.T, r *audit.Report) junitSuites {
	t.Helper()
	var b bytes.Buffer
	if err := JUnit(&b, r); err != nil {
		t.Fatal(err)
	}
	var s junitSuites
	if err := xml.Unmarshal(b.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// A file that does not pass is a failure or an error, and no other is.
func TestJUnitOutcomes(t *testing.T) {
	clean := cleanArtifact("clean-but-blocked.pt")
	clean.Decision = &audit.Decision{Action: audit.ActionBlock, Clauses: []string{"rules[0]"}}
	for _, c := range []struct {
		name             string
		report           *audit.Report
		failures, errors int
	}{
		{"clean", closed(0, cleanArtifact("a.pt")), 0, 0},
		{"findings", closed(0, findingsArtifact("a.pt"), cleanArtifact("b.pt")), 1, 0},
		{"unread", closed(0, unreadArtifact("a.pt")), 0, 1},
		{"allowed", closed(0, decided("a.pt", audit.ActionAllow), decided("b.pt", audit.ActionWarn)), 0, 0},
		{"by policy alone", closed(0, clean), 1, 0},
		{"nothing to look at", closed(audit.ExitIncomplete), 0, 1},
		{"rewritten", closed(0, convertedArtifact("a.pt")), 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := junitOf(t, c.report)
			failures, errors := 0, 0
			for _, k := range s.Suite.Cases {
				if k.Failure != nil {
					failures++
				}
				if k.Error != nil {
					errors++
				}
			}
			if failures != c.failures || errors != c.errors || s.Failures != c.failures || s.Errors != c.errors {
				t.Errorf("%d failures, %d errors (said: %d, %d), want %d, %d", failures, errors, s.Failures, s.Errors, c.failures, c.errors)
			}
			if want := len(c.report.Artifacts) + 1; s.Tests != want || len(s.Suite.Cases) != want {
				t.Errorf("%d tests of %d", len(s.Suite.Cases), s.Tests)
			}
		})
	}
}

// FuzzJUnit: whatever a file is called, the XML is well-formed and gives back
// the printable form of its name.
func FuzzJUnit(f *testing.F) {
	seedNames(f)
	f.Fuzz(func(t *testing.T, name string) {
		a := findingsArtifact(name)
		a.Findings[0].Message = name
		s := junitOf(t, closed(0, a, cleanArtifact("<>&\"']]>"+name)))
		got := s.Suite.Cases
		if len(got) != 3 {
			t.Fatalf("%d test cases", len(got))
		}
		for _, c := range got[1:] {
			if strings.ContainsFunc(c.Name, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("name %q", c.Name)
			}
		}
		names := []string{got[1].Name, got[2].Name}
		for _, want := range []string{Escape(name), Escape("<>&\"']]>" + name)} {
			if names[0] != want && names[1] != want {
				t.Errorf("%q is not among %q", want, names)
			}
		}
	})
}
