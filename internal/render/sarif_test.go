package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/audit"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// sarifSchema compiles the schema of SARIF 2.1.0 (errata 01, from OASIS).
func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile("testdata/sarif-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func renderSARIF(t *testing.T, r *audit.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := SARIF(&b, r, sampleRules()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sarifRunOf reads the only run back.
func sarifRunOf(t *testing.T, text []byte) sarifRun {
	t.Helper()
	var log sarifLog
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	if len(log.Runs) != 1 {
		t.Fatalf("%d runs", len(log.Runs))
	}
	return log.Runs[0]
}

func TestSARIFSchema(t *testing.T) {
	schema := sarifSchema(t)
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			text := renderSARIF(t, s.report)
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(v); err != nil {
				t.Error(err)
			}
			noEmptyValues(t, "$", v)
		})
	}
	broken := strings.Replace(string(renderSARIF(t, closed(0))), `"name": "modelaudit",`, "", 1)
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(broken))
	if err != nil {
		t.Fatal(err)
	}
	if schema.Validate(v) == nil {
		t.Error("the schema takes a driver without a name, so it checks nothing")
	}
}

// noEmptyValues rejects null and "", which GitHub does not take for values.
func noEmptyValues(t *testing.T, path string, v any) {
	t.Helper()
	switch v := v.(type) {
	case nil:
		t.Errorf("%s is null", path)
	case string:
		if v == "" {
			t.Errorf("%s is empty", path)
		}
	case []any:
		for i, e := range v {
			noEmptyValues(t, fmt.Sprintf("%s[%d]", path, i), e)
		}
	case map[string]any:
		for k, e := range v {
			noEmptyValues(t, path+"."+k, e)
		}
	}
}

func TestSARIFCleanRunHasEmptyResults(t *testing.T) {
	text := renderSARIF(t, closed(0, cleanArtifact("a.safetensors")))
	if !bytes.Contains(text, []byte(`"results": []`)) {
		t.Errorf("no empty list of results in\n%s", text)
	}
	if run := sarifRunOf(t, text); !run.Invocations[0].ExecutionSuccessful {
		t.Error("a clean run is not successful")
	}
}

func TestSARIFExecutionSuccessful(t *testing.T) {
	allowed := unreadArtifact("a.pt")
	allowed.Decision = &audit.Decision{Action: audit.ActionAllow, Clauses: []string{"allow[0]"}}
	tests := []struct {
		name   string
		report *audit.Report
		want   bool
		levels []string
	}{
		{"findings", closed(0, findingsArtifact("a.pt")), true, nil},
		{"unread", closed(0, unreadArtifact("a.pt")), false, []string{"error", "error"}},
		{"unread but allowed", closed(0, allowed), true, []string{"warning", "warning"}},
		{"nothing found to look at", closed(audit.ExitIncomplete), false, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inv := sarifRunOf(t, renderSARIF(t, test.report)).Invocations[0]
			var levels []string
			for _, n := range inv.Notifications {
				levels = append(levels, n.Level)
			}
			if inv.ExecutionSuccessful != test.want || !cmp.Equal(levels, test.levels) {
				t.Errorf("got executionSuccessful %v, levels %v; want %v, %v", inv.ExecutionSuccessful, levels, test.want, test.levels)
			}
		})
	}
}

func TestSARIFFingerprintsSurviveRename(t *testing.T) {
	fingerprints := func(path string) (list []sarifFingerprints) {
		for _, r := range sarifRunOf(t, renderSARIF(t, closed(0, findingsArtifact(path)))).Results {
			list = append(list, r.PartialFingerprints)
		}
		return list
	}
	before := fingerprints("models/x.pt")
	if diff := cmp.Diff(before, fingerprints("other/name.bin")); diff != "" {
		t.Errorf("after a rename (-before +after):\n%s", diff)
	}
	seen := map[string]bool{}
	for _, f := range before {
		if f.ModelAudit == "" || seen[f.LineHash] {
			t.Errorf("fingerprint %+v is empty or not unique", f)
		}
		seen[f.LineHash] = true
	}
}

