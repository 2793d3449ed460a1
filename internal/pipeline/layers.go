package pipeline

import (
	"io"

	"github.com/modelaudit/action/internal/archive"
)

// decompress lends the proof what Go's standard library has no decompressor for.
func decompress(method string, r io.ReaderAt, size int64) io.Reader {
	return archive.NewReader(archive.Method(method), r, size)
}
