package safeio

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// createUnnamed opens a file in dir that has no name (open(2), O_TMPFILE), so
// that even a killed process leaves nothing. An error means that the system or
// the file system cannot do that.
func createUnnamed(dir string) (*os.File, error) {
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "a new file in "+dir)
	// Whether it can be named later depends on /proc.
	if _, err := os.Lstat(descriptor(f)); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// link gives an unnamed file its name (linkat(2)), which must be free.
func link(f *os.File, name string) error {
	if err := unix.Linkat(unix.AT_FDCWD, descriptor(f), unix.AT_FDCWD, name, unix.AT_SYMLINK_FOLLOW); err != nil {
		return &os.PathError{Op: "create", Path: name, Err: err}
	}
	return nil
}

func descriptor(f *os.File) string { return "/proc/self/fd/" + strconv.Itoa(int(f.Fd())) }
