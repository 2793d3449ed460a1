package proof

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/modelaudit/action/internal/tensor"
)

// counting counts the bytes that are read.
type counting struct {
	io.ReaderAt
	n atomic.Int64
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.n.Add(int64(n))
	return n, err
}

// A matrix in Fortran order whose bytes can only be read forwards is decoded once, or
// twice if a worker is done before the other has begun, not for each of its blocks.
func TestDecodedOnce(t *testing.T) {
	const rows, columns = 1025, 3 << 10
	data := make([]byte, rows*columns*2)
	rng := rand.NewChaCha8([32]byte{1})
	_, _ = rng.Read(data)
	want := make([]byte, 0, len(data))
	for i := range rows {
		for j := range columns {
			at := (j*rows + i) * 2
			want = append(want, data[at:at+2]...)
		}
	}
	shape := []int64{rows, columns}
	var latin strings.Builder
	for _, b := range data {
		latin.WriteRune(rune(b))
	}
	quoted := bytes.ReplaceAll(data, []byte(`\`), []byte(`\\`))
	tests := map[string]struct {
		src []byte
		Claim
	}{
		"latin1":   {[]byte(latin.String()), Claim{Region: &Region{Len: int64(latin.Len()), Latin1: true}}},
		"quoted":   {quoted, Claim{Region: &Region{Len: int64(len(quoted)), Quoted: true}}},
		"deflated": {buildZip(t, member{"a/data/0", string(data), zip.Deflate}), Claim{Key: "data/0"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := tt.Claim
			c.Name, c.DType, c.Shape, c.Strides = "x", tensor.U16, shape, []int64{1, rows}
			prove := func(want []byte) error {
				src := &counting{ReaderAt: bytes.NewReader(tt.src)}
				dst := safetensorsFile(stTensor{"x", "U16", shape, want})
				_, err := Compare(context.Background(), src, int64(len(tt.src)), []Claim{c}, bytes.NewReader(dst), int64(len(dst)), Options{})
				if most := 2*int64(len(tt.src)) + 1<<20; src.n.Load() > most {
					t.Errorf("read %d bytes of a source of %d", src.n.Load(), len(tt.src))
				}
				return err
			}
			if err := prove(want); err != nil {
				t.Error(err)
			}
			other := bytes.Clone(want)
			other[len(other)-3] ^= 1
			if err := prove(other); err == nil || !strings.Contains(err.Error(), "[1024 3070]") {
				t.Errorf("a difference in the last but one element: %v", err)
			}
		})
	}
}

// Members are decompressed while other members are compared.
func TestLayersEnteredMeanwhile(t *testing.T) {
	var members [][2]string
	var claims []Claim
	var held []stTensor
	rng := rand.NewChaCha8([32]byte{2})
	for i := range 9 {
		part := make([]byte, 1<<10)
		_, _ = rng.Read(part)
		data := append(bytes.Repeat(part, 1<<10), part[:i]...)
		name := fmt.Sprintf("m%d", i)
		shape := []int64{int64(len(data))}
		members = append(members, [2]string{name, string(data)})
		claims = append(claims, Claim{Name: name, Layers: []tensor.Layer{zipMember(name)}, Region: &Region{Len: shape[0]}, DType: tensor.U8, Shape: shape, Strides: []int64{1}})
		held = append(held, stTensor{name, "U8", shape, data})
	}
	if _, err := compare(zipped(zip.Deflate, members...), claims, safetensorsFile(held...)); err != nil {
		t.Error(err)
	}
}
