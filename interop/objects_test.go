//go:build interop

package interop

import (
	"path/filepath"
	"strings"
	"testing"
)

// An objectCase is one file that objects.py wrote.
type objectCase struct {
	Name    string  `json:"name"`
	Source  string  `json:"source"`
	Part    *string `json:"part"`
	Tensors int     `json:"tensors"`
	Out     string  `json:"out"`
	State   string  `json:"state"`
}

// TestObjects converts whole modules of every class of torch.nn and of the
// user's own, tensors of every kind and checkpoints of every style, as both
// versions of torch write them: every tensor must have the bytes and the name
// that torch gives it, and load_state_dict(strict=True) must take a module's.
func TestObjects(t *testing.T) {
	t.Parallel()
	for _, writer := range []struct{ name, python string }{{"torch-new", newPython}, {"torch-old", oldPython}} {
		t.Run(writer.name, func(t *testing.T) {
			var cases, converted []objectCase
			python(t, writer.python, "objects.py", nil, &cases, "make", t.TempDir())
			if len(cases) < 200 {
				t.Fatalf("%d cases", len(cases))
			}
			for _, c := range cases {
				stem := filepath.Join(t.TempDir(), "out")
				c.Out, c.State = stem+".safetensors", stem+".state.safetensors"
				r := run(t, "", cleanEnv(), program("modelaudit"), "convert", c.Source, "--to", "safetensors", "-o", c.Out)
				refuse, want := c.Tensors == 0, "there is no tensor in it"
				switch {
				case refuse && (r.code != 1 || !strings.Contains(r.stderr, want)):
					t.Errorf("%s: convert exits %d, want a refusal with %q: %s", c.Name, r.code, want, r.stderr)
				case !refuse && r.code != 0:
					t.Errorf("%s: convert exits %d: %s", c.Name, r.code, r.stderr)
				case !refuse:
					converted = append(converted, c)
				}
			}
			var wrong map[string]string
			python(t, writer.python, "objects.py", converted, &wrong, "check")
			for _, c := range converted {
				if problem, ok := wrong[c.Source]; !ok || problem != "" {
					t.Errorf("%s: %s (checked: %v)", c.Name, problem, ok)
				}
			}
			t.Logf("%d of %d converted", len(converted), len(cases))
		})
	}
}
