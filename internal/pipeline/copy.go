package pipeline

import (
	"context"
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
	was, err := digest(ctx, src)
	if err != nil {
		return err
	}
	is, err := sum(ctx, f.File, src.Size)
	if err != nil {
		return err
	}
	if fi.Size() != src.Size || is != was {
		return errors.New("the copy differs from the source")
	}
	if force {
		return f.Replace(to)
	}
	return f.Place(to)
}
