package tensor

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func info(t testing.TB, d DType) DTypeInfo {
	t.Helper()
	i, ok := d.Info()
	if !ok {
		t.Fatalf("%q has no info", d)
	}
	return i
}

func random(n int64, seed uint64) []byte {
	b, r := make([]byte, n), rand.New(rand.NewPCG(seed, 1))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func storage(b []byte) *Storage {
	return &Storage{Key: "data/0", Data: bytes.NewReader(b), Size: int64(len(b))}
}

// oneByOne computes what WriteTo should write, an element at a time, from the
// definition of a strided view.
func oneByOne(t *Tensor, size, unit int64, data []byte) []byte {
	var out []byte
	index := make([]int64, len(t.Shape))
	n, _ := t.Elements()
	for range n {
		at := t.Offset
		for d := range index {
			at += index[d] * t.Strides[d]
		}
		out = append(out, plain(t, slices.Clone(data[at*size:][:size]), unit)...)
		for d := len(index) - 1; d >= 0; d-- {
			if index[d]++; index[d] < t.Shape[d] {
				break
			}
			index[d] = 0
		}
	}
	return out
}

// plain resolves one element by its value, not by its bits, where it is small enough.
func plain(t *Tensor, e []byte, unit int64) []byte {
	for i := int64(0); t.Storage.BigEndian && i < int64(len(e)); i += unit {
		slices.Reverse(e[i : i+unit])
	}
	if t.DType.Integer() && t.Neg {
		v := make([]byte, 8)
		copy(v, e)
		binary.LittleEndian.PutUint64(v, -binary.LittleEndian.Uint64(v))
		return v[:len(e)]
	}
	for part := int64(0); part*unit < int64(len(e)); part++ {
		flips := 0
		if t.Neg {
			flips++
		}
		if t.Conj && part == 1 {
			flips++
		}
		if flips == 1 {
			top := (part+1)*unit - 1
			e[top] = e[top]&0x7f | ^e[top]&0x80
		}
	}
	return e
}

// TestWriteToGathersAnyView compares WriteTo with the definition, for views
// that are permuted, expanded, overlapping, sliced and offset.
func TestWriteToGathersAnyView(t *testing.T) {
	data := random(1<<20, 1)
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.SampledFrom(DTypes()).Draw(t, "dtype")
		v := &Tensor{DType: i.DType, Storage: storage(data)}
		left, span := int64(40_000), (v.Storage.Size/i.Size)-1
		for range rapid.IntRange(0, 5).Draw(t, "dimensions") {
			n := rapid.Int64Range(1, min(left, 400)).Draw(t, "size")
			stride := rapid.SampledFrom([]int64{0, 1, 2, 3, 7, 64, 129, 400, 1000, 4096, 100_000}).Draw(t, "stride")
			if n > 1 && stride > span/(n-1) {
				stride = span / (n - 1)
			}
			span -= (n - 1) * stride
			left /= n
			v.Shape, v.Strides = append(v.Shape, n), append(v.Strides, stride)
		}
		v.Offset = rapid.Int64Range(0, span).Draw(t, "offset")
		v.Storage.BigEndian = rapid.Bool().Draw(t, "big endian")
		v.Conj = complexType(i.DType) && rapid.Bool().Draw(t, "conj")
		v.Neg = numeric(i.DType) && rapid.Bool().Draw(t, "neg")
		if err := v.Check(); err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		n, err := v.WriteTo(&got)
		if err != nil || n != int64(got.Len()) {
			t.Fatalf("wrote %d, said %d: %v", got.Len(), n, err)
		}
		if !bytes.Equal(got.Bytes(), oneByOne(v, i.Size, i.Swap, data)) {
			t.Fatalf("%s %v %v + %d differs", v.DType, v.Shape, v.Strides, v.Offset)
		}
	})
}

