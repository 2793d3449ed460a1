package main

import (
	"os"
	"path/filepath"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
)

// checkFile refuses, before any work, a file that could not be made at the end
// of it: its directory is not there, or it is a directory itself. flag is what
// named it, and no name is right.
func checkFile(flag, name string) error {
	if name == "" {
		return nil
	}
	if fi, err := os.Stat(name); err == nil && fi.IsDir() {
		return door.Usagef("%s %s is a directory", flag, name)
	}
	dir := filepath.Dir(name)
	if file := notDirectory(dir); file != "" {
		return door.Usagef("%s %s: %s is no directory", flag, name, file)
	}
	if _, err := os.Stat(dir); err != nil {
		e := door.Usagef("%s %s: there is no directory %s", flag, name, filepath.ToSlash(dir))
		e.Hint = "mkdir -p -- " + quoted(dir)
		return e
	}
	return nil
}

// notDirectory is what stands in the way of a directory: itself or one above it that
// is something else; "" for nothing.
func notDirectory(dir string) string {
	for ; ; dir = filepath.Dir(dir) {
		fi, err := os.Stat(dir)
		switch {
		case err == nil && !fi.IsDir():
			return filepath.ToSlash(dir)
		case err == nil || dir == filepath.Dir(dir):
			return ""
		}
	}
}

// checkReportFile is checkFile for --report. What lies in dir, the directory
// that a conversion makes, may be there later.
func checkReportFile(name, dir string) error {
	if name == "-" {
		return door.Usagef("--report -: a report goes to a file (one of that name is ./-)")
	}
	if dir != "" && name != "" {
		if rel, err := filepath.Rel(dir, filepath.Dir(name)); err == nil && filepath.IsLocal(rel) {
			return nil
		}
	}
	if err := checkFile("--report", name); err != nil || name == "" {
		return err
	}
	return door.CheckReplaced(name)
}

// linked refuses a source that is a symbolic link and would be changed in
// place: the link leads to a file that has another name.
func linked(j job) *door.Exit {
	fi, err := os.Lstat(j.Path)
	if err != nil || fi.Mode().Type() != os.ModeSymlink {
		return nil
	}
	to, err := filepath.EvalSymlinks(j.Path)
	if err != nil {
		return nil // opening it says what is wrong
	}
	return oneLine(&door.Exit{Code: audit.ExitBlocked, Msg: j.told() + " is a symbolic link to " + to + ": name " + to + " itself"})
}
