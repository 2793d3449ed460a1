package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/modelaudit/action/audit"
)

func renderText(t *testing.T, r *audit.Report, opt TextOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := Text(&b, r, opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTextGroupsManyFindings(t *testing.T) {
	a := manyFindings("a.pt", 500, audit.Low, "low ")
	a.Findings = append(a.Findings, audit.Finding{Rule: "MA102", Severity: audit.Critical, Message: "the worst"})
	got := renderText(t, closed(0, a), TextOptions{})
	if n := strings.Count(got, "MA101"); n != 20 {
		t.Errorf("%d findings of MA101 are shown, want 20", n)
	}
	if !strings.Contains(got, "and 480 more like this") {
		t.Errorf("no word on the rest in\n%s", got)
	}
	if lines := strings.Split(got, "\n"); !strings.Contains(lines[1], "the worst") {
		t.Errorf("the worst finding is not first:\n%s", got)
	}
}

func TestTextQuiet(t *testing.T) {
	noted := cleanArtifact("c.safetensors")
	noted.Decision = &audit.Decision{Action: audit.ActionAllow, Notes: []string{"allow[0] has expired"}}
	tests := []struct {
		name   string
		report *audit.Report
		want   string // a part of the text; "" for no text at all
	}{
		{"all clean", closed(0, cleanArtifact("a.safetensors")), ""},
		{"nothing found to look at", closed(audit.ExitIncomplete), "no model files"},
		{"findings", closed(0, findingsArtifact("x.pt")), "x.pt: 3 findings"},
		{"suppression that was used", closed(0, noted), "allow[0] has expired"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := renderText(t, test.report, TextOptions{Quiet: true})
			if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want text with %q", got, test.want)
			}
		})
	}
}

// A note that stands below its file is not told again at the end; another one is.
func TestTextNotesOnce(t *testing.T) {
	noted := findingsArtifact("x.pt")
	noted.Decision = &audit.Decision{Action: audit.ActionBlock, Notes: []string{"allow[0] has expired"}}
	report := closed(audit.ExitBlocked, noted)
	report.Notes = []string{"allow[0] has expired", "allow[1] has expired"}
	got := renderText(t, report, TextOptions{})
	if strings.Count(got, "allow[0]") != 1 || strings.Count(got, "allow[1]") != 1 {
		t.Errorf("notes are not told once: %s", got)
	}
}

// Commands are offered where they can help, and only there.
func TestTextRemedies(t *testing.T) {
	tests := []struct {
		artifact audit.Artifact
		want     bool
	}{
		{cleanArtifact("clean.pt"), false},
		{findingsArtifact("blocked.pt"), true},
		{unreadArtifact("unread.pt"), true},
		{decided("warned.pt", audit.ActionWarn), true},
		{decided("allowed.pt", audit.ActionAllow), false},
		{convertedArtifact("converted.pt"), false},
	}
	for _, test := range tests {
		t.Run(test.artifact.Path, func(t *testing.T) {
			got := renderText(t, closed(0, test.artifact), TextOptions{Remedy: sampleRemedy})
			if strings.Contains(got, "modelaudit convert") != test.want {
				t.Errorf("offered: %v, want %v, in\n%s", !test.want, test.want, got)
			}
		})
	}
}

// Where what predicts is lost to a conversion, people are told beside the commands.
func TestArraysAlone(t *testing.T) {
	for _, test := range []struct {
		name    string
		alone   bool
		offered []audit.RemedyKind
		want    string
	}{
		{"both", true, []audit.RemedyKind{audit.RemedyConvert, audit.RemedyStrip}, "convert keeps the arrays alone, which predict nothing; remediate keeps the model\n"},
		{"convert", true, []audit.RemedyKind{audit.RemedyConvert}, "convert keeps the arrays alone, which predict nothing\n"},
		{"strip", true, []audit.RemedyKind{audit.RemedyStrip}, ""},
		{"a dict of tensors", false, []audit.RemedyKind{audit.RemedyConvert, audit.RemedyStrip}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := findingsArtifact("x.pkl")
			a.ArraysAlone, a.Findings[0].Remedies = test.alone, test.offered
			report := closed(0, a)
			for what, got := range map[string]string{
				"text":    renderText(t, report, TextOptions{Remedy: sampleRemedy}),
				"summary": renderSummary(t, report, SummaryLimit),
			} {
				if has := strings.Contains(got, "arrays alone"); has != (test.want != "") || !strings.Contains(got, test.want) {
					t.Errorf("%s: want %q in\n%s", what, test.want, got)
				}
			}
		})
	}
}