// TestWriteToGathersLargeViews does so for views of several blocks and tiles.
func TestWriteToGathersLargeViews(t *testing.T) {
	data := random(20<<20, 2)
	tests := []struct {
		name           string
		dtype          DType
		offset         int64
		shape, strides []int64
	}{
		{"transposed", F32, 0, []int64{2100, 2400}, []int64{1, 2100}},
		{"transposed bytes", U8, 3, []int64{4001, 5000}, []int64{1, 4001}},
		{"reversed dimensions", F16, 0, []int64{200, 190, 260}, []int64{1, 200, 38000}},
		{"channels last", F32, 1, []int64{512, 1024, 3, 3}, []int64{9216, 1, 3072, 1024}},
		{"every second", F64, 1, []int64{1_300_000}, []int64{2}},
		{"far rows", F32, 0, []int64{1000, 3, 1000}, []int64{5000, 1, 3}},
		{"expanded", C128, 5, []int64{300, 3000}, []int64{1, 0}},
		{"one element in one row", F64, 0, []int64{2_000_000}, []int64{0}},
		{"overlapping", I16, 7, []int64{2000, 3000}, []int64{3, 1}},
		{"tall", F32, 0, []int64{3, 1_700_000}, []int64{1, 3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i := info(t, tt.dtype)
			v := &Tensor{DType: tt.dtype, Shape: tt.shape, Strides: tt.strides, Offset: tt.offset, Storage: storage(data)}
			if err := v.Check(); err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if _, err := v.WriteTo(&got); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), oneByOne(v, i.Size, i.Swap, data)) {
				t.Error("differs")
			}
		})
	}
}

func TestWriteToResolvesLazyViews(t *testing.T) {
	f32 := func(v ...float32) (b []byte) {
		for _, x := range v {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
		return b
	}
	tests := []struct {
		name       string
		dtype      DType
		n          int64
		conj, neg  bool
		big        bool
		data, want []byte
	}{
		{"negated float", F32, 2, false, true, false, f32(1.5, -2), f32(-1.5, 2)},
		{"negated complex", C64, 1, false, true, false, f32(1, 2), f32(-1, -2)},
		{"conjugated complex", C64, 2, true, false, false, f32(1, 2, 3, -4), f32(1, -2, 3, 4)},
		{"both", C64, 1, true, true, false, f32(1, 2), f32(-1, 2)},
		{"negated int8", I8, 4, false, true, false, []byte{1, 0, 0xff, 0x80}, []byte{0xff, 0, 1, 0x80}},
		{"negated int16", I16, 2, false, true, false, []byte{1, 0, 0, 1}, []byte{0xff, 0xff, 0, 0xff}},
		{"big-endian int32", I32, 1, false, false, true, []byte{1, 2, 3, 4}, []byte{4, 3, 2, 1}},
		{"big-endian, negated", I32, 1, false, true, true, []byte{0, 0, 0, 1}, []byte{0xff, 0xff, 0xff, 0xff}},
		{"big-endian complex32", C32, 1, false, false, true, []byte{1, 2, 3, 4}, []byte{2, 1, 4, 3}},
		{"big-endian bytes", U8, 3, false, false, true, []byte{1, 2, 3}, []byte{1, 2, 3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := &Tensor{DType: tt.dtype, Shape: []int64{tt.n}, Strides: []int64{1}, Conj: tt.conj, Neg: tt.neg, Storage: storage(tt.data)}
			v.Storage.BigEndian = tt.big
			if err := v.Check(); err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if _, err := v.WriteTo(&got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Bytes()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWriteToNothing(t *testing.T) {
	for _, shape := range [][]int64{{0}, {3, 0, 5}} {
		v := &Tensor{DType: F32, Shape: shape, Strides: make([]int64, len(shape)), Storage: storage(nil)}
		if n, err := v.WriteTo(failingWriter{}); n != 0 || err != nil {
			t.Errorf("%v: %d, %v", shape, n, err)
		}
	}
}

// TestWriteToFails: a storage that is shorter than it said and a writer that
// fails are errors, for a view that is copied and one that is gathered.
func TestWriteToFails(t *testing.T) {
	for _, strides := range [][]int64{{32, 1}, {1, 32}, {1, 600}} { // the last one is shared by workers
		n := max(strides[0], strides[1])
		data := random(4*n*n, 3)
		v := &Tensor{DType: F32, Shape: []int64{n, n}, Strides: strides, Storage: &Storage{Key: "data/7", Data: bytes.NewReader(data[:4*n*n-96]), Size: 4 * n * n}}
		_, err := v.WriteTo(io.Discard)
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%v: a short storage gives %v", strides, err)
		}
		if want := fmt.Sprintf("storage %q at ", "data/7"); err != nil && !bytes.HasPrefix([]byte(err.Error()), []byte(want)) {
			t.Errorf("%v: %v does not say where", strides, err)
		}
		v.Storage = storage(data)
		if n, err := v.WriteTo(failingWriter{}); n != 0 || !errors.Is(err, errFull) {
			t.Errorf("%v: a failing writer gives %d, %v", strides, n, err)
		}
	}
}

var errFull = errors.New("full")

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errFull }
