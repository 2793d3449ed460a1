//go:build interop

package proof

import (
	"cmp"
	"os"
	"os/exec"
	"testing"
)

// TestInterop has torch write many random views and safetensors convert them.
func TestInterop(t *testing.T) {
	dir := t.TempDir()
	python := cmp.Or(os.Getenv("MODELAUDIT_PYTHON"), "python3")
	if out, err := exec.Command(python, "testdata/make.py", dir, "300").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	checkTorchFiles(t, dir)
}
