//go:build interop

package interop

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

// TestKerasWeights takes the weights of models that both Kerases wrote to safetensors
// and back, and has load_weights read what they became.
func TestKerasWeights(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{"MODELAUDIT_PYTHON_KERAS", "MODELAUDIT_PYTHON_KERAS_OLD"} {
		t.Run(variable, func(t *testing.T) {
			before, between, after := t.TempDir(), t.TempDir(), t.TempDir()
			var names []string
			python(t, variable, "keras_weights.py", nil, &names, "make", before)
			for _, name := range names {
				to := "weights.h5"
				if strings.HasSuffix(name, ".older.h5") {
					to = "h5"
				}
				whole, direct, back := filepath.Join(between, name+".safetensors"), filepath.Join(between, name+"."+to), filepath.Join(after, name+"."+to)
				for _, args := range [][]string{{"safetensors", name, "-o", whole}, {to, whole, "-o", back}, {to, name, "-o", direct}} {
					if got := run(t, before, cleanEnv(), program("modelaudit"), append([]string{"convert", "--quiet", "--to"}, args...)...); got.code != audit.ExitAllowed {
						t.Fatalf("%s: %q: exit %d: %s", name, args, got.code, got.stderr)
					}
				}
				if !slices.Equal(readFile(t, back), readFile(t, direct)) {
					t.Errorf("%s: by way of safetensors it is another file", name)
				}
				if got := run(t, before, cleanEnv(), program("modelaudit"), "validate", name, back); got.code != audit.ExitAllowed {
					t.Errorf("%s: %s%s", name, got.stdout, got.stderr)
				}
			}
			checks := map[string]string{}
			python(t, variable, "keras_weights.py", nil, &checks, "check", before, after)
			for name, said := range checks {
				if said != "ok" {
					t.Errorf("%s: %s", name, said)
				}
			}
			if len(checks) != len(names) || len(names) < 40 {
				t.Errorf("%d of %d files compared", len(checks), len(names))
			}
		})
	}
}
