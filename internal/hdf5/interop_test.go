//go:build interop

package hdf5

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestH5py reads files that h5py wrote in every form that it has, and finds
// what h5py finds: links, attributes, types, shapes and bytes.
func TestH5py(t *testing.T) {
	python := os.Getenv("MODELAUDIT_PYTHON_KERAS")
	if python == "" {
		t.Fatal("MODELAUDIT_PYTHON_KERAS must name a Python with interop/requirements-keras.txt")
	}
	dir := t.TempDir()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "h5py_files.py"), dir)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var cases []oracleCase
	if err := json.Unmarshal(stdout.Bytes(), &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			checkOracle(t, filepath.Join(dir, c.Name), c.Objects)
		})
	}
}
