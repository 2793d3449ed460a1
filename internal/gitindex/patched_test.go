package gitindex

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The names in a patch come back as they are, whatever is in them and however git shows names.
func TestPatchedPaths(t *testing.T) {
	s := newSandbox(t)
	names := []string{"plain", "with blank", "new\nline\t", "\"quoted\"", "latin\xff", "d ir/gone"}
	for _, n := range names {
		s.write(n, "one\n")
	}
	s.git("add", ".")
	for _, n := range names {
		s.write(n, "two\x00\xff\n")
	}
	if err := os.Remove(filepath.Join(s.dir, "d ir/gone")); err != nil {
		t.Fatal(err)
	}
	for _, quote := range []string{"true", "false"} {
		patch := filepath.Join(t.TempDir(), "patch")
		s.git("-c", "core.quotepath="+quote, "diff-files", "--binary", "-p", "--output="+patch)
		got, err := s.open().PatchedPaths(t.Context(), patch)
		slices.Sort(got)
		want := slices.Clone(names)
		slices.Sort(want)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, %v", got, err)
		}
	}
	if _, err := s.open().PatchedPaths(t.Context(), filepath.Join(s.dir, "none")); err == nil {
		t.Error("no patch is no error")
	}
}
