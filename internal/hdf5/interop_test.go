//go:build interop

package hdf5

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// h5py runs testdata/h5py_files.py and returns what it says of files.
func h5py(t *testing.T, variable string, args ...string) (cases []oracleCase) {
	t.Helper()
	python := os.Getenv(variable)
	if python == "" {
		t.Fatalf("%s is not set: it must name a Python with the h5py of interop/requirements-keras*.txt", variable)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), python, append([]string{filepath.Join("testdata", "h5py_files.py")}, args...)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	if err := json.Unmarshal(stdout.Bytes(), &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// pythons have HDF5 1.14 and 2.0.
var pythons = []string{"MODELAUDIT_PYTHON_KERAS", "MODELAUDIT_PYTHON_KERAS_OLD"}

// TestH5py reads files that h5py wrote in every form that it has, and finds
// what h5py finds: links, attributes, types, shapes and bytes. Then it changes
// a string in each, and h5py finds that string and all else as it was.
func TestH5py(t *testing.T) {
	for _, variable := range pythons {
		t.Run(variable, func(t *testing.T) { checkH5py(t, variable) })
	}
}

func checkH5py(t *testing.T, variable string) {
	t.Helper()
	dir := t.TempDir()
	cases := h5py(t, variable, dir)
	args := []string{"--describe"}
	var want []oracleCase
	for _, c := range cases {
		path := filepath.Join(dir, c.Name)
		t.Run(c.Name, func(t *testing.T) { checkOracle(t, path, c.Objects) })
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f := open(t, b)
		o, a := firstString(f, true)
		if a == nil || len(f.Problems) > 0 {
			continue
		}
		text, err := f.Strings(a)
		if err != nil {
			t.Fatal(err)
		}
		for kind, value := range values(len(text[0].Value)) {
			args = append(args, path+"."+kind)
			if err := os.WriteFile(path+"."+kind, edited(t, b, f, a, value), 0o600); err != nil {
				t.Fatal(err)
			}
			x := oracleCase{path + "." + kind, changed(c.Objects, o.Path, a.Name, value)}
			want = append(want, x)
		}
	}
	if len(want) < 50 {
		t.Errorf("only %d files were changed", len(want))
	}
	if d := cmp.Diff(want, h5py(t, variable, args...)); d != "" {
		t.Errorf("(-want +h5py):\n%.4000s", d)
	}
}

// changed copies objects and sets the first string of an attribute.
func changed(objects []oracleObject, path, name, value string) []oracleObject {
	out := slices.Clone(objects)
	for i := range out {
		if out[i].Path != path {
			continue
		}
		out[i].Attributes = slices.Clone(out[i].Attributes)
		for j, a := range out[i].Attributes {
			out[i].Attributes[j].Strings = slices.Clone(a.Strings)
		}
		setString(map[string]oracleObject{path: out[i]}, path, name, value)
	}
	return out
}

// TestWriteH5py lets h5py read what was written here.
func TestWriteH5py(t *testing.T) {
	b, _ := written(t)
	path := filepath.Join(t.TempDir(), "written.h5")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, variable := range pythons {
		cases := h5py(t, variable, "--describe", path)
		checkOracle(t, path, cases[0].Objects)
		if len(cases[0].Objects) < 600 {
			t.Errorf("h5py finds only %d objects", len(cases[0].Objects))
		}
	}
}
