package pipeline

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/distributed"
)

// ModelOf is what in a directory is one model that it holds alone: itself, where it
// is a distributed checkpoint, or the only index of shards in it; "" if there is none.
func ModelOf(dir string) string {
	if fi, err := os.Lstat(filepath.Join(dir, distributed.MetadataFile)); err == nil && fi.Mode().IsRegular() && hasChunks(dir) {
		return dir
	}
	var found []string
	err := list(dir, func(d fs.DirEntry) bool {
		if d.Type().IsRegular() && isIndex(d.Name()) {
			found = append(found, filepath.Join(dir, d.Name()))
		}
		return true
	})
	if err != nil || len(found) != 1 {
		return ""
	}
	return found[0]
}

// MissingChunks says which file a distributed checkpoint lacks of which there is the
// .metadata alone, nil if that is not known.
func (a *Auditor) MissingChunks(ctx context.Context, metadata string) error {
	src, _, f, err := openFiles(Shown(metadata), filepath.Dir(metadata), []string{filepath.Base(metadata)})
	if err != nil {
		return nil
	}
	defer f.Close()
	audited, err := a.Audit(ctx, src)
	if err != nil {
		return nil
	}
	defer audited.Close()
	_, err = Plan(audited, converters.Options{})
	return err
}
