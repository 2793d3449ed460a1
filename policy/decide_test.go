package policy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/audit"
	"pgregory.net/rapid"
)

const (
	digestA = "6c1f00000000000000000000000000000000000000000000000000000000abcd"
	digestB = "6c1f00000000000000000000000000000000000000000000000000000000abce"
)

func parse(t testing.TB, text string) *Policy {
	t.Helper()
	p, err := Parse("p.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// artifact makes one with the given formats; the flags are "findings" and "unread".
func artifact(flags string, formats ...audit.Format) *audit.Artifact {
	a := &audit.Artifact{Formats: formats, SHA256: digestA}
	if strings.Contains(flags, "findings") {
		a.Findings = []audit.Finding{{Rule: "MA101", Severity: audit.Critical}, {Rule: "MA102", Severity: audit.High}}
	}
	if strings.Contains(flags, "unread") {
		a.Coverage.Unread = []audit.Unread{{End: 1, Reason: "a test"}}
	}
	a.Verdict = a.Judge()
	return a
}

func actions(text string) []audit.Action {
	var list []audit.Action
	for word := range strings.FieldsSeq(text) {
		list = append(list, audit.Action(word))
	}
	return list
}

func TestDecide(t *testing.T) {
	rule := func(fields string) string { return "version: 1\nrules:\n  - {paths: ['*.pt'], " + fields + "}\n" }
	pt, st := audit.FormatTorchZip, audit.FormatSafetensors
	for name, test := range map[string]struct {
		policy, path string
		artifact     *audit.Artifact
		want         string // the actions
		clause       string
		note         string // "": no notes
	}{
		"clean without a rule":              {"version: 1", "x.pt", artifact("", pt), "allow", "built-in", ""},
		"findings without a rule":           {"version: 1", "x.pt", artifact("findings", pt), "block", "built-in", ""},
		"unread without a rule":             {"version: 1", "x.pt", artifact("unread", pt), "block", "built-in", ""},
		"no artifact":                       {"version: 1", "x.pt", nil, "block", "built-in", ""},
		"no verdict":                        {"version: 1", "x.pt", &audit.Artifact{}, "block", "built-in", ""},
		"rule for another path":             {rule("action: allow"), "x.pth", artifact("findings", pt), "block", "built-in", ""},
		"allow with findings":               {rule("action: allow"), "x.pt", artifact("findings", pt), "allow", "rules[0]", "rules[0] lets 2 findings through (allow)"},
		"warn with findings":                {rule("action: warn"), "x.pt", artifact("findings", pt), "warn", "rules[0]", "rules[0] lets 2 findings through (warn)"},
		"warn when clean":                   {rule("action: warn"), "x.pt", artifact("", pt), "allow", "rules[0]", ""},
		"warn always when clean":            {rule("action: warn, when: always"), "x.pt", artifact("", pt), "warn", "rules[0]", ""},
		"block always when clean":           {rule("action: block, when: always"), "x.pt", artifact("", pt), "block", "rules[0]", ""},
		"allow does not pass unread":        {rule("action: allow"), "x.pt", artifact("unread", pt), "block", "rules[0]", "rules[0] says allow, but a part"},
		"warn does not pass unread":         {rule("action: warn, when: always"), "x.pt", artifact("unread findings", pt), "block", "rules[0]", "rules[0] says warn, but a part"},
		"convert is for clean files too":    {rule("action: convert, to: safetensors"), "x.pt", artifact("", pt), "convert block", "rules[0]", ""},
		"convert with findings":             {rule("action: convert, to: safetensors"), "x.pt", artifact("findings", pt), "convert block", "rules[0]", ""},
		"convert with unread parts":         {rule("action: convert, to: safetensors"), "x.pt", artifact("unread", pt), "convert block", "rules[0]", ""},
		"convert what is safetensors":       {rule("action: convert, to: safetensors"), "x.pt", artifact("", st), "allow", "rules[0]", ""},
		"convert a safetensors polyglot":    {rule("action: convert, to: safetensors"), "x.pt", artifact("", st, pt), "convert block", "rules[0]", ""},
		"convert safetensors with findings": {rule("action: convert, to: safetensors"), "x.pt", artifact("findings", st), "convert block", "rules[0]", ""},
		"convert on findings when clean":    {rule("action: convert, to: safetensors, when: findings"), "x.pt", artifact("", pt), "allow", "rules[0]", ""},
		"strip with findings":               {rule("action: strip"), "x.pt", artifact("findings", pt), "strip block", "rules[0]", ""},
		"strip when clean":                  {rule("action: strip"), "x.pt", artifact("", pt), "allow", "rules[0]", ""},
		"strip always when clean":           {rule("action: strip, when: always"), "x.pt", artifact("", pt), "allow", "rules[0]", ""},
		"strip cannot help the unread":      {rule("action: strip"), "x.pt", artifact("unread", pt), "block", "rules[0]", ""},
		"strip first is for findings":       {rule("action: [strip, convert], to: safetensors"), "x.pt", artifact("", pt), "allow", "rules[0]", ""},
		"both remedies":                     {rule("action: [convert, strip], to: safetensors"), "x.pt", artifact("findings unread", pt), "convert strip block", "rules[0]", ""},
		"both remedies when clean":          {rule("action: [convert, strip], to: safetensors"), "x.pt", artifact("", pt), "convert allow", "rules[0]", ""},
		"both remedies when unread":         {rule("action: [convert, strip], to: safetensors"), "x.pt", artifact("unread", pt), "convert block", "rules[0]", ""},
		"convert, else warn":                {rule("action: [convert, warn], to: safetensors"), "x.pt", artifact("findings", pt), "convert warn", "rules[0]", "rules[0] lets 2 findings through (warn) if nothing before it"},
		"convert, else warn, unread":        {rule("action: [convert, warn], to: safetensors"), "x.pt", artifact("unread", pt), "convert block", "rules[0]", "rules[0] says warn, but a part"},
		"convert, else block":               {rule("action: [convert, block], to: safetensors"), "x.pt", artifact("findings", pt), "convert block", "rules[0]", ""},
		"both paths and formats must match": {rule("formats: [pickle], action: allow"), "x.pt", artifact("findings", pt), "block", "built-in", ""},
		"one format of a polyglot matches":  {rule("formats: [pickle], action: warn"), "x.pt", artifact("findings", pt, audit.FormatPickle), "warn", "rules[0]", "rules[0] lets"},
		"the first rule wins": {"version: 1\nrules:\n  - {formats: [pickle], action: allow}\n  - {paths: ['models/**'], action: warn}\n  - {paths: ['*.pt'], action: allow}",
			"models/x.pt", artifact("findings", pt), "warn", "rules[1]", "rules[1] lets"},
		"own rules before the template's": {"version: 1\nextends: advisory\nrules:\n  - {paths: ['release/**'], action: block}",
			"release/x.pt", artifact("findings", pt), "block", "rules[0]", ""},
		"the template's rules after":     {"version: 1\nextends: advisory\nrules:\n  - {paths: ['release/**'], action: block}", "x.pt", artifact("findings", pt), "warn", "advisory:rules[0]", "advisory:rules[0] lets"},
		"strict converts clean joblib":   {"version: 1\nextends: strict", "x.joblib", artifact("", audit.FormatZlib, audit.FormatJoblib), "convert block", "strict:rules[0]", ""},
		"strict keeps clean arrays":      {"version: 1\nextends: strict", "x.npy", artifact("", audit.FormatNumpy), "allow", "built-in", ""},
		"strict converts what is clean":  {"version: 1\nextends: strict", "x.pkl", artifact("", audit.FormatPickle), "convert block", "strict:rules[0]", ""},
		"standard keeps what is clean":   {"version: 1\nextends: standard", "x.pkl", artifact("", audit.FormatPickle), "allow", "standard:rules[0]", ""},
		"standard converts findings":     {"version: 1\nextends: standard", "x.bin", artifact("findings", audit.FormatTorchLegacy), "convert block", "standard:rules[0]", ""},
		"standard blocks other findings": {"version: 1\nextends: standard", "x.npy", artifact("findings", audit.FormatNumpy), "block", "built-in", ""},
		"advisory blocks the unread":     {"version: 1\nextends: advisory", "x.pt", artifact("unread"), "block", "advisory:rules[0]", "advisory:rules[0] says warn, but"},
	} {
		t.Run(name, func(t *testing.T) {
			out := parse(t, test.policy).Decide(Input{Path: test.path, Artifact: test.artifact})
			if diff := cmp.Diff(actions(test.want), out.Actions); diff != "" {
				t.Error(diff)
			}
			notes := strings.Join(out.Notes, "\n")
			if (test.note == "") != (notes == "") || !strings.Contains(notes, test.note) {
				t.Errorf("notes %q, want %q", notes, test.note)
			}
			want := audit.Decision{Action: out.Actions[0], Clauses: []string{test.clause}, Notes: out.Notes}
			if diff := cmp.Diff(want, out.Decision); diff != "" {
				t.Error(diff)
			}
			if wantTo := strings.Contains(test.want, "convert"); (out.To == "safetensors") != wantTo || (out.To == "") == wantTo {
				t.Errorf("to %q with actions %v", out.To, out.Actions)
			}
		})
	}
}

func TestAllowEntries(t *testing.T) {
	day := func(s string) time.Time {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	const rule = "rules:\n  - {paths: ['*.pt'], action: block, when: always}\n"
	entry := func(sum, expires string) string {
		return "version: 1\n" + rule + "allow:\n  - {sha256: " + sum + ", reason: seen by us" + expires + "}\n"
	}
	const dated = ", expires: 2027-01-01"
	for name, test := range map[string]struct {
		policy   string
		artifact *audit.Artifact
		today    time.Time
		want     audit.Action
		clause   string
		note     string
	}{
		"findings":           {entry(digestA, ""), artifact("findings"), time.Time{}, "allow", "allow[0]", "allow[0] lets 2 findings through: seen by us"},
		"unread":             {entry(digestA, ""), artifact("unread"), time.Time{}, "allow", "allow[0]", "allow[0] lets unread parts through: seen by us"},
		"upper case":         {entry(strings.ToUpper(digestA), ""), artifact("unread"), time.Time{}, "allow", "allow[0]", "allow[0] lets"},
		"clean but ruled":    {entry(digestA, ""), artifact(""), time.Time{}, "allow", "allow[0]", "allow[0] overrules rules[0] (block): seen by us"},
		"another file":       {entry(digestB, ""), artifact("findings"), time.Time{}, "block", "rules[0]", ""},
		"no digest":          {entry(digestA, ""), &audit.Artifact{Verdict: audit.VerdictClean}, time.Time{}, "block", "rules[0]", ""},
		"before the day":     {entry(digestA, dated), artifact("findings"), day("2026-12-31T00:00:00Z"), "allow", "allow[0]", "allow[0] lets"},
		"end of the day":     {entry(digestA, dated), artifact("findings"), day("2027-01-01T23:59:59Z"), "allow", "allow[0]", "allow[0] lets"},
		"after the day":      {entry(digestA, dated), artifact("findings"), day("2027-01-02T00:00:00Z"), "block", "rules[0]", "allow[0] expired after 2027-01-01 and no longer allows 6c1f00000000...: seen by us"},
		"UTC, still the day": {entry(digestA, dated), artifact("findings"), day("2027-01-02T01:30:00+02:00"), "allow", "allow[0]", "allow[0] lets"},
		"UTC, already after": {entry(digestA, dated), artifact("findings"), day("2027-01-01T23:00:00-02:00"), "block", "rules[0]", "allow[0] expired"},
		"no date given":      {entry(digestA, dated), artifact("findings"), time.Time{}, "block", "rules[0]", "allow[0] expired"},
		"expired, renewed": {entry(digestA, dated) + "  - {sha256: " + digestA + ", reason: again, expires: 2028-01-01}",
			artifact("findings"), day("2027-06-01T00:00:00Z"), "allow", "allow[1]", "allow[1] lets 2 findings through: again\nallow[0] expired"},
	} {
		t.Run(name, func(t *testing.T) {
			out := parse(t, test.policy).Decide(Input{Path: "x.pt", Artifact: test.artifact, Today: test.today})
			if out.Decision.Action != test.want || !slices.Equal(out.Decision.Clauses, []string{test.clause}) {
				t.Errorf("decision %+v, want %s by %s", out.Decision, test.want, test.clause)
			}
			notes := strings.Join(out.Notes, "\n")
			if (test.note == "") != (notes == "") || !strings.Contains(notes, test.note) {
				t.Errorf("notes %q, want %q", notes, test.note)
			}
		})
	}
}

func TestExpired(t *testing.T) {
	p := parse(t, "version: 1\nallow:\n"+
		"  - {sha256: "+digestA+", reason: one, expires: 2027-01-01}\n"+
		"  - {sha256: "+digestA+", reason: two, expires: 2028-01-01}\n"+
		"  - {sha256: "+digestB+", reason: three}\n")
	want := []string{"allow[0] expired after 2027-01-01 and no longer allows 6c1f00000000...: one"}
	if diff := cmp.Diff(want, p.Expired(time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC))); diff != "" {
		t.Error(diff)
	}
}

// drawPolicy makes the text of a valid policy.
func drawPolicy(t *rapid.T) string {
	text := "version: 1\n" + rapid.SampledFrom([]string{"", "extends: strict\n", "extends: standard\n", "extends: advisory\n"}).Draw(t, "extends") + "rules:\n"
	for range rapid.IntRange(1, 4).Draw(t, "rules") {
		action := rapid.SampledFrom([]string{
			"allow", "warn", "block", "strip", "convert, to: safetensors", "[convert, strip], to: safetensors",
			"[strip, convert, allow], to: safetensors", "[convert, warn], to: safetensors", "[strip, allow]",
		}).Draw(t, "action")
		text += "  - {" + rapid.SampledFrom([]string{"paths: ['*.pt']", "paths: ['**']", "formats: [pickle, safetensors]", "paths: ['a/**'], formats: [pickle]"}).Draw(t, "match") +
			", action: " + action + rapid.SampledFrom([]string{"", ", when: always", ", when: findings"}).Draw(t, "when") + "}\n"
	}
	return text
}

// Whatever the rules say: what is partly unread ends in block, what is clean is never stripped,
// actions are remedies and then one end, and Explain names the clause that Decide used.
func TestDecideHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawPolicy(t)
		p, err := Parse("p.yml", []byte(text))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		formats := rapid.SliceOfNDistinct(rapid.SampledFrom(formats()), 1, 2, rapid.ID).Draw(t, "formats")
		a := artifact(rapid.SampledFrom([]string{"", "findings", "unread", "findings unread"}).Draw(t, "flags"), formats...)
		in := Input{Path: rapid.SampledFrom([]string{"x.pt", "a/x.pt", "a/x.pkl"}).Draw(t, "path"), Artifact: a}
		out := p.Decide(in)
		end := out.Actions[len(out.Actions)-1]
		if len(a.Coverage.Unread) > 0 && end != audit.ActionBlock {
			t.Fatalf("unread ends in %s with\n%s", end, text)
		}
		if a.Verdict == audit.VerdictClean && slices.Contains(out.Actions, audit.ActionStrip) {
			t.Fatalf("clean is stripped with\n%s", text)
		}
		for i, action := range out.Actions {
			if remedy(action) == (i == len(out.Actions)-1) {
				t.Fatalf("actions %v with\n%s", out.Actions, text)
			}
		}
		if len(a.Findings) > 0 && !remedy(out.Actions[0]) && end != audit.ActionBlock && len(out.Notes) == 0 {
			t.Fatalf("findings pass without a note with\n%s", text)
		}
		steps := p.Explain(in)
		if last := steps[len(steps)-1]; !last.Decides || last.Clause != out.Decision.Clauses[0] {
			t.Fatalf("explained as %s, decided by %v with\n%s", last, out.Decision.Clauses, text)
		}
	})
}