// Trust is told of where it would let the whole file through, and nowhere else.
func TestTextTrust(t *testing.T) {
	object := func(global string) audit.Finding {
		return audit.Finding{Rule: "MA110", Severity: audit.Medium, Callable: global, Message: "makes an object of the class " + global}
	}
	own, stdlib, call := object("acme.Net"), object("logging.Logger"), audit.Finding{Rule: "MA102", Callable: "acme.run"}
	cut := blocked(own)
	cut.Coverage.Unread = []audit.Unread{{End: 4, Reason: "unknown record"}}
	tests := []struct {
		name     string
		artifact audit.Artifact
		want     string
	}{
		{"own class", blocked(own), "name acme.Net under trust in the policy"},
		{"several", blocked(own, object("acme.Head"), own), "name acme.Head and 1 more under trust"},
		{"a class that no policy may trust", blocked(own, stdlib), ""},
		{"a call", blocked(own, call), ""},
		{"unread parts", cut, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := renderText(t, closed(0, test.artifact), TextOptions{Remedy: sampleRemedy, Trustable: func(s string) bool { return strings.HasPrefix(s, "acme.") }})
			if has := strings.Contains(got, "under trust"); has != (test.want != "") || !strings.Contains(got, test.want) {
				t.Errorf("want %q in\n%s", test.want, got)
			}
		})
	}
}

func blocked(findings ...audit.Finding) audit.Artifact {
	return audit.Artifact{Path: "x.pt", Verdict: audit.VerdictFindings, Findings: findings, Decision: &audit.Decision{Action: audit.ActionBlock}}
}

// A command that cannot be shown as it is must not reach the terminal.
func TestTextEscapesCommands(t *testing.T) {
	remedy := func(*audit.Artifact) []string { return []string{"rm \x1b[2J\n::error::x"} }
	got := renderText(t, closed(0, findingsArtifact("x.pt")), TextOptions{Remedy: remedy})
	if !strings.Contains(got, `rm \x1b[2J\n::error::x`) {
		t.Errorf("raw command in\n%q", got)
	}
}

// One file takes one screen, whatever is in it.
func TestHookTextFitsOneScreen(t *testing.T) {
	full := manyFindings("full.pt", 200, audit.High, strings.Repeat("long ", 1000))
	full.Findings = append(full.Findings, manyFindings("", 200, audit.Low, "x").Findings...)
	for i := range 300 {
		full.Coverage.Unread = append(full.Coverage.Unread, audit.Unread{Member: strings.Repeat("m/", 2000), Start: int64(i), Reason: strings.Repeat("r", 5000)})
	}
	full.Refusal, full.ArraysAlone = strings.Repeat("no ", 2000), true
	full.Findings[0].Remedies = []audit.RemedyKind{audit.RemedyConvert, audit.RemedyStrip}
	full.Decision = &audit.Decision{Action: audit.ActionBlock, Clauses: make([]string, 500), Notes: make([]string, 2)}
	rewritten := full
	rewritten.Remedy = &audit.AppliedRemedy{Kind: audit.RemedyConvert, Outputs: make([]audit.Output, 40), Removed: make([]audit.Removal, 40)}
	rewritten.Remedy.Outputs[0].Path = "x.safetensors"
	rewritten.Remedy.Proof.SecondDecoder = strings.Repeat("not applicable ", 1000)
	remedy := func(*audit.Artifact) []string { return make([]string, 30) }
	for name, a := range map[string]audit.Artifact{"blocked": full, "rewritten": rewritten} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := HookText(&b, closed(0, a), TextOptions{Remedy: remedy}); err != nil {
				t.Fatal(err)
			}
			paragraph, _, ok := strings.Cut(b.String(), "\n\n")
			for _, rest := range []string{"and 198 more like this", "and 199 more findings", "and 298 more unread ranges", "and 1 more note\n"} {
				if !strings.Contains(paragraph, rest) {
					t.Errorf("no %q in\n%s", rest, paragraph)
				}
			}
			if lines := strings.Count(paragraph, "\n") + 1; !ok || lines > 25 {
				t.Errorf("%d lines", lines)
			}
			for line := range strings.Lines(paragraph) {
				if n := utf8.RuneCountInString(line); n > 320 {
					t.Errorf("%d characters in %q", n, line)
				}
			}
		})
	}
}

