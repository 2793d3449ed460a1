package safetensors

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/action/internal/tensor"
)

// zeros writes n zero bytes.
type zeros int64

func (z zeros) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, bytes.NewReader(make([]byte, z)))
}

func TestLayoutHeader(t *testing.T) {
	tests := []struct {
		name     string
		tensors  []Tensor
		metadata []KeyValue
		want     string
	}{
		{"nothing", nil, nil, `{}`},
		{"empty metadata", nil, []KeyValue{}, `{"__metadata__":{}}`},
		{"metadata in the given order", nil, []KeyValue{{"z", "1"}, {"a", "2"}}, `{"__metadata__":{"z":"1","a":"2"}}`},
		{"escapes as serde_json writes them", nil, []KeyValue{{"\x00\x1f\x7f\b\f\n\r\t", "<&>'/\\\"é\u2028🐍"}},
			`{"__metadata__":{"\u0000\u001f` + "\x7f" + `\b\f\n\r\t":"<&>'/\\\"é` + "\u2028" + `🐍"}}`},
		{"names by bytes, types from the widest",
			[]Tensor{
				{"b", tensor.U8, []int64{1}, nil}, {"a", tensor.U8, []int64{2}, nil}, {"\uffff", tensor.U8, nil, nil},
				{"\U00010000", tensor.U8, nil, nil}, {"c", tensor.Bool, []int64{}, nil}, {"d", tensor.U64, []int64{1, 1}, nil},
			}, []KeyValue{{"format", "pt"}},
			`{"__metadata__":{"format":"pt"},` +
				`"d":{"dtype":"U64","shape":[1,1],"data_offsets":[0,8]},` +
				`"a":{"dtype":"U8","shape":[2],"data_offsets":[8,10]},` +
				`"b":{"dtype":"U8","shape":[1],"data_offsets":[10,11]},` +
				"\"\uffff\":" + `{"dtype":"U8","shape":[],"data_offsets":[11,12]},` +
				"\"\U00010000\":" + `{"dtype":"U8","shape":[],"data_offsets":[12,13]},` +
				`"c":{"dtype":"BOOL","shape":[],"data_offsets":[13,14]}}`},
		{"F4 counts values", []Tensor{{"a", tensor.F4, []int64{2, 3}, nil}}, nil,
			`{"a":{"dtype":"F4","shape":[2,6],"data_offsets":[0,6]}}`},
		{"six bits", []Tensor{{"a", F6E3M2, []int64{2, 2}, nil}}, nil,
			`{"a":{"dtype":"F6_E3M2","shape":[2,2],"data_offsets":[0,3]}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Layout(tt.tensors, tt.metadata)
			if err != nil {
				t.Fatal(err)
			}
			padded := tt.want + strings.Repeat(" ", (8-len(tt.want)%8)%8)
			if d := cmp.Diff(string(file(padded, "")), string(p.Header())); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestLayoutRefuses(t *testing.T) {
	one := func(name string, d tensor.DType, shape ...int64) []Tensor {
		return []Tensor{{name, d, shape, zeros(0)}}
	}
	var eighths []Tensor // eight times an eighth of 2^63 bytes
	for _, name := range strings.Split("abcdefgh", "") {
		eighths = append(eighths, one(name, tensor.U8, 1<<60)...)
	}
	tests := []struct {
		name     string
		tensors  []Tensor
		metadata []KeyValue
		want     string
	}{
		{"reserved name", one("__metadata__", tensor.U8), nil, "reserves"},
		{"lone surrogate in a name", one("\xed\xa0\x80", tensor.U8), nil, `tensor "\xed\xa0\x80": the name is not UTF-8`},
		{"two tensors of one name and two types", append(one("a", tensor.U8), one("a", tensor.F32)...), nil, `two tensors have the name "a"`},
		{"complex128", one("a", tensor.C128), nil, `no dtype "complex128"`},
		{"no dtype", one("a", ""), nil, `no dtype ""`},
		{"negative size", one("a", tensor.U8, 0, -1), nil, "negative size -1"},
		{"scalar F4", one("a", tensor.F4), nil, "F4 needs a dimension"},
		{"negative F4", one("a", tensor.F4, math.MinInt64), nil, "cannot be doubled"},
		{"F4 above int64 when doubled", one("a", tensor.F4, 0, math.MaxInt64/2+1), nil, "cannot be doubled"},
		{"six bits", one("a", F6E2M3, 1), nil, "6 bits are no whole"},
		{"one tensor overflows", one("a", tensor.U8, 1<<32, 1<<32), nil, "overflows"},
		{"the sum overflows", eighths, nil, "the file's size overflows"},
		{"metadata key not UTF-8", nil, []KeyValue{{"\xff", ""}}, "not UTF-8"},
		{"metadata value not UTF-8", nil, []KeyValue{{"k", "\xff"}}, `metadata key "k"`},
		{"metadata key twice", nil, []KeyValue{{"k", "1"}, {"k", "1"}}, `"k" stands twice`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Layout(tt.tensors, tt.metadata)
			if err == nil || !strings.Contains(err.Error(), tt.want) || p != nil {
				t.Errorf("plan %v, err %v, want ...%s...", p, err, tt.want)
			}
		})
	}
}

func TestLayoutHeaderLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("holds several headers of 100 MB")
	}
	// {"__metadata__":{"k":"..."}} is 25 bytes around the value.
	atLimit := strings.Repeat("v", MaxHeaderSize-25)
	p, err := Layout(nil, []KeyValue{{"k", atLimit}})
	if err != nil {
		t.Fatal(err)
	}
	if f, err := read(p.Header()); err != nil || f.HeaderSize != MaxHeaderSize || len(f.Metadata["k"]) != len(atLimit) {
		t.Errorf("header at the limit: %v", err)
	}
	if _, err := Layout(nil, []KeyValue{{"k", atLimit + "v"}}); !errors.Is(err, ErrHeaderTooLarge) {
		t.Errorf("header above the limit: %v", err)
	}
}

func TestPlanIsIndependentOfItsInput(t *testing.T) {
	shape := []int64{2}
	p, err := Layout([]Tensor{{"a", tensor.U8, shape, zeros(2)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	shape[0] = 9
	want := []Entry{{"a", tensor.U8, []int64{2}, 0, 2}}
	if d := cmp.Diff(want, p.Entries()); d != "" {
		t.Error(d)
	}
}

// pieces writes each piece by its own Write and ignores errors, as bad code does.
type pieces []string

func (p pieces) WriteTo(w io.Writer) (int64, error) {
	for _, s := range p {
		w.Write([]byte(s))
	}
	return 0, nil
}

type failing struct{ err error }

func (f failing) WriteTo(w io.Writer) (int64, error) {
	w.Write([]byte("ab"))
	return 2, f.err
}

// full takes left bytes and is then out of space.
type full struct{ left int }

func (f *full) Write(b []byte) (int, error) {
	n := min(f.left, len(b))
	f.left -= n
	if n < len(b) {
		return n, io.ErrShortBuffer
	}
	return n, nil
}

func TestWriteTo(t *testing.T) {
	tests := []struct {
		name string
		data io.WriterTo
		want string // of the error
	}{
		{"exact", pieces{"ab", "", "c"}, ""},
		{"too few", pieces{"ab"}, `tensor "t": 1 of 3 bytes were not written`},
		{"none", pieces{}, `tensor "t": 3 of 3 bytes were not written`},
		{"too many", pieces{"ab", "cd"}, `tensor "t": 1 bytes more than the shape says`},
		{"too many, then fitting", pieces{"abcd", "abc"}, `tensor "t": 1 bytes more than the shape says`},
		{"more after the end", pieces{"abc", "d"}, `tensor "t": 1 bytes more than the shape says`},
		{"its own error", failing{io.ErrNoProgress}, `tensor "t": ` + io.ErrNoProgress.Error()},
		{"no data", nil, `tensor "t": no data`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Layout([]Tensor{{"t", tensor.U8, []int64{3}, tt.data}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			n, err := p.WriteTo(&out)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want || n != int64(out.Len()) || n > p.Size() {
				t.Errorf("%d bytes, returned %d, planned %d, err %q, want %q", out.Len(), n, p.Size(), got, tt.want)
			}
		})
	}
}

func TestWriteToPassesOnTheWritersError(t *testing.T) {
	p, err := Layout([]Tensor{{"t", tensor.U8, []int64{3}, pieces{"ab", "c"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for room := range int(p.Size()) {
		if n, err := p.WriteTo(&full{room}); !errors.Is(err, io.ErrShortBuffer) || n != int64(room) {
			t.Errorf("room for %d bytes: %d, %v", room, n, err)
		}
	}
	if _, err := p.WriteTo(&full{int(p.Size())}); err != nil {
		t.Error(err)
	}
}

func TestTheFormatsTypesAreThoseOfPackageTensor(t *testing.T) {
	has := map[tensor.DType]bool{F6E2M3: true, F6E3M2: true}
	for _, info := range tensor.DTypes() {
		if info.Safetensors {
			has[info.DType] = true
		}
		rank := dtypeRank(info.DType)
		if (rank >= 0) != info.Safetensors {
			t.Errorf("%s: rank %d, Safetensors %v", info.DType, rank, info.Safetensors)
		}
		if rank >= 0 && info.DType != tensor.F4 && int64(dtypes[rank].bits) != 8*info.Size {
			t.Errorf("%s: %d bits, %d bytes", info.DType, dtypes[rank].bits, info.Size)
		}
	}
	if len(has) != len(dtypes) {
		t.Errorf("%d types, want %d", len(dtypes), len(has))
	}
}
