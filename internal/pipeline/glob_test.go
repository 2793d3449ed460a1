package pipeline

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A glob that no shell expanded stands for files below the directory that it
// begins with.
func TestGlobPaths(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"m/a.pt", "m/s/b.pt", "m/s/c.txt", "m/s/t/d.pt", "m/.git/x.pt", "m/[x].pt"} {
		name = filepath.FromSlash(name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for pattern, want := range map[string][][2]string{ // path, below
		"m/**/*.pt":   {{"m/[x].pt", "[x].pt"}, {"m/a.pt", "a.pt"}, {"m/s/b.pt", "s/b.pt"}, {"m/s/t/d.pt", "s/t/d.pt"}},
		"m/*.pt":      {{"m/[x].pt", "[x].pt"}, {"m/a.pt", "a.pt"}},
		"m/s*":        {{"m/s/b.pt", "s/b.pt"}, {"m/s/c.txt", "s/c.txt"}, {"m/s/t/d.pt", "s/t/d.pt"}},
		"m/{s,x}/?.*": {{"m/s/b.pt", "s/b.pt"}, {"m/s/c.txt", "s/c.txt"}},
		"m/[x].pt":    {{"m/[x].pt", ""}}, // it exists: that is no glob
	} {
		files, err := Files([]string{pattern})
		if err != nil {
			t.Fatal(err)
		}
		var got [][2]string
		for _, f := range files {
			got = append(got, [2]string{filepath.ToSlash(f.Path), filepath.ToSlash(f.Below)})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", pattern, diff)
		}
		all, err := Walk([]string{pattern})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(slices.Collect(all)); n != len(want) {
			t.Errorf("%s: Walk yields %d", pattern, n)
		}
	}
	for _, nothing := range []string{"m/*.onnx", "n/**/*.pt", "m/["} {
		if _, err := Files([]string{nothing}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", nothing, err)
		}
	}
}
