//go:build interop

package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestArrays converts what numpy, joblib, scipy, pandas and scikit-learn wrote,
// however it was packed, and compares every array with what the library loads.
// Only what has no array is refused.
func TestArrays(t *testing.T) {
	t.Parallel()
	for _, writer := range []struct {
		name, python string
		args         []string
	}{{"new", newPython, []string{"--all"}}, {"old", oldPython, nil}} {
		t.Run(writer.name, func(t *testing.T) {
			dir, out := t.TempDir(), t.TempDir()
			var cases []testCase
			python(t, writer.python, "arrays.py", nil, &cases, append([]string{dir}, writer.args...)...)
			run(t, "", cleanEnv(), program("modelaudit"), "convert", dir, "--to", "safetensors", "--output-dir", out)
			for i := range cases {
				stem := filepath.Join(out, strings.TrimSuffix(cases[i].Name, filepath.Ext(cases[i].Name)))
				cases[i].Out, cases[i].State = stem+".safetensors", stem+".state.safetensors"
			}
			var differences map[string]*string
			python(t, writer.python, "arrays_compare.py", cases, &differences)
			converted := 0
			for _, c := range cases {
				_, err := os.Stat(c.Out)
				switch d := differences[c.Name]; {
				case d == nil && err == nil:
					t.Errorf("%s: converted, and there is no array in it", c.Name)
				case d == nil:
				case err != nil:
					r := run(t, "", cleanEnv(), program("modelaudit"), "convert", c.Source, "--to", "safetensors", "-o", filepath.Join(t.TempDir(), "x"))
					t.Errorf("%s: not converted (%d): %s", c.Name, r.code, r.stderr)
				case *d != "":
					t.Errorf("%s: %s", c.Name, *d)
				default:
					converted++
				}
			}
			t.Logf("%d of %d files converted", converted, len(cases))
			if least := map[string]int{"new": 295, "old": 60}[writer.name]; converted < least {
				t.Errorf("%d files converted, at least %d have arrays", converted, least)
			}
		})
	}
}
