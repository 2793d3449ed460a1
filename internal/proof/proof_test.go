package proof

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
	"pgregory.net/rapid"
)

// A stTensor is a tensor that the test writes into a safetensors file.
type stTensor struct {
	name, dtype string
	shape       []int64
	data        []byte
}

// safetensorsFile writes tensors one after another.
func safetensorsFile(tensors ...stTensor) []byte {
	head, at := map[string]any{"__metadata__": map[string]string{"format": "pt"}}, 0
	var data []byte
	for _, t := range tensors {
		shape := t.shape
		if shape == nil {
			shape = []int64{}
		}
		head[t.name] = map[string]any{"dtype": t.dtype, "shape": shape, "data_offsets": []int{at, at + len(t.data)}}
		at += len(t.data)
		data = append(data, t.data...)
	}
	text, err := json.Marshal(head)
	if err != nil {
		panic(err)
	}
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), data...)
}

func compare(src []byte, claims []Claim, dst []byte) (Result, error) {
	return Compare(context.Background(), bytes.NewReader(src), int64(len(src)), claims, bytes.NewReader(dst), int64(len(dst)), Options{})
}

// naive materialises a claim over a storage, one element at a time.
func naive(storage []byte, c Claim, item int64) []byte {
	var out []byte
	index := make([]int64, len(c.Shape))
	dims := make([]int, len(index))
	for i := range dims {
		dims[i] = i
	}
	if slices.Contains(c.Shape, 0) {
		return nil
	}
	for {
		at := c.Offset
		for i, n := range index {
			at += n * c.Strides[i]
		}
		out = append(out, storage[at*item:][:item]...)
		if !advance(index, c.Shape, dims) {
			return out
		}
	}
}

// TestCompareEveryView draws views (permuted, overlapping, stepped, expanded)
// and checks that the proof accepts the elements in C order, and notices a
// flipped bit anywhere.
func TestCompareEveryView(t *testing.T) {
	storage := make([]byte, 1<<16)
	for i := range storage {
		storage[i] = byte(i*7 + i>>8*13)
	}
	rapid.Check(t, func(t *rapid.T) {
		item := rapid.SampledFrom([]tensor.DType{tensor.U8, tensor.I16, tensor.F32, tensor.F64}).Draw(t, "dtype")
		info, _ := item.Info()
		c := Claim{Name: "x", Region: &Region{Len: int64(len(storage))}, DType: item}
		room := int64(len(storage)) / info.Size
		c.Offset = rapid.Int64Range(0, room/4).Draw(t, "offset")
		room -= c.Offset + 1
		for range rapid.IntRange(0, 4).Draw(t, "rank") {
			d := rapid.Int64Range(1, 9).Draw(t, "size")
			s := rapid.Int64Range(0, min(3000, room/max(d-1, 1))).Draw(t, "stride")
			room -= (d - 1) * s
			c.Shape, c.Strides = append(c.Shape, d), append(c.Strides, s)
		}
		want := naive(storage, c, info.Size)
		dst := safetensorsFile(stTensor{"x", string(item), c.Shape, want})
		res, err := compare(storage, []Claim{c}, dst)
		if err != nil || res != (Result{Tensors: 1, BytesCompared: int64(len(want))}) {
			t.Fatalf("%+v, %v for %+v", res, err, c)
		}
		flip := rapid.IntRange(0, len(want)-1).Draw(t, "flip")
		dst[len(dst)-len(want)+flip] ^= 1
		res, err = compare(storage, []Claim{c}, dst)
		var diff *Difference
		if !errors.As(err, &diff) || res.BytesCompared != int64(len(want)) {
			t.Fatalf("flipped byte %d: %+v, %v", flip, res, err)
		}
		linear := int64(0)
		for i, n := range diff.Index {
			linear = linear*c.Shape[i] + n
		}
		if linear != int64(flip)/info.Size {
			t.Fatalf("flipped byte %d of %v, reported index %v", flip, c.Shape, diff.Index)
		}
	})
}

