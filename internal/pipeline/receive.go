package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/modelaudit/action/internal/safeio"
)

// Received is the path of a source that came through standard input.
const Received = "-"

// Receive reads all of r, at most the default size of a file, into memory or,
// when there is much, a file without a name, so that it can be read in any
// order. The source is closed by the second result. It ends with ctx, even
// where r waits.
func Receive(ctx context.Context, r io.Reader) (Source, io.Closer, error) {
	most := safeio.Limits{}.WithDefaults().MaxFileSize
	spool, failed := &safeio.Spool{}, make(chan error, 1)
	go func() {
		n, err := io.Copy(spool, io.LimitReader(safeio.WithContext(ctx, r), most+1))
		if err == nil && n > most {
			err = fmt.Errorf("standard input has more than %d bytes: %w", most, safeio.ErrLimit)
		}
		failed <- err
	}()
	select {
	case err := <-failed:
		if err != nil {
			spool.Close()
			var at *fs.PathError
			if errors.As(err, &at) && at.Op == "write" {
				err = fmt.Errorf("standard input is kept in %s: %w", os.TempDir(), at.Err)
			}
			return Source{}, nil, err
		}
	case <-ctx.Done(): // the copy may wait for ever; the system removes its file
		return Source{}, nil, ctx.Err()
	}
	if spool.Size() == 0 {
		spool.Close()
		return Source{}, nil, errors.New("standard input is empty")
	}
	return Source{Path: Received, R: spool, Size: spool.Size()}, spool, nil
}
