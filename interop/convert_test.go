//go:build interop

package interop

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConvert converts what real torch and numpy wrote, and lets safetensors
// and torch compare names, dtypes, shapes and bytes.
func TestConvert(t *testing.T) {
	t.Parallel()
	for _, writer := range []struct{ name, python, script string }{
		{"torch-new", newPython, "generate.py"},
		{"torch-old", oldPython, "generate.py"},
		{"pickle-new", newPython, "generate_numpy.py"},
		{"pickle-old", oldPython, "generate_numpy.py"},
	} {
		t.Run(writer.name, func(t *testing.T) {
			cases, _ := generated(t, writer.python, writer.script)
			converted := convertAll(t, cases)
			for name, difference := range compare(t, converted) {
				if difference != "" {
					t.Errorf("%s: %s", name, difference)
				}
			}
		})
	}
}

// compare answers what differs between each source and its conversion.
func compare(t *testing.T, cases []testCase) map[string]string {
	t.Helper()
	var differences map[string]string
	python(t, newPython, "compare.py", cases, &differences)
	if len(differences) != len(cases) {
		t.Errorf("compared %d of %d files", len(differences), len(cases))
	}
	return differences
}

// convertAll converts each case as it expects, and returns those that were
// converted with the names of their outputs.
func convertAll(t *testing.T, cases []testCase) []testCase {
	t.Helper()
	var converted []testCase
	for _, c := range cases {
		stem := filepath.Join(t.TempDir(), "out")
		c.Out, c.State = stem+".safetensors", stem+".state.safetensors"
		before, err := os.ReadFile(c.Source)
		if err != nil {
			t.Fatal(err)
		}
		r := run(t, "", cleanEnv(), program("modelaudit"), "convert", c.Source, "--to", "safetensors", "-o", c.Out)
		switch {
		case r.code == 0 && c.Expect != "refuse":
			converted = append(converted, c)
		case r.code == 1 && c.Expect != "convert":
			checkRefused(t, c, r)
		default:
			t.Errorf("%s: convert exits %d, expected to %s it: %s", c.Name, r.code, c.Expect, r.stderr)
		}
		if after, err := os.ReadFile(c.Source); err != nil || string(after) != string(before) {
			t.Errorf("%s: convert changed its source (%v)", c.Name, err)
		}
	}
	return converted
}

// checkRefused checks that a refusal gives a reason and writes nothing.
func checkRefused(t *testing.T, c testCase, r result) {
	t.Helper()
	if strings.TrimSpace(r.stderr) == "" {
		t.Errorf("%s: refused without a reason", c.Name)
	}
	for _, out := range []string{c.Out, c.State} {
		if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: refused, but %s is there", c.Name, filepath.Base(out))
		}
	}
}

// TestStrictLoad converts the state dicts of real models: torch must load each
// strictly into a fresh model, which then computes the same.
func TestStrictLoad(t *testing.T) {
	t.Parallel()
	var files []string
	python(t, newPython, "models.py", nil, &files, "make", t.TempDir())
	pairs := map[string]string{}
	var cases []testCase
	for _, file := range files {
		cases = append(cases, testCase{Name: filepath.Base(file), Source: file, Expect: "convert"})
	}
	for _, c := range convertAll(t, cases) {
		pairs[c.Source] = c.Out
	}
	var wrong map[string]string
	python(t, newPython, "models.py", pairs, &wrong, "check")
	if len(wrong) != len(files) {
		t.Errorf("loaded %d of %d models", len(wrong), len(files))
	}
	for file, problem := range wrong {
		if problem != "" {
			t.Errorf("%s: %s", filepath.Base(file), problem)
		}
	}
}
