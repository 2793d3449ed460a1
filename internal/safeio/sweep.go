package safeio

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
)

// tempName is a name for a temporary file of this process.
func tempName() string { return fmt.Sprintf(".modelaudit-%d-%020d", os.Getpid(), rand.Uint64()) }

var tempForm = regexp.MustCompile(`^\.modelaudit-([1-9][0-9]{0,9})-[0-9]{20}$`)

// Sweep removes from dir the temporary files, and directories with them, of
// processes that are no more: what was killed while a file had its temporary
// name. A name that keep reports to be somebody's own stays; keep may be nil.
func Sweep(dir string, keep func(name string) bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		m := tempForm.FindStringSubmatch(e.Name())
		if m == nil || !e.Type().IsRegular() && !e.IsDir() {
			continue
		}
		pid, err := strconv.Atoi(m[1])
		if err != nil || alive(pid) || keep != nil && keep(e.Name()) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// alive reports whether a process exists. Where that cannot be told it does.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer p.Release()
	err = p.Signal(syscall.Signal(0))
	return err == nil || !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH)
}

// CreateDir makes a directory in dir under a temporary name, which Sweep knows.
func CreateDir(dir string) (string, error) {
	name := filepath.Join(dir, tempName())
	return name, os.Mkdir(name, 0o700)
}
