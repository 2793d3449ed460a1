package archive

import (
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"

	"github.com/dsnet/compress/bzip2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// NewWriter returns what compresses with a method into w. size is the number of
// bytes that will be written. The result is complete after Close, which does not
// close w; the same bytes give the same result.
func NewWriter(m Method, w io.Writer, size int64) (io.WriteCloser, error) {
	switch m {
	case Gzip:
		return gzip.NewWriter(w), nil
	case Zlib:
		return zlib.NewWriter(w), nil
	case Bzip2:
		return bzip2.NewWriter(w, &bzip2.WriterConfig{Level: 9})
	case Xz:
		return xz.WriterConfig{DictCap: 8 << 20}.NewWriter(w)
	case LZMA:
		return lzma.WriterConfig{DictCap: 8 << 20, EOSMarker: true}.NewWriter(w)
	case Zstd:
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	case LZ4:
		return lz4.NewWriter(w), nil
	case ZFile:
		// joblib/numpy_pickle_compat.py, write_zfile: the length, padded with
		// spaces to that of hex(2**64).
		if _, err := fmt.Fprintf(w, "ZF%-*s", zfileHeader-2, fmt.Sprintf("%#x", size)); err != nil {
			return nil, err
		}
		return zlib.NewWriter(w), nil
	}
	return nil, errors.ErrUnsupported
}
