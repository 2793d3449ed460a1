//go:build interop

package interop

import (
	"path/filepath"
	"testing"

	"github.com/modelaudit/action/audit"
)

// TestKerasTraining takes out of models what only training needs and is no part of
// Keras, and has both Kerases open them without it and predict.
func TestKerasTraining(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{"MODELAUDIT_PYTHON_KERAS", "MODELAUDIT_PYTHON_KERAS_OLD"} {
		t.Run(variable, func(t *testing.T) {
			before, after := t.TempDir(), t.TempDir()
			var names []string
			python(t, variable, "keras_training.py", nil, &names, "make", before)
			for _, name := range names {
				if got := run(t, before, cleanEnv(), program("modelaudit"), "remediate", "--quiet", "--drop-training", name, "-o", filepath.Join(after, name)); got.code != audit.ExitAllowed {
					t.Errorf("%s: exit %d: %s", name, got.code, got.stderr)
				}
			}
			checks := map[string]string{}
			python(t, variable, "keras_training.py", nil, &checks, "check", before, after)
			for name, said := range checks {
				if said != "ok" {
					t.Errorf("%s: %s", name, said)
				}
			}
			if len(checks) != len(names) || len(names) < 12 {
				t.Errorf("%d of %d models opened", len(checks), len(names))
			}
		})
	}
}
