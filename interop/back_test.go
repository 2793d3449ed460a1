//go:build interop

package interop

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBack converts every fixture to safetensors and that to pytorch, and lets
// real torch, new and old, open the result with weights_only=True and compare it
// with what it loads from the source.
func TestBack(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "testdata")
	in, middle, out := t.TempDir(), t.TempDir(), t.TempDir()
	sources := map[string]string{} // by the name without extension
	for _, dir := range []string{"torch", "pickle"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			ext := filepath.Ext(path)
			if err != nil || ext != ".pt" && ext != ".pkl" {
				return err
			}
			rel, _ := filepath.Rel(root, path)
			stem := strings.ReplaceAll(strings.TrimSuffix(filepath.ToSlash(rel), ext), "/", "_")
			sources[stem], _ = filepath.Abs(path)
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(in, stem+ext), data, 0o600)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	run(t, "", cleanEnv(), program("modelaudit"), "convert", in, "--to", "safetensors", "--output-dir", middle) // some are refused
	if r := run(t, "", cleanEnv(), program("modelaudit"), "convert", middle, "--to", "pytorch", "--output-dir", out); r.code != 0 {
		t.Fatalf("convert back exits %d: %s%s", r.code, r.stdout, r.stderr)
	}
	var pairs [][2]string
	for stem, source := range sources {
		if _, err := os.Stat(filepath.Join(middle, stem+".safetensors")); err == nil {
			pairs = append(pairs, [2]string{source, filepath.Join(out, stem+".pt")})
		}
	}
	for _, variable := range []string{newPython, oldPython} {
		var differences map[string]string
		python(t, variable, "back.py", pairs, &differences)
		equal := 0
		for name, d := range differences {
			switch {
			case d == "":
				equal++
			case variable == newPython || !strings.HasPrefix(d, "unsupported: "):
				t.Errorf("%s: %s: %s", variable, filepath.Base(name), d)
			}
		}
		if len(differences) != len(pairs) || equal < 60 {
			t.Errorf("%s: %d of %d are equal", variable, equal, len(pairs))
		}
		t.Logf("%s: %d of %d are equal", variable, equal, len(pairs))
	}
}
