package safeio

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// names lists what a directory holds.
func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// named is a File as Create makes it where files need names.
func named(t *testing.T, dir string, perm fs.FileMode) *File {
	t.Helper()
	f, err := os.CreateTemp(dir, ".modelaudit-*")
	if err == nil {
		err = f.Chmod(perm)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &File{File: f, path: f.Name()}
}

func TestFile(t *testing.T) {
	create := func(t *testing.T, dir string, perm fs.FileMode) *File {
		t.Helper()
		f, err := Create(dir, perm)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for name, create := range map[string]func(*testing.T, string, fs.FileMode) *File{"created": create, "with a temporary name": named} {
		t.Run(name, func(t *testing.T) {
			dir, other := t.TempDir(), t.TempDir()
			target := filepath.Join(other, "target")
			write := func(text string) *File {
				f := create(t, dir, 0o640)
				if _, err := f.WriteString(text); err != nil {
					t.Fatal(err)
				}
				if err := f.MoveTo(other); err != nil {
					t.Fatal(err)
				}
				return f
			}
			check := func(want string) {
				t.Helper()
				if got, err := os.ReadFile(target); err != nil || string(got) != want {
					t.Errorf("target holds %q, %v; want %q", got, err, want)
				}
				if n := append(names(t, dir), names(t, other)...); len(n) != 1 {
					t.Errorf("directories hold %q", n)
				}
			}
			if err := write("first").Place(target); err != nil {
				t.Fatal(err)
			}
			check("first")
			if fi, _ := os.Stat(target); runtime.GOOS != "windows" && fi.Mode().Perm() != 0o640 {
				t.Errorf("mode %v", fi.Mode())
			}
			if err := write("second").Place(target); !errors.Is(err, fs.ErrExist) {
				t.Errorf("placed over a file: %v", err)
			}
			check("first")
			f := write("third")
			if err := f.Replace(target); err != nil {
				t.Fatal(err)
			}
			check("third")
			if err := f.Discard(); err != nil {
				t.Error(err)
			}
			check("third")
			if err := write("fourth").Discard(); err != nil {
				t.Error(err)
			}
			check("third")
			os.Remove(target)
			os.Mkdir(target, 0o755)
			if err := write("fifth").Replace(target); err == nil {
				t.Error("replaced a directory")
			}
			if n := append(names(t, dir), names(t, other)...); len(n) != 1 {
				t.Errorf("directories hold %q", n)
			}
		})
	}
}

// A file that is being written has no name where the system allows it, so that
// a killed process leaves nothing.
func TestUnnamed(t *testing.T) {
	dir := t.TempDir()
	f, err := createUnnamed(dir)
	if err != nil {
		t.Skip("this system gives every file a name: ", err)
	}
	f.Close()
	g, err := Create(dir, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Discard()
	if n := names(t, dir); len(n) != 0 {
		t.Errorf("directory holds %q", n)
	}
}

// An error of a file that gets its name speaks of that name, not of temporary ones.
func TestErrorsNameTheTarget(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "gone", "target")
	for name, place := range map[string]func(*File) error{
		"replace": func(f *File) error { return f.Replace(target) },
		"place":   func(f *File) error { return f.Place(target) },
	} {
		f, err := Create(dir, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		var at *fs.PathError
		if err := place(f); !errors.As(err, &at) || at.Path != target || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := names(t, dir); len(n) != 0 {
		t.Errorf("the directory holds %q", n)
	}
}
