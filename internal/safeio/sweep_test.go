package safeio

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Only what a process that is no more has left under a temporary name goes.
func TestSweep(t *testing.T) {
	gone := exec.Command(os.Args[0], "-test.run=^$")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	dead := fmt.Sprintf(".modelaudit-%d-", gone.ProcessState.Pid())
	const digits = "01234567890123456789"
	stay := []string{filepath.Base(tempName()), dead + "1", dead + digits + "0", "x" + dead + digits, ".modelaudit.yml", ".modelaudit-0-" + digits, dead + "99999999999999999999"}
	for _, name := range append(stay, dead+digits) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree := filepath.Join(dir, dead+"11111111111111111111")
	if err := os.MkdirAll(filepath.Join(tree, "below"), 0o755); err != nil {
		t.Fatal(err)
	}
	mine, err := CreateDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := Sweep(dir, func(name string) bool { return name == dead+"99999999999999999999" }); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{filepath.Base(mine): true}
	for _, name := range stay {
		want[name] = true
	}
	got := map[string]bool{}
	for _, name := range names(t, dir) {
		got[name] = true
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error("(-want +got)\n", d)
	}
}