func TestHookTextSaysNothingWithoutModels(t *testing.T) {
	var b bytes.Buffer
	r := closed(0)
	r.Summary.Skipped = 3
	if err := HookText(&b, r, TextOptions{}); err != nil || b.Len() > 0 {
		t.Errorf("got %q, %v", b.String(), err)
	}
}

func TestLoadHint(t *testing.T) {
	numpy := convertedArtifact("a.npz")
	numpy.Formats = []audit.Format{audit.FormatNumpy}
	other := convertedArtifact("a.pt")
	other.Remedy.Outputs = []audit.Output{{Path: "a.onnx"}}
	tests := []struct {
		name     string
		artifact audit.Artifact
		want     string
	}{
		{"torch", convertedArtifact("a.pt"), `from safetensors.torch import load_file; weights = load_file("models/x.safetensors")`},
		{"numpy", numpy, `from safetensors.numpy import load_file; weights = load_file("models/x.safetensors")`},
		{"stripped", strippedArtifact("a.pkl"), "as before, the format is the same"},
		{"no line can open it", other, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := loadHint(&test.artifact); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestGitHubLevels(t *testing.T) {
	for action, want := range map[audit.Action]string{audit.ActionBlock: "::error file=", audit.ActionWarn: "::warning file=", audit.ActionAllow: "::notice file="} {
		var b bytes.Buffer
		if err := GitHub(&b, closed(0, decided("x.pt", action))); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(b.String(), want) {
			t.Errorf("%s: got %q, want %q first", action, b.String(), want)
		}
	}
	var b bytes.Buffer
	if err := GitHub(&b, closed(0, manyFindings("x.pt", 500, audit.High, "x"))); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n"); n != 21 || !strings.Contains(b.String(), "and 480 more like this") {
		t.Errorf("%d commands for 500 equal findings", n)
	}
}

// GitLab shows only the first of issues with one fingerprint.
func TestGitLabFingerprintsAreUnique(t *testing.T) {
	twice := findingsArtifact("a.pt")
	twice.Coverage.Unread = []audit.Unread{{Reason: "same"}, {Reason: "same"}}
	r := closed(0, twice, findingsArtifact("b.pt"))
	r.Artifacts[0].Findings[1].Fingerprint = r.Artifacts[0].Findings[2].Fingerprint
	var b bytes.Buffer
	if err := GitLab(&b, r); err != nil {
		t.Fatal(err)
	}
	var issues []qualityIssue
	if err := json.Unmarshal(b.Bytes(), &issues); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, q := range issues {
		seen[q.Fingerprint] = true
	}
	if len(issues) != 8 || len(seen) != 8 {
		t.Errorf("%d issues with %d fingerprints, want 8 and 8", len(issues), len(seen))
	}
}

func TestGitLabSeverities(t *testing.T) {
	for action, want := range map[audit.Action]string{audit.ActionBlock: "[major blocker blocker blocker info]", audit.ActionWarn: "[minor minor minor minor info]", audit.ActionAllow: "[info info info info info]"} {
		var b bytes.Buffer
		if err := GitLab(&b, closed(0, decided("x.pt", action))); err != nil {
			t.Fatal(err)
		}
		var issues []qualityIssue
		if err := json.Unmarshal(b.Bytes(), &issues); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, q := range issues {
			got = append(got, q.Severity)
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: got %v, want %s", action, got, want)
		}
	}
}
