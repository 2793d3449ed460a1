package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/audit"
	"pgregory.net/rapid"
)

func TestFloor(t *testing.T) {
	pt := audit.FormatTorchZip
	rule := func(fields string) string { return "version: 1\nrules:\n  - {paths: ['*.pt'], " + fields + "}\n" }
	allowed := "version: 1\nallow:\n  - {sha256: " + digestA + ", reason: seen}\n"
	for name, test := range map[string]struct {
		own, floor string
		artifact   *audit.Artifact
		want       string
		clauses    string
	}{
		"allow is raised to warn":              {rule("action: allow"), rule("action: warn"), artifact("findings", pt), "warn", "floor:rules[0]"},
		"allow is raised to block":             {rule("action: allow"), "version: 1", artifact("findings", pt), "block", "floor:built-in"},
		"warn stays under allow":               {rule("action: warn"), rule("action: allow"), artifact("findings", pt), "warn", "rules[0]"},
		"block stays":                          {rule("action: block"), rule("action: [convert, warn], to: safetensors"), artifact("findings", pt), "block", "rules[0]"},
		"the built-in block allows a remedy":   {"version: 1", rule("action: [convert, warn], to: safetensors"), artifact("findings", pt), "convert block", "built-in floor:rules[0]"},
		"a remedy of the floor is tried":       {rule("action: allow"), rule("action: convert, to: safetensors"), artifact("findings", pt), "convert block", "floor:rules[0]"},
		"the end of the list is the tighter":   {rule("action: [convert, block], to: safetensors"), rule("action: [convert, warn], to: safetensors"), artifact("findings", pt), "convert block", "rules[0]"},
		"strip is not enough":                  {rule("action: strip"), rule("action: convert, to: safetensors"), artifact("findings", pt), "convert block", "floor:rules[0]"},
		"a remedy of its own":                  {rule("action: strip"), rule("action: allow"), artifact("findings", pt), "strip block", "rules[0]"},
		"clean files are converted":            {rule("action: allow"), rule("action: convert, to: safetensors"), artifact("", pt), "convert block", "floor:rules[0]"},
		"an allow entry needs the floor's":     {allowed, "version: 1", artifact("findings", pt), "block", "floor:built-in"},
		"nor does it pass the unread":          {allowed, "version: 1", artifact("unread", pt), "block", "floor:built-in"},
		"both have the allow entry":            {allowed, allowed, artifact("unread", pt), "allow", "allow[0]"},
		"an allow entry of the floor alone":    {"version: 1", allowed, artifact("findings", pt), "block", "built-in"},
		"a rule of the floor that blocks":      {rule("action: strip"), rule("action: block"), artifact("findings", pt), "block", "floor:rules[0]"},
		"the floor's built-in block":           {rule("action: strip"), "version: 1", artifact("findings", pt), "strip block", "rules[0]"},
		"clean, and nobody minds":              {"version: 1", "version: 1", artifact("", pt), "allow", "built-in"},
		"a rule for another path of the floor": {rule("action: allow"), "version: 1\nrules: [{paths: ['*.bin'], action: allow}]", artifact("findings", pt), "block", "floor:built-in"},
	} {
		t.Run(name, func(t *testing.T) {
			p := parse(t, test.own).WithFloor(parse(t, test.floor))
			out := p.Decide(Input{Path: "x.pt", Artifact: test.artifact})
			if diff := cmp.Diff(actions(test.want), out.Actions); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(strings.Fields(test.clauses), out.Decision.Clauses); diff != "" {
				t.Error(diff)
			}
			if out.Decision.Action != out.Actions[0] || !cmp.Equal(out.Decision.Notes, out.Notes) {
				t.Errorf("the decision %+v is not the first of %v with the same notes", out.Decision, out)
			}
		})
	}
}

// Whatever the repository's policy says, no less is done than the floor says, and
// whatever the floor says, no less than the repository's says.
func TestFloorIsNeverLoosened(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		own, floor := draw(t), draw(t)
		flags := rapid.SampledFrom([]string{"", "findings", "unread", "findings unread"}).Draw(t, "artifact")
		in := Input{Path: rapid.SampledFrom([]string{"x.pt", "models/x.pkl"}).Draw(t, "path"), Artifact: artifact(flags, audit.FormatTorchZip)}
		both := own.WithFloor(floor).Decide(in)
		end := func(o Outcome) int { return strictness(o.Actions[len(o.Actions)-1]) }
		for _, one := range []Outcome{own.Decide(in), floor.Decide(in)} {
			if end(both) < end(one) {
				t.Fatalf("%v is looser than %v", both.Actions, one.Actions)
			}
		}
		if f := floor.Decide(in); (f.Actions[0] != audit.ActionBlock || f.refuses()) && strictness(both.Actions[0]) < strictness(f.Actions[0]) {
			t.Fatalf("%v begins looser than the floor's %v", both.Actions, f.Actions)
		}
	})
}

func draw(t *rapid.T) *Policy {
	p, err := Parse("p", []byte(drawPolicy(t)))
	if err != nil {
		t.Fatalf("%v", err)
	}
	return p
}

func TestFloorOfTheRest(t *testing.T) {
	own := parse(t, "version: 1\nafter_rewrite: continue\nlimits: {max_file_size: 20GiB}\ntrust:\n  - {global: acme.A, reason: own}\n  - {global: acme.B, reason: own}\n")
	floor := parse(t, "version: 1\nlimits: {max_file_size: 1GiB, timeout: 1m}\ntrust:\n  - {global: acme.B, reason: the organisation's}\n  - {global: acme.C, reason: the organisation's}\n"+
		"allow:\n  - {sha256: "+digestA+", reason: old, expires: 2020-01-01}\n")
	p := own.WithFloor(floor)
	if p.AfterRewrite != AfterRewriteStop || p.Limits != (Limits{1 << 30, time.Minute}) || !p.NeedsDigest() {
		t.Errorf("after_rewrite %s, limits %+v", p.AfterRewrite, p.Limits)
	}
	if diff := cmp.Diff(map[string]string{"acme.B": "the organisation's"}, p.Trusted()); diff != "" {
		t.Error(diff)
	}
	notes := strings.Join(p.Expired(time.Time{}), "\n")
	for _, want := range []string{"floor: allow[0] expired", "trust of acme.A does not count"} {
		if !strings.Contains(notes, want) {
			t.Errorf("the notes %q do not say %q", notes, want)
		}
	}
	if id := p.Identity(); id.SHA256 != own.SHA256 || id.Floor == nil || id.Floor.SHA256 != floor.SHA256 {
		t.Errorf("the report names %+v", id)
	}
	if got := (*Policy)(nil).WithFloor(floor); got != floor {
		t.Error("without a policy the floor does not decide alone")
	}
	steps := p.Explain(Input{Path: "x.pt"})
	if last := steps[len(steps)-1]; last.Clause != "floor" || !last.Decides {
		t.Errorf("the last step is %v", last)
	}
}
