package proof

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
)

func gzipped(parts ...[]byte) []byte {
	var b bytes.Buffer
	for _, p := range parts {
		w := gzip.NewWriter(&b)
		w.Write(p)
		w.Close()
	}
	return b.Bytes()
}

func zlibbed(p []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(p)
	w.Close()
	return b.Bytes()
}

// bzipped is "abcdefgh", compressed by bzip2 1.0.8.
var bzipped = []byte("BZh91AY&SYP$\xeca\x00\x00\x00\x01\x00?\xc0 \x001\x0c\x08\x19\x1ai\x935s\xf9E\xdc\x91N\x14$\x14\t;\x18@")

func zipped(method uint16, members ...[2]string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		f, err := w.CreateHeader(&zip.FileHeader{Name: m[0], Method: method})
		if err != nil {
			panic(err)
		}
		io.WriteString(f, m[1])
	}
	w.Close()
	return b.Bytes()
}

func tarred(members ...[2]string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		w.WriteHeader(&tar.Header{Name: m[0], Size: int64(len(m[1])), Mode: 0o600})
		io.WriteString(w, m[1])
	}
	w.Close()
	return b.Bytes()
}

func decompressed(method string) tensor.Layer {
	return tensor.Layer{Kind: tensor.LayerDecompressed, Name: method}
}
func zipMember(name string) tensor.Layer { return tensor.Layer{Kind: tensor.LayerZip, Name: name} }
func tarLayer(name string) tensor.Layer {
	return tensor.Layer{Kind: tensor.LayerTar, Name: name}
}

// TestLayers proves the bytes "cdef" of "abcdefgh", however that is packed, and
// notices every other one in their place.
func TestLayers(t *testing.T) {
	const text = "abcdefgh"
	zf := append([]byte("ZF0x8                "), zlibbed([]byte(text))...)
	long := strings.Repeat("x", 200_000)
	for name, test := range map[string]struct {
		src    []byte
		layers []tensor.Layer
	}{
		"gzip":                   {gzipped([]byte(text)), []tensor.Layer{decompressed("gzip")}},
		"two streams":            {gzipped([]byte(text[:3]), []byte(text[3:])), []tensor.Layer{decompressed("gzip")}},
		"zeros between streams":  {slices.Concat(gzipped([]byte(text[:3])), make([]byte, 9), gzipped([]byte(text[3:])), make([]byte, 5)), []tensor.Layer{decompressed("gzip")}},
		"zlib":                   {zlibbed([]byte(text)), []tensor.Layer{decompressed("zlib")}},
		"bzip2":                  {bzipped, []tensor.Layer{decompressed("bzip2")}},
		"zeros behind bzip2":     {append(slices.Clone(bzipped), 0, 0, 0), []tensor.Layer{decompressed("bzip2")}},
		"joblib's oldest":        {zf[:2+19+len(zlibbed([]byte(text)))], []tensor.Layer{decompressed("joblib-zfile")}},
		"stored":                 {zipped(zip.Store, [2]string{"o", long}, [2]string{"a/m", text}), []tensor.Layer{zipMember("a/m")}},
		"deflated":               {zipped(zip.Deflate, [2]string{"o", long}, [2]string{"a/m", text}), []tensor.Layer{zipMember("a/m")}},
		"names that case parts":  {zipped(zip.Deflate, [2]string{"A/m", long}, [2]string{"a/m", text}), []tensor.Layer{zipMember("a/m")}},
		"tar":                    {tarred([2]string{"o", long}, [2]string{"d/m", text}), []tensor.Layer{tarLayer("d/m")}},
		"tar.gz":                 {gzipped(tarred([2]string{"d/m", text})), []tensor.Layer{decompressed("gzip"), tarLayer("d/m")}},
		"a zip in a gzip in tar": {tarred([2]string{"q", string(gzipped(zipped(zip.Deflate, [2]string{"m", text})))}), []tensor.Layer{tarLayer("q"), decompressed("gzip"), zipMember("m")}},
	} {
		t.Run(name, func(t *testing.T) {
			claim := Claim{Name: "x", Layers: test.layers, Region: &Region{Off: 2, Len: 4}, DType: tensor.U8, Shape: []int64{4}, Strides: []int64{1}}
			res, err := compare(test.src, []Claim{claim}, safetensorsFile(stTensor{"x", "U8", []int64{4}, []byte("cdef")}))
			if err != nil || res.BytesCompared != 4 {
				t.Fatal(res, err)
			}
			var diff *Difference
			if _, err = compare(test.src, []Claim{claim}, safetensorsFile(stTensor{"x", "U8", []int64{4}, []byte("cdeg")})); !errors.As(err, &diff) {
				t.Errorf("another byte: %v", err)
			}
			claim.Region.Len = 9
			if _, err = compare(test.src, []Claim{claim}, safetensorsFile(stTensor{"x", "U8", []int64{4}, []byte("cdef")})); err == nil {
				t.Error("a region beyond the end is proven")
			}
		})
	}
}

