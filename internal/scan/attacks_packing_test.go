package scan

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"testing"
)

// packings are containers that are no archives of torch.
func packings(t testing.TB) []wrapping {
	squeeze := func(b []byte, w func(io.Writer) io.WriteCloser) []byte {
		var out bytes.Buffer
		c := w(&out)
		_, _ = c.Write(b)
		_ = c.Close()
		return out.Bytes()
	}
	gz := func(b []byte) []byte {
		return squeeze(b, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	}
	zl := func(b []byte) []byte {
		return squeeze(b, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
	}
	tarred := func(name string, b []byte) []byte {
		var out bytes.Buffer
		w := tar.NewWriter(&out)
		for _, m := range []member{{name, b}} {
			_ = w.WriteHeader(&tar.Header{Name: m.name, Size: int64(len(m.data)), Mode: 0o644, Format: tar.FormatUSTAR})
			_, _ = w.Write(m.data)
		}
		_ = w.Close()
		return out.Bytes()
	}
	npy := func(b []byte) []byte {
		head := fmt.Sprintf("%-117s\n", "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }")
		return append(append([]byte("\x93NUMPY\x01\x00"), byte(len(head)), 0), append([]byte(head), b...)...)
	}
	return []wrapping{
		{"gzip", "m.pkl", gz},
		{"gzip under another name", "m.joblib", gz},
		{"gzip in gzip", "m.pkl.gz", func(b []byte) []byte { return gz(gz(b)) }},
		{"half a gzip", "m.pkl", func(b []byte) []byte { c := gz(append(b, bytes.Repeat([]byte("\x00"), 100)...)); return c[:len(c)-8] }},
		{"zlib", "m.joblib", zl},
		{"joblib's first compression", "m.joblib", func(b []byte) []byte {
			return append(fmt.Appendf(nil, "ZF%-19s", fmt.Sprintf("%#x", len(b))), zl(b)...)
		}},
		{"tar", "m.tar", func(b []byte) []byte { return tarred("m.pkl", b) }},
		{"tar under a model's name", "m.pt", func(b []byte) []byte { return tarred("x/m.bin", b) }},
		{"torch's first format", "m.pt", func(b []byte) []byte { return tarred("pickle", b) }},
		{"nemo", "m.nemo", func(b []byte) []byte { return tarred("./model_weights.ckpt", b) }},
		{"tar in gzip", "m.tar.gz", func(b []byte) []byte { return gz(tarred("m.pkl", b)) }},
		{"zip in tar in zip", "m.zip", func(b []byte) []byte {
			return archive(t, zip.Deflate, member{"in.tar", tarred("in.zip", archive(t, zip.Store, member{"m.pkl", b}))})
		}},
		{"an array of objects", "m.npy", npy},
		{"an array of objects named otherwise", "m.pkl", npy},
		{"an npz", "m.npz", func(b []byte) []byte { return archive(t, zip.Deflate, member{"arr_0.npy", npy(b)}) }},
	}
}
