package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/modelaudit/action/internal/scan"
)

// A Piece is one of several files that are one source.
type Piece struct {
	Name string // without directories
	R    io.ReaderAt
	Size int64
}

// Joined is the source that pieces are, one behind the other. The first of them says
// what the others are: an index, or the metadata of a distributed checkpoint.
func Joined(path string, pieces []Piece) Source {
	all, src := &joined{}, Source{Path: path}
	for _, p := range pieces {
		src.Files = append(src.Files, scan.File{Name: p.Name, Start: all.size, Size: p.Size})
		all.add(p, nil)
	}
	src.R, src.Size = all, all.size
	return src
}

// joined reads files as if they were one, one behind the other.
type joined struct {
	pieces []Piece
	starts []int64
	close  []io.Closer
	size   int64
}

// add puts a piece behind the others. Close closes what it is read from.
func (j *joined) add(p Piece, c io.Closer) {
	j.pieces, j.starts = append(j.pieces, p), append(j.starts, j.size)
	j.size += p.Size
	if c != nil {
		j.close = append(j.close, c)
	}
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
		m, err := j.pieces[i].R.ReadAt(want, at-j.starts[i])
		if n += m; m < len(want) {
			return n, fmt.Errorf("%s: %w", j.pieces[i].Name, cmp.Or(err, io.ErrUnexpectedEOF))
		}
	}
	return n, nil
}

// Close implements io.Closer.
func (j *joined) Close() error {
	var errs []error
	for _, c := range j.close {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