// What two readers may see differently, or cannot be read to its end, is no proof.
func TestLayersRefused(t *testing.T) {
	const text = "abcdefgh"
	damaged := gzipped([]byte(text))
	damaged[len(damaged)-6] ^= 1
	for name, test := range map[string]struct {
		src   []byte
		layer tensor.Layer
		want  string
	}{
		"two members of a name":      {zipped(zip.Store, [2]string{"m", text}, [2]string{"m", text}), zipMember("m"), "2 members"},
		"no member of the name":      {zipped(zip.Store, [2]string{"n", text}), zipMember("m"), "no such member"},
		"two in a tar":               {tarred([2]string{"m", text}, [2]string{"m", text}), tarLayer("m"), "two members"},
		"none in a tar":              {tarred([2]string{"n", text}), tarLayer("m"), "no such member"},
		"a stream that ends early":   {gzipped([]byte(text))[:20], decompressed("gzip"), "unexpected EOF"},
		"a checksum that is not its": {damaged, decompressed("gzip"), "invalid checksum"},
		"no decompressor":            {[]byte(text), decompressed("xz"), "no decompressor"},
		"no layer":                   {[]byte(text), tensor.Layer{}, "kind 0"},
	} {
		t.Run(name, func(t *testing.T) {
			claim := Claim{Name: "x", Layers: []tensor.Layer{test.layer}, Region: &Region{Len: 8}, DType: tensor.U8, Shape: []int64{8}, Strides: []int64{1}}
			_, err := compare(test.src, []Claim{claim}, safetensorsFile(stTensor{"x", "U8", []int64{8}, []byte(text)}))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

// What expands too far is given up, and what is lent is named.
func TestLayersLimits(t *testing.T) {
	zeros := make([]byte, 40<<20)
	claim := Claim{Name: "x", Layers: []tensor.Layer{decompressed("gzip")}, Region: &Region{Len: 1}, DType: tensor.U8, Shape: []int64{1}, Strides: []int64{1}}
	dst := safetensorsFile(stTensor{"x", "U8", []int64{1}, []byte{0}})
	src := gzipped(zeros)
	for _, lim := range []safeio.Limits{{MaxExpand: 1 << 20}, {MaxRatio: 10}} {
		_, err := Compare(context.Background(), bytes.NewReader(src), int64(len(src)), []Claim{claim}, bytes.NewReader(dst), int64(len(dst)), Options{Limits: lim})
		if !errors.Is(err, safeio.ErrLimit) {
			t.Errorf("%+v: %v", lim, err)
		}
	}
	opened := Open(bytes.NewReader(src), int64(len(src)), Options{Decompress: func(l tensor.Layer, r io.ReaderAt, size int64) (io.Reader, error) {
		return bytes.NewReader([]byte{0}), nil
	}})
	defer opened.Close()
	claim.Layers = []tensor.Layer{decompressed("brotli")}
	for range 2 {
		res, err := Compare(context.Background(), nil, 0, []Claim{claim}, bytes.NewReader(dst), int64(len(dst)), Options{Opened: opened})
		if err != nil || res.Lent != "brotli" {
			t.Error(res, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Open(bytes.NewReader(src), int64(len(src)), Options{}).Enter(ctx, []tensor.Layer{decompressed("gzip")}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// FuzzLayers enters whatever layers there may be in whatever bytes: what is
// entered has the size that it says, and can be read.
func FuzzLayers(f *testing.F) {
	for i, src := range [][]byte{gzipped([]byte("abc")), zlibbed([]byte("abc")), bzipped, zipped(zip.Deflate, [2]string{"m", "abc"}), tarred([2]string{"m", "abc"})} {
		f.Add(src, uint8(i), "m")
	}
	f.Fuzz(func(t *testing.T, src []byte, kind uint8, name string) {
		l := []tensor.Layer{decompressed("gzip"), decompressed("zlib"), decompressed("bzip2"), zipMember(name), tarLayer(name), decompressed("joblib-zfile")}[kind%6]
		o := Open(bytes.NewReader(src), int64(len(src)), Options{Limits: safeio.Limits{MaxExpand: 1 << 20, MaxMembers: 100}})
		defer o.Close()
		if o.Enter(context.Background(), []tensor.Layer{l}) != nil {
			return
		}
		at := o.opened[layersKey([]tensor.Layer{l})]
		n, err := io.Copy(io.Discard, io.NewSectionReader(at.r, 0, at.size))
		if err != nil || n != at.size || at.size > 1<<20+int64(len(src)) {
			t.Error(fmt.Sprint(l, n, at.size, err))
		}
	})
}
