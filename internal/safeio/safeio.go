// Package safeio is the one place where a length that a file claims turns into
// memory, a read or a new file.
//
// # Security
//
// Input is hostile. A claimed length is compared with the bytes that exist
// before anything is allocated; files are written beside their target,
// synced, then renamed, so that an interrupted run leaves the old file or the
// new one. The package never follows a name that a model file contains.
package safeio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
)

// Limits bounds the work that one artifact may cause. A zero field means its default.
type Limits struct {
	MaxFileSize int64 // bytes of one artifact; 0 means 64 GiB
	MaxOpcodes  int   // opcodes of one pickle stream; 0 means 40,000,000
	MaxDepth    int   // containers inside containers; 0 means 8
	MaxMembers  int   // members of one container; 0 means 200,000
	MaxTensors  int   // tensors of a safetensors file that are listed; 0 means 400,000, or MaxMembers if that is given
	MaxZipped   int   // members of a zip archive, and tensors of a safetensors file that are checked; 0 means 1,200,000, or MaxMembers if that is given
	MaxAlloc    int64 // bytes held at once for one claimed length; 0 means 16 MiB
	MaxExpand   int64 // decompressed bytes of one artifact, all its levels together; 0 means 4 GiB
	MaxRatio    int64 // decompressed to compressed size, of a member and of the artifact; 0 means 2,000
}

// WithDefaults returns l with every zero field replaced by its default.
func (l Limits) WithDefaults() Limits {
	def := func(v *int64, d int64) {
		if *v == 0 {
			*v = d
		}
	}
	defInt := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	def(&l.MaxFileSize, 64<<30)
	defInt(&l.MaxOpcodes, 40_000_000)
	defInt(&l.MaxDepth, 8)
	defInt(&l.MaxTensors, cmp.Or(l.MaxMembers, 400_000))
	defInt(&l.MaxZipped, cmp.Or(l.MaxMembers, 1_200_000))
	defInt(&l.MaxMembers, 200_000)
	def(&l.MaxAlloc, 16<<20)
	def(&l.MaxExpand, 4<<30)
	def(&l.MaxRatio, 2000)
	return l
}

// ErrLimit is wrapped by every error that reports a breached limit.
var ErrLimit = errors.New("limit exceeded")

// ReadRange reads exactly n bytes at off from r, which holds size bytes.
// A range outside the file is an error wrapping io.ErrUnexpectedEOF; one
// longer than max is an error wrapping ErrLimit. Nothing is allocated in
// either case.
func ReadRange(r io.ReaderAt, size, off, n, max int64) ([]byte, error) {
	if off < 0 || n < 0 || off > size || n > size-off {
		return nil, fmt.Errorf("range [%d,+%d) lies outside %d bytes: %w", off, n, size, io.ErrUnexpectedEOF)
	}
	if n > max {
		return nil, fmt.Errorf("%d bytes at %d are more than %d: %w", n, off, max, ErrLimit)
	}
	buf := make([]byte, n)
	m, err := r.ReadAt(buf, off)
	if int64(m) == n {
		return buf, nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return nil, err
}

// WithContext returns a reader of r that fails with ctx's error once ctx has ended.
func WithContext(ctx context.Context, r io.Reader) io.Reader { return &contextReader{ctx, r} }

type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
