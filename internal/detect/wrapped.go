package detect

import (
	"archive/tar"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"compress/zlib"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/modelaudit/action/audit"
)

// Wrapper reports whether a format is a general container that many files
// have which are no models: that one is compressed or an archive says nothing.
func Wrapper(f audit.Format) bool {
	return slices.ContainsFunc(audit.Formats(), func(i audit.FormatInfo) bool { return i.Name == f && i.Wrapper })
}

// Wraps names the formats, wrappers aside, that the beginning of the content of
// a compressed file shows, for the compressions that the standard library reads.
// Of a tar archive it tells a checkpoint of torch before 0.1.
func Wraps(f audit.Format, r io.ReaderAt, size int64) []audit.Format {
	file := io.NewSectionReader(r, 0, size)
	var in io.Reader
	var err error
	switch f {
	case audit.FormatGzip:
		in, err = gzip.NewReader(file)
	case audit.FormatBzip2:
		in = bzip2.NewReader(file)
	case audit.FormatZlib:
		in, err = zlib.NewReader(file)
	case audit.FormatTar:
		return tarred(file)
	default:
		return nil
	}
	if err != nil {
		return nil
	}
	head := make([]byte, headSize)
	n, _ := io.ReadFull(in, head) // a damaged rest shows no less
	formats, err := Formats(bytes.NewReader(head[:n]), int64(n), "")
	if err != nil {
		return nil
	}
	var models []audit.Format
	for _, f := range formats {
		if !Wrapper(f) && f != audit.FormatLFSPointer {
			models = append(models, f)
		}
	}
	return models
}

// tarred knows the members of torch's first format (torch/serialization.py,
// legacy_load).
func tarred(file *io.SectionReader) []audit.Format {
	in := tar.NewReader(file)
	for range 10_000 {
		header, err := in.Next()
		if err != nil {
			return nil
		}
		if name := path.Base(header.Name); name == "pickle" || name == "storages" {
			return []audit.Format{audit.FormatTorchLegacy}
		}
	}
	return nil
}

// isTar reports whether Python's tarfile takes the head for a tar header, which
// is so if the checksum fits: the first tar had no magic.
func isTar(head []byte) bool {
	if len(head) < 512 {
		return false
	}
	var unsigned, signed int64
	for i, b := range head[:512] {
		if i >= 148 && i < 156 {
			b = ' '
		}
		unsigned, signed = unsigned+int64(b), signed+int64(int8(b))
	}
	sum, ok := tarNumber(head[148:156])
	return ok && (sum == unsigned || sum == signed)
}

// tarNumber reads a number field as tarfile.nti does: base 256 behind a byte
// 0200 or 0377, else octal as Python's int reads it.
func tarNumber(b []byte) (int64, bool) {
	if b[0] == 0o200 || b[0] == 0o377 {
		var n int64
		for _, c := range b[1:] {
			n = n<<8 | int64(c)
		}
		if b[0] == 0o377 {
			n -= 1 << 56
		}
		return n, true
	}
	s, _, _ := strings.Cut(string(b), "\x00")
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "+"), "0o")
	n, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 8, 64)
	return n, err == nil
}