// TestCompareLargeViews has views of more than one block.
func TestCompareLargeViews(t *testing.T) {
	const n = 1400
	storage := make([]byte, n*n*4)
	for i := range n * n {
		binary.LittleEndian.PutUint32(storage[i*4:], uint32(i)*2654435761)
	}
	tests := []struct {
		name           string
		shape, strides []int64
	}{
		{"contiguous", []int64{n, n}, []int64{n, 1}},
		{"transposed", []int64{n, n}, []int64{1, n}},
		{"stepped rows", []int64{n / 2, n}, []int64{2 * n, 1}},
		{"stepped columns", []int64{n, n / 7}, []int64{n, 7}},
		{"far elements", []int64{n / 2, 2}, []int64{2 * n, 700}},
		{"expanded", []int64{n, 3, n}, []int64{1, 0, 0}},
		{"expanded outside", []int64{3, n, n}, []int64{0, n, 1}},
		{"channels last", []int64{20, 100, 7, 7}, []int64{4900, 1, 700, 100}},
		{"channels last, many", []int64{3, 10000, 4, 4}, []int64{160000, 1, 40000, 10000}},
		{"reversed order", []int64{100, 100, 100}, []int64{1, 100, 10000}},
		{"overlapping windows", []int64{n * 10, 100}, []int64{1, 1}},
		{"gaps between dense parts", []int64{2, 3, 4}, []int64{12, 1000, 1}},
		{"diagonal", []int64{n}, []int64{n + 1}},
		{"one element", []int64{1, 1}, []int64{5, 9}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Claim{Name: "x", Region: &Region{Len: int64(len(storage))}, DType: tensor.F32, Shape: tt.shape, Strides: tt.strides}
			want := naive(storage, c, 4)
			dst := safetensorsFile(stTensor{"x", "F32", tt.shape, want})
			if res, err := compare(storage, []Claim{c}, dst); err != nil || res.BytesCompared != int64(len(want)) {
				t.Fatalf("%+v, %v", res, err)
			}
			dst[len(dst)-1] ^= 0x80
			if _, err := compare(storage, []Claim{c}, dst); !errors.As(err, new(*Difference)) {
				t.Fatalf("last bit flipped: %v", err)
			}
		})
	}
}

func TestCompareResolvesElements(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	f := math.Float32bits
	two := func(o binary.AppendByteOrder, a, b uint32) []byte { return o.AppendUint32(o.AppendUint32(nil, a), b) }
	tests := []struct {
		name      string
		claim     Claim
		src, want []byte
	}{
		{"big-endian float", Claim{DType: tensor.F32, BigEndian: true, Shape: []int64{2}}, two(be, f(1), f(2)), two(le, f(1), f(2))},
		{"big-endian complex swaps components", Claim{DType: tensor.C64, BigEndian: true}, two(be, f(1), f(2)), two(le, f(1), f(2))},
		{"conjugate", Claim{DType: tensor.C64, Conj: true}, two(le, f(1), f(2)), two(le, f(1), f(-2))},
		{"negated float", Claim{DType: tensor.F32, Neg: true, Shape: []int64{2}}, two(le, f(1), f(-2)), two(le, f(-1), f(2))},
		{"negated conjugate", Claim{DType: tensor.C64, Conj: true, Neg: true}, two(le, f(1), f(2)), two(le, f(-1), f(2))},
		{"negated integers", Claim{DType: tensor.I32, Neg: true, Shape: []int64{2}}, two(le, 5, 1<<31), two(le, 1<<32-5, 1<<31)},
		{"negated big-endian integer", Claim{DType: tensor.I64, Neg: true, BigEndian: true}, two(be, 0, 256), two(le, 1<<32-256, 1<<32-1)},
		{"bytes do not swap", Claim{DType: tensor.U8, BigEndian: true, Shape: []int64{2}}, []byte{1, 2}, []byte{1, 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.claim
			c.Name, c.Region, c.Strides = "x", &Region{Len: int64(len(tt.src))}, slices.Repeat([]int64{1}, len(c.Shape))
			dst := safetensorsFile(stTensor{"x", string(c.DType), c.Shape, tt.want})
			if _, err := compare(tt.src, []Claim{c}, dst); err != nil {
				t.Error(err)
			}
			if bytes.Equal(tt.src, tt.want) {
				return
			}
			c.BigEndian, c.Conj, c.Neg = false, false, false
			if _, err := compare(tt.src, []Claim{c}, dst); !errors.As(err, new(*Difference)) {
				t.Errorf("as it stands: %v", err)
			}
		})
	}
}