func TestSARIFDecisions(t *testing.T) {
	tests := []struct {
		action     audit.Action
		levels     []string // of critical, critical, medium by place
		suppressed bool
	}{
		{audit.ActionBlock, []string{"warning", "error", "error"}, false},
		{audit.ActionWarn, []string{"note", "warning", "warning"}, false},
		{audit.ActionAllow, []string{"note", "note", "note"}, true},
	}
	for _, test := range tests {
		t.Run(string(test.action), func(t *testing.T) {
			var levels []string
			for _, r := range sarifRunOf(t, renderSARIF(t, closed(0, decided("x.pt", test.action)))).Results {
				levels = append(levels, r.Level)
				if got := len(r.Suppressions) == 1; got != test.suppressed {
					t.Errorf("suppressions %v", r.Suppressions)
				}
				if test.suppressed && !strings.Contains(r.Suppressions[0].Justification, "reviewed by security") {
					t.Errorf("justification %q", r.Suppressions[0].Justification)
				}
			}
			if diff := cmp.Diff(test.levels, levels); diff != "" {
				t.Errorf("levels (-want +got):\n%s", diff)
			}
		})
	}
}

// A range inside a member is not a range of the file.
func TestSARIFRegions(t *testing.T) {
	for _, r := range sarifRunOf(t, renderSARIF(t, closed(0, findingsArtifact("x.pt")))).Results {
		loc := r.Locations[0]
		switch region := loc.Physical.Region; r.RuleID {
		case "MA201": // at the start of the file
			if region.ByteOffset == nil || *region.ByteOffset != 0 || *region.ByteLength != 30 || loc.Logical != nil {
				t.Errorf("file range: got %+v", loc)
			}
		default:
			if region.ByteOffset != nil || region.StartLine != 1 || loc.Logical[0].FullyQualifiedName != "x/data.pkl" {
				t.Errorf("member range: got %+v", loc)
			}
		}
	}
}

func TestSARIFUnknownRuleHasNoIndex(t *testing.T) {
	a := findingsArtifact("x.pt")
	a.Findings[0].Rule = "MA999"
	for _, r := range sarifRunOf(t, renderSARIF(t, closed(0, a))).Results {
		switch {
		case r.RuleID == "MA999" && r.RuleIndex != nil:
			t.Errorf("unknown rule has index %d", *r.RuleIndex)
		case r.RuleID == "MA101" && (r.RuleIndex == nil || *r.RuleIndex != 0):
			t.Errorf("MA101 has index %v", r.RuleIndex)
		}
	}
}

// noise is a text of n letters that does not compress.
func noise(n int) string {
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range n {
		b.WriteRune(rune(0x4e00 + rng.IntN(0x5000)))
	}
	return b.String()
}

func TestSARIFLimits(t *testing.T) {
	tests := []struct {
		name     string
		flood    audit.Artifact
		min, max int // results
	}{
		{"many findings", manyFindings("a.pt", 30_000, audit.High, "x"), 5000, 5000},
		{"long texts", manyFindings("a.pt", 6_000, audit.High, noise(2000)), 500, 4999},
		{"long path", manyFindings(noise(20_000), 6_000, audit.High, "x"), 10, 4999},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for i := range 3_000 {
				test.flood.Coverage.Unread = append(test.flood.Coverage.Unread, audit.Unread{Start: int64(i), Reason: strings.Repeat("\U000e0041", 900)})
			}
			r := closed(0, test.flood, manyFindings("z.pt", 1, audit.Low, "small"), manyFindings("zz.pt", 1, audit.High, "other"))
			text := renderSARIF(t, r)
			if len(text) > 10_000_000 {
				t.Errorf("%d bytes, GitHub takes 10 MB", len(text))
			}
			run := sarifRunOf(t, text)
			if n := len(run.Results); n < test.min || n > test.max {
				t.Errorf("%d results, want %d to %d", n, test.min, test.max)
			}
			if !bytes.Contains(text, []byte(`"uri": "zz.pt"`)) {
				t.Error("a flood of findings crowds out the finding of another file")
			}
			left := 0
			for _, n := range run.Invocations[0].Notifications {
				if n.Descriptor.ID == "left-out" {
					left++
				}
			}
			if left != 2 {
				t.Errorf("%d notifications say what was left out, want 2 (results, unread ranges)", left)
			}
		})
	}
}

func TestSARIFMessages(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"placeholder", "calls {0}", "calls {{0}}"},
		{"embedded link", "calls [x](1)", `calls [x]\x281)`},
		{"control", "calls \x1b[2J", `calls \x1b[2J`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := sarifPlain(test.in); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
