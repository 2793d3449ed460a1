package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/modelaudit/action/internal/safeio"
)

// Copy writes a source under another name, byte for byte. The copy is read back
// and compared before it is there; with force an existing file is replaced.
func Copy(ctx context.Context, src Source, to string, perm fs.FileMode, force bool) error {
	f, err := safeio.Create(filepath.Dir(to), perm)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := io.Copy(f.File, safeio.WithContext(ctx, io.NewSectionReader(src.R, 0, src.Size))); err != nil {
		return err
	}
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	var sums [2][]byte
	for i, r := range []io.ReaderAt{src.R, f.File} {
		h := sha256.New()
		if _, err := io.Copy(h, safeio.WithContext(ctx, io.NewSectionReader(r, 0, src.Size))); err != nil {
			return err
		}
		sums[i] = h.Sum(nil)
	}
	if fi.Size() != src.Size || !bytes.Equal(sums[0], sums[1]) {
		return errors.New("the copy differs from the source")
	}
	if force {
		return f.Replace(to)
	}
	return f.Place(to)
}