func TestCompareOtherTypes(t *testing.T) {
	raw := []byte("0123456789abcdef0123456789ABCDEF")
	all := &Region{Len: 32}
	tests := []struct {
		name  string
		claim Claim
		dst   stTensor
	}{
		{"complex128 as bytes", Claim{DType: tensor.C128, Shape: []int64{2}, Strides: []int64{1}, Region: all}, stTensor{"x", "U8", []int64{2, 16}, raw}},
		{"F4 holds two values a byte", Claim{DType: tensor.F4, Shape: []int64{4, 8}, Strides: []int64{8, 1}, Region: all}, stTensor{"x", "F4", []int64{4, 16}, raw}},
		{"scalar", Claim{DType: tensor.U16, Region: &Region{Off: 4, Len: 2}}, stTensor{"x", "U16", nil, raw[4:6]}},
		{"empty", Claim{DType: tensor.U16, Shape: []int64{0, 3}, Strides: []int64{3, 1}, Region: &Region{}}, stTensor{"x", "U16", []int64{0, 3}, nil}},
		{"latin-1 text", Claim{DType: tensor.U8, Shape: []int64{3}, Strides: []int64{1}, Region: &Region{Off: 32, Len: 5, Latin1: true}}, stTensor{"x", "U8", []int64{3}, []byte{0xe9, 'a', 0xff}}},
	}
	src := append(slices.Clone(raw), "\u00e9a\u00ff"...)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.claim.Name = "x"
			if _, err := compare(src, []Claim{tt.claim}, safetensorsFile(tt.dst)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestMaxDiff(t *testing.T) {
	f32 := func(v ...float32) []byte {
		var out []byte
		for _, x := range v {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
		}
		return out
	}
	inf := math.Inf(1)
	tests := []struct {
		name, dtype string
		a, b        []byte
		want        float64
		index       []int64
	}{
		{"floats", "F32", f32(1, 2, 3), f32(1, 2.5, 1), 2, []int64{1}},
		{"zeros of two signs", "F32", f32(0), f32(float32(math.Copysign(0, -1))), 0, []int64{0}},
		{"NaN and number", "F32", f32(float32(math.NaN())), f32(1), inf, []int64{0}},
		{"half", "F16", []byte{0x00, 0x3c}, []byte{0x01, 0x00}, 1 - 1.0/(1<<24), []int64{0}},
		{"bfloat16", "BF16", []byte{0x80, 0x3f}, []byte{0x80, 0xbf}, 2, []int64{0}},
		{"large integers", "I64", binary.LittleEndian.AppendUint64(nil, 1<<62), binary.LittleEndian.AppendUint64(nil, 1<<62+1), 1, []int64{0}},
		{"bytes", "I8", []byte{1, 0xff}, []byte{1, 1}, 2, []int64{1}},
		{"complex", "C64", f32(1, 2), f32(1, 5), 3, []int64{0}},
		{"no value here", "F8_E4M3", []byte{1}, []byte{2}, inf, []int64{0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			info, _ := tensor.DType(tt.dtype).Info()
			n := []int64{int64(len(tt.a)) / info.Size}
			a, b := safetensorsFile(stTensor{"x", tt.dtype, n, tt.a}), safetensorsFile(stTensor{"x", tt.dtype, n, tt.b})
			res, err := CompareSafetensors(context.Background(), bytes.NewReader(a), int64(len(a)), bytes.NewReader(b), int64(len(b)), Options{})
			if res.First == nil || err != res.First || res.MaxDiff != tt.want || !cmp.Equal(res.First.Index, tt.index) {
				t.Errorf("%+v, %v", res, err)
			}
		})
	}
}

func TestCompareSafetensorsIgnoresOrder(t *testing.T) {
	x, y := stTensor{"x", "U8", []int64{2}, []byte{1, 2}}, stTensor{"y", "F4", []int64{2}, []byte{3}}
	a, b := safetensorsFile(x, y), safetensorsFile(y, x)
	res, err := CompareSafetensors(context.Background(), bytes.NewReader(a), int64(len(a)), bytes.NewReader(b), int64(len(b)), Options{})
	if err != nil || res != (Result{Tensors: 2, BytesCompared: 3}) {
		t.Errorf("%+v, %v", res, err)
	}
}

// A header may be spelled otherwise than the reference writer does it.
func TestHeaderSpellings(t *testing.T) {
	a := safetensorsFile(stTensor{"x}", "U8", []int64{2}, []byte{1, 2}}, stTensor{"y", "F32", nil, []byte{3, 4, 5, 6}})
	for _, text := range []string{
		`{"x}":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"y":{"dtype":"F32","shape":[],"data_offsets":[2,6]}}  `,
		`{ "\u0078}" : {"data_offsets": [0, 2], "shape": [2], "dtype": "U8"},` + "\n\t" +
			`"__metadata__": {"}": "\"}\\"}, "y":{"dtype":"F\u00332","shape":[],"data_offsets":[2,6]} }`,
	} {
		b := append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), 1, 2, 3, 4, 5, 6)
		res, err := CompareSafetensors(context.Background(), bytes.NewReader(a), int64(len(a)), bytes.NewReader(b), int64(len(b)), Options{})
		if err != nil || res != (Result{Tensors: 2, BytesCompared: 6}) {
			t.Errorf("%s: %+v, %v", text, res, err)
		}
	}
}

