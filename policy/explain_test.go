package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/audit"
)

func TestExplain(t *testing.T) {
	p := parse(t, `version: 1
extends: standard
rules:
  - paths: ["*.onnx"]
    action: block
  - formats: [safetensors, hdf5]
    action: allow
    when: always
  - paths: ["x.*", "models/**"]
    formats: [pytorch-zip]
    action: [convert, strip]
    to: safetensors
allow:
  - sha256: `+digestA+`
    reason: reviewed
`)
	for name, test := range map[string]struct {
		path    string
		formats []audit.Format
		want    []string
	}{
		"decided by a rule": {"models/a.pt", []audit.Format{audit.FormatTorchZip}, []string{
			"p.yml:14: allow: a file with a sha256 listed here is allowed, whatever the rules say (listed: 1)",
			`p.yml:4: rules[0]: paths "*.onnx": no match`,
			"p.yml:6: rules[1]: formats safetensors, hdf5: no match, the file is pytorch-zip",
			`p.yml:9: rules[2]: path matches "models/**", format is pytorch-zip: always convert to safetensors, else strip, else block`,
		}},
		"format not known": {"models/a.pt", nil, []string{
			"p.yml:14: allow: a file with a sha256 listed here is allowed, whatever the rules say (listed: 1)",
			`p.yml:4: rules[0]: paths "*.onnx": no match`,
			"p.yml:6: rules[1]: formats safetensors, hdf5: matches if the file is one of them, then always allow; unread parts block",
			"p.yml:9: rules[2]: formats pytorch-zip: matches if the file is one of them, then always convert to safetensors, else strip, else block",
			"standard:8: standard:rules[0]: formats pytorch-zip, pytorch-legacy, pickle: matches if the file is one of them, then convert to safetensors, else block on findings, allow when clean",
			"p.yml: built-in: no rule matches for certain: block on findings and unread parts, allow when clean",
		}},
		"decided by the template": {"a.pkl", []audit.Format{audit.FormatPickle}, []string{
			"p.yml:14: allow: a file with a sha256 listed here is allowed, whatever the rules say (listed: 1)",
			`p.yml:4: rules[0]: paths "*.onnx": no match`,
			"p.yml:6: rules[1]: formats safetensors, hdf5: no match, the file is pickle",
			`p.yml:9: rules[2]: paths "x.*", "models/**": no match`,
			"standard:8: standard:rules[0]: format is pickle: convert to safetensors, else block on findings, allow when clean",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for i, step := range p.Explain(Input{Path: test.path, Artifact: &audit.Artifact{Formats: test.formats}}) {
				got = append(got, step.String())
				if step.Decides != (i == len(test.want)-1) {
					t.Errorf("step %d decides: %v", i, step.Decides)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Of a file whose digest is known it is said whether an entry allows it.
func TestExplainAllow(t *testing.T) {
	p := parse(t, `version: 1
allow:
  - sha256: `+digestA+`
    reason: reviewed
    expires: 2027-01-01
`)
	for name, test := range map[string]struct {
		digest, day string
		want        []string
	}{
		"allowed": {digestA, "2027-01-01", []string{"p.yml:3: allow[0]: has the sha256 of the file, which is allowed, whatever the rules say: reviewed"}},
		"expired": {digestA, "2027-01-02", []string{"p.yml:3: allow[0]: has the sha256 of the file, and expired after 2027-01-01",
			"p.yml: built-in: no rule matches for certain: block on findings and unread parts, allow when clean"}},
		"another file": {strings.Repeat("0", 64), "2027-01-01", []string{"p.yml:3: allow: the sha256 of the file, 000000000000..., is not listed (listed: 1)",
			"p.yml: built-in: no rule matches for certain: block on findings and unread parts, allow when clean"}},
	} {
		t.Run(name, func(t *testing.T) {
			today, err := time.Parse(time.DateOnly, test.day)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, step := range p.Explain(Input{Path: "x.pt", Artifact: &audit.Artifact{SHA256: test.digest}, Today: today}) {
				got = append(got, step.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
