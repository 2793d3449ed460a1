package pipeline

import (
	"errors"
	"io"
	"io/fs"
	"syscall"
	"testing"
)

// TestReadErrorsSayWhere: the error of a read has the place, and not the name of the
// file, which whoever prints it says.
func TestReadErrorsSayWhere(t *testing.T) {
	bad := readerAt(func(p []byte, off int64) (int, error) {
		return 0, &fs.PathError{Op: "read", Path: "some/model.pt", Err: syscall.EIO}
	})
	w := &watched{r: bad, size: 100}
	_, err := w.ReadAt(make([]byte, 4), 64)
	if !errors.Is(err, syscall.EIO) || err.Error() != "read at offset 0x40: "+syscall.EIO.Error() {
		t.Errorf("got %v", err)
	}
	if w.failed() != err {
		t.Errorf("remembered %v", w.failed())
	}
	if _, err := (&watched{r: readerAt(func([]byte, int64) (int, error) { return 0, io.EOF }), size: 100}).ReadAt(make([]byte, 4), 64); err == io.EOF {
		t.Error("a file that has become shorter is at its end")
	}
}