// Of two tensors of one name a reader sees one.
func TestNamesTwice(t *testing.T) {
	text := `{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}}`
	twice := append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), 1)
	once := safetensorsFile(stTensor{"x", "U8", []int64{1}, []byte{1}})
	claim := Claim{Name: "x", Region: &Region{Len: 1}, DType: "U8", Shape: []int64{1}, Strides: []int64{1}}
	for _, tt := range []struct {
		claims []Claim
		file   []byte
		want   string
	}{
		{[]Claim{claim}, twice, "twice in the result"},
		{[]Claim{claim, claim}, twice, "claimed twice"},
		{[]Claim{claim, claim}, once, "claimed twice"},
	} {
		_, err := Compare(context.Background(), bytes.NewReader([]byte{1}), 1, tt.claims, bytes.NewReader(tt.file), int64(len(tt.file)), Options{})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
}

func TestHeaderRefused(t *testing.T) {
	file := func(text, data string) []byte {
		return append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text+data...)
	}
	entry := func(b, e int) string {
		return fmt.Sprintf(`{"dtype":"U8","shape":[%d],"data_offsets":[%d,%d]}`, e-b, b, e)
	}
	tests := []struct {
		name string
		file []byte
	}{
		{"empty", nil},
		{"length of 2^63", binary.LittleEndian.AppendUint64(nil, 1<<63)},
		{"length beyond the file", binary.LittleEndian.AppendUint64(nil, 100)},
		{"no object", file(`[]`, "")},
		{"not UTF-8", file("{\"\xff\":1}", "")},
		{"a name twice", file(`{"x":`+entry(0, 1)+`,"x":`+entry(0, 1)+`}`, "a")},
		{"hole", file(`{"x":`+entry(1, 2)+`}`, "ab")},
		{"overlap", file(`{"x":`+entry(0, 2)+`,"y":`+entry(1, 2)+`}`, "ab")},
		{"bytes behind", file(`{"x":`+entry(0, 1)+`}`, "ab")},
		{"bytes missing", file(`{"x":`+entry(0, 3)+`}`, "ab")},
		{"text behind the object", file(`{"x":`+entry(0, 1)+`}x`, "a")},
		{"shape null", file(`{"x":{"dtype":"U8","shape":null,"data_offsets":[0,1]}}`, "a")},
		{"further key", file(`{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"DTYPE":"I8"}}`, "a")},
		{"negative", file(`{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,-1]}}`, "")},
		{"cut off", file(`{"x":`+entry(0, 1), "a")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if h, err := readHeader(bytes.NewReader(tt.file), int64(len(tt.file))); err == nil {
				t.Errorf("accepted: %+v", h)
			}
		})
	}
}

func TestCompareStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	a := safetensorsFile(stTensor{"x", "U8", []int64{1}, []byte{1}})
	_, err := CompareSafetensors(ctx, bytes.NewReader(a), int64(len(a)), bytes.NewReader(a), int64(len(a)), Options{})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestInflateIsBounded(t *testing.T) {
	starts := 0
	w := newRewinder(1<<20, func() io.Reader { starts++; return strings.NewReader(strings.Repeat("a", 1<<20)) })
	var err error
	for i := 0; err == nil; i++ {
		_, err = w.ReadAt(make([]byte, 1), int64(1-i%2)*(1<<20-1))
	}
	if !errors.Is(err, safeio.ErrLimit) || starts > 1200 {
		t.Errorf("%d starts, %v", starts, err)
	}
}
