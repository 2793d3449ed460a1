package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/safeio"
)

// ratioFrom is how many bytes an artifact may expand to before the ratio is
// looked at: a small file of zeros is no bomb.
const ratioFrom = 32 << 20

// strictFrom is from where on a quarter of the ratio is allowed: DEFLATE cannot expand
// more than 1,032 times, and a gigabyte of zeros is a bomb in it too. What begins as an array
// or a pickle may expand arrayRatio times the ratio, for arrays that hold little but zeros are
// ordinary, and LZMA makes them 6,900 times as small.
const (
	strictFrom = 256 << 20
	arrayRatio = 4
)

// A Budget bounds what one artifact expands to, all its parts and levels
// together. Limits must have their defaults.
type Budget struct {
	Limits safeio.Limits
	Size   int64 // bytes of the artifact
	// Used counts the bytes that were decompressed so far.
	Used int64
}

// Spool copies in, up to its end or to an error, for random access. The spool
// holds what came before the error and is never nil; close it. An error that
// wraps safeio.ErrLimit reports that the budget is spent, for which packed says
// how many bytes of in's source were read so far.
func (b *Budget) Spool(ctx context.Context, in io.Reader, packed func() int64) (*safeio.Spool, error) {
	s := &safeio.Spool{}
	array := false
	buf := make([]byte, 8<<10) // most members of an archive are small
	for {
		if s.Size() >= 64<<10 && len(buf) < 128<<10 {
			buf = make([]byte, 128<<10)
		}
		if err := ctx.Err(); err != nil {
			return s, errors.New("the time limit was reached")
		}
		n, err := in.Read(buf)
		if s.Size() == 0 {
			array = bytes.HasPrefix(buf[:n], []byte("\x93NUMPY")) || bytes.HasPrefix(buf[:n], []byte("\x80"))
		}
		if _, werr := s.Write(buf[:n]); werr != nil {
			return s, werr
		}
		b.Used += int64(n)
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return s, err
		}
		if err := b.check(s.Size(), packed(), array); err != nil {
			return s, err
		}
	}
}

// Within compares what was decompressed so far with what the artifact may expand to, as
// if all of it were arrays and pickles.
func (b *Budget) Within() error { return b.check(0, 0, true) }

// check compares what came out, of this source and in all, with the limits;
// array says that it begins as an array or a pickle.
func (b *Budget) check(out, packed int64, array bool) error {
	lim := b.Limits
	switch {
	case array:
		lim.MaxRatio *= arrayRatio
	case b.Used > strictFrom:
		lim.MaxRatio = max(lim.MaxRatio/4, 1)
	}
	switch {
	case b.Used > lim.MaxExpand:
		return fmt.Errorf("it expands to more than %d bytes: %w", lim.MaxExpand, safeio.ErrLimit)
	case b.Used < ratioFrom:
	case out/lim.MaxRatio > packed:
		return fmt.Errorf("%d bytes expand to more than %d, %d times as many are allowed: %w", packed, out, lim.MaxRatio, safeio.ErrLimit)
	case b.Used/lim.MaxRatio > b.Size:
		return fmt.Errorf("the file has %d bytes and expands to more than %d, %d times as many are allowed: %w", b.Size, b.Used, lim.MaxRatio, safeio.ErrLimit)
	}
	return nil
}
