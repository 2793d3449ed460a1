package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// joined reads files as if they were one, one behind the other.
type joined struct {
	files  []*os.File
	starts []int64
	size   int64
}

// ReadAt implements io.ReaderAt.
func (j *joined) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	i, found := slices.BinarySearch(j.starts, off)
	if !found {
		i--
	}
	for ; n < len(p); i++ {
		at := off + int64(n)
		for i+1 < len(j.starts) && j.starts[i+1] <= at {
			i++ // files without a byte
		}
		if i < 0 || at >= j.size {
			return n, io.EOF
		}
		end := j.size
		if i+1 < len(j.starts) {
			end = j.starts[i+1]
		}
		want := p[n:min(len(p), n+int(min(end-at, int64(len(p)))))]
		m, err := j.files[i].ReadAt(want, at-j.starts[i])
		if n += m; m < len(want) {
			return n, fmt.Errorf("%s: %w", filepath.Base(j.files[i].Name()), cmp.Or(err, io.ErrUnexpectedEOF))
		}
	}
	return n, nil
}

// Close implements io.Closer.
func (j *joined) Close() error {
	var errs []error
	for _, f := range j.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
