//go:build interop

package interop

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

// TestKerasLambdas replaces the Lambda layers of models that both Kerases made, and has
// them compare what is predicted before and after.
func TestKerasLambdas(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{"MODELAUDIT_PYTHON_KERAS", "MODELAUDIT_PYTHON_KERAS_OLD"} {
		t.Run(variable, func(t *testing.T) {
			before, after := t.TempDir(), t.TempDir()
			var names []string
			python(t, variable, "keras_lambdas.py", nil, &names, "make", before)
			stripped := 0
			for _, name := range names {
				from := filepath.Join(before, name)
				was := readFile(t, from)
				got := run(t, before, cleanEnv(), program("modelaudit"), "remediate", "--quiet", name, "-o", filepath.Join(after, name))
				want := audit.ExitAllowed
				if strings.Contains(name, "-no-") {
					want = audit.ExitBlocked
				}
				if got.code != want {
					t.Errorf("%s: exit %d: %s", name, got.code, got.stderr)
				}
				if strings.Contains(name, "system") && !strings.Contains(got.stderr, "__import__('os').system('true')") {
					t.Errorf("%s: its code is not shown: %s", name, got.stderr)
				}
				if !slices.Equal(readFile(t, from), was) {
					t.Errorf("%s: the source changed", name)
				}
				if _, err := os.Stat(filepath.Join(after, name)); err == nil {
					stripped++
				} else if got.code == audit.ExitAllowed {
					t.Errorf("%s: no result", name)
				}
			}
			checks := map[string]string{}
			python(t, variable, "keras_lambdas.py", nil, &checks, "check", before, after)
			for name, said := range checks {
				if said != "ok" {
					t.Errorf("%s: %s", name, said)
				}
			}
			if t.Logf("%d of %d models stripped", stripped, len(names)); len(checks) != stripped || stripped < 400 {
				t.Errorf("%d of %d stripped models compared", len(checks), stripped)
			}
		})
	}
}
