package proof

import (
	"bytes"
	"context"
	"encoding/binary"
	"path/filepath"
	"testing"

	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
)

// FuzzCompare checks that a proof of hostile files against hostile claims
// never panics, and that where it succeeds the bytes are those of the view.
func FuzzCompare(f *testing.F) {
	for _, name := range []string{"model.pt", "deflated.pt", "big.pt"} {
		src, claims, dst := load(f, filepath.Join("testdata", "torch"), name, "model.safetensors")
		for _, c := range claims {
			f.Add(src, dst, c.Name, true, c.Offset, int64(2), int64(3), int64(3), int64(1))
		}
	}
	one := safetensorsFile(stTensor{"x", "U8", []int64{2, 2}, []byte("acbd")})
	f.Add([]byte("abcd"), one, "x", false, int64(0), int64(2), int64(2), int64(1), int64(2))
	f.Fuzz(func(t *testing.T, src, dst []byte, name string, inZip bool, offset, rows, columns, down, right int64) {
		h, err := readHeader(bytes.NewReader(dst), int64(len(dst)))
		if err != nil {
			return
		}
		claims := make([]Claim, len(h.list))
		for i := range claims {
			e := h.at(i)
			claims[i] = Claim{Name: e.name, Offset: offset, DType: tensor.DType(e.dtype), Shape: e.shape, Strides: cOrder(e.shape)}
			if e.name == name {
				claims[i].Shape, claims[i].Strides = []int64{rows, columns}, []int64{down, right}
			}
			if claims[i].Key = "data/0"; !inZip {
				claims[i].Key, claims[i].Region = "", &Region{Len: int64(len(src))}
			}
		}
		opt := Options{Limits: safeio.Limits{MaxExpand: 1 << 20, MaxMembers: 1000}}
		res, err := Compare(context.Background(), bytes.NewReader(src), int64(len(src)), claims, bytes.NewReader(dst), int64(len(dst)), opt)
		if err != nil {
			return
		}
		if res.BytesCompared != int64(len(dst))-h.data || res.Tensors != len(h.list) || res.First != nil {
			t.Errorf("%+v proven of %d bytes", res, len(dst))
		}
		for i := range claims {
			e := h.at(i)
			info, _ := claims[i].DType.Info()
			if inZip || e.end-e.begin > 1<<16 {
				continue
			}
			if want := naive(src, claims[i], info.Size); !bytes.Equal(want, dst[h.data+e.begin:h.data+e.end]) {
				t.Errorf("%+v proven, source %x, result %x", claims[i], want, dst[h.data+e.begin:h.data+e.end])
			}
		}
	})
}

// FuzzRecords checks that a record that was found lies inside the file.
func FuzzRecords(f *testing.F) {
	for _, name := range []string{"model.pt", "deflated.pt"} {
		src, _, _ := load(f, filepath.Join("testdata", "torch"), name, "model.safetensors")
		f.Add(src)
	}
	f.Add(append([]byte("PK\x05\x06"), binary.LittleEndian.AppendUint64(nil, 1<<63)...))
	f.Fuzz(func(t *testing.T, src []byte) {
		records, err := readRecords(bytes.NewReader(src), int64(len(src)), safeio.Limits{}.WithDefaults())
		if err != nil {
			return
		}
		for _, name := range []string{"data/0", "data.pkl"} {
			rec, err := records.locate(bytes.NewReader(src), name)
			if err != nil || rec == nil {
				continue
			}
			if rec.off < 0 || rec.compressed < 0 || rec.off > int64(len(src))-rec.compressed || rec.method == 0 && rec.size != rec.compressed {
				t.Errorf("%s: %+v of %d bytes", name, rec, len(src))
			}
		}
	})
}
