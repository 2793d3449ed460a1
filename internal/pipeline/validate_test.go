package pipeline

import (
	"bytes"
	"encoding/binary"
	"maps"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/safetensors"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// A named tensor of float32.
type floats struct {
	name   string
	values []float32
}

func (f floats) tensor() safetensors.Tensor {
	var b bytes.Buffer
	for _, v := range f.values {
		_ = binary.Write(&b, binary.LittleEndian, v)
	}
	return safetensors.Tensor{Name: f.name, DType: tensor.F32, Shape: []int64{int64(len(f.values))}, Data: bytes.NewReader(b.Bytes())}
}

// safetensorsFile writes a file and audits it.
func safetensorsFile(t *testing.T, metadata []safetensors.KeyValue, tensors ...safetensors.Tensor) *Audited {
	t.Helper()
	plan, err := safetensors.Layout(tensors, metadata)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := plan.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return audited(t, "x.safetensors", b.Bytes())
}

func TestValidate(t *testing.T) {
	nan := float32(math.NaN())
	w := floats{"w", []float32{1, 2, nan}}
	other := safetensors.Tensor{Name: "w", DType: tensor.I32, Shape: []int64{3}, Data: strings.NewReader("aaaabbbbcccc")}
	tests := []struct {
		name         string
		before       floats
		after        []safetensors.Tensor
		metadata     []safetensors.KeyValue
		tolerance    float64
		problem      string // "" means valid
		equal, count int
		maxDiff      float64
	}{
		{name: "equal", before: w, after: []safetensors.Tensor{w.tensor()}, equal: 1, count: 1},
		{name: "within the tolerance", before: w, after: []safetensors.Tensor{floats{"w", []float32{1, 2.5, nan}}.tensor()},
			tolerance: 0.5, count: 1, maxDiff: 0.5},
		{name: "outside of it", before: w, after: []safetensors.Tensor{floats{"w", []float32{1, 2.5, nan}}.tensor()},
			tolerance: 0.4, problem: `"w" differs by 0.5, more than 0.4`, count: 1, maxDiff: 0.5},
		{name: "a number in place of NaN", before: w, after: []safetensors.Tensor{floats{"w", []float32{1, 2, 3}}.tensor()},
			tolerance: 1e300, problem: `"w" differs by +Inf`, count: 1, maxDiff: math.Inf(1)},
		{name: "another shape", before: w, after: []safetensors.Tensor{floats{"w", []float32{1, 2}}.tensor()}, problem: `"w" has shape [2], the original [3]`},
		{name: "another dtype", before: w, after: []safetensors.Tensor{other}, problem: `"w" has dtype I32, the original F32`},
		{name: "missing", before: w, after: []safetensors.Tensor{floats{"v", nil}.tensor()}, problem: `"w" is missing from the converted file`},
		{name: "extra", before: w, after: []safetensors.Tensor{w.tensor(), floats{"v", nil}.tensor()},
			problem: `"v" is in the converted file only`, equal: 1, count: 1},
		{name: "an alias", before: w, after: []safetensors.Tensor{floats{"v", w.values}.tensor()}, metadata: []safetensors.KeyValue{{Key: "w", Value: "v"}},
			problem: `"v" is in the converted file only`, equal: 1, count: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := Validate(t.Context(), safetensorsFile(t, nil, tt.before.tensor()), safetensorsFile(t, tt.metadata, tt.after...),
				ValidateOptions{Samples: 1, Tolerance: tt.tolerance})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(v.Problems, "\n"); v.Valid != (tt.problem == "") || !strings.Contains(got, tt.problem) {
				t.Errorf("problems %q, want %q", got, tt.problem)
			}
			if v.Tensors != tt.count || v.Equal != tt.equal || float64(v.MaxAbs) != tt.maxDiff {
				t.Errorf("%d compared, %d equal, largest difference %g; want %d, %d, %g", v.Tensors, v.Equal, v.MaxAbs, tt.count, tt.equal, tt.maxDiff)
			}
		})
	}
}

// The numbers of each dtype are read as torch would print them.
func TestValueOfDType(t *testing.T) {
	got := map[tensor.DType]float64{}
	for d, bytes := range map[tensor.DType]string{
		tensor.F64: "\x00\x00\x00\x00\x00\x00\xf8\x3f", tensor.F32: "\x00\x00\xc0\x3f", tensor.BF16: "\xc0\x3f", tensor.F16: "\x00\x3e",
		tensor.I64: "\xfe\xff\xff\xff\xff\xff\xff\xff", tensor.I32: "\xfe\xff\xff\xff", tensor.I16: "\xfe\xff", tensor.I8: "\xfe",
		tensor.U64: "\x02\x00\x00\x00\x00\x00\x00\x00", tensor.U32: "\xfe\xff\xff\xff", tensor.U16: "\xfe\xff", tensor.U8: "\xfe", tensor.Bool: "\x01",
	} {
		got[d], _ = value(d, []byte(bytes))
	}
	want := map[tensor.DType]float64{tensor.F64: 1.5, tensor.F32: 1.5, tensor.BF16: 1.5, tensor.F16: 1.5, tensor.I64: -2, tensor.I32: -2, tensor.I16: -2,
		tensor.I8: -2, tensor.U64: 2, tensor.U32: 1<<32 - 2, tensor.U16: 65534, tensor.U8: 254, tensor.Bool: 1}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// Subnormal, infinite and not a number in half precision.
	if half(1) != math.Ldexp(1, -24) || half(0xfc00) != math.Inf(-1) || !math.IsNaN(half(0x7e00)) {
		t.Error("a special value of float16 is wrong")
	}
}

// Any two files that can be read as a tree are compared, their plain values too.
func TestValidateValues(t *testing.T) {
	const file = "torch/zip-2.15/lightning.ckpt.pt"
	files, _ := converted(t, file, converters.Options{})
	pt := func(a *Audited) *Audited {
		parts, _, err := convertTo(t.Context(), t.TempDir(), a, ConvertOptions{Options: converters.Options{To: "pytorch"}})
		if err != nil {
			t.Fatal(err)
		}
		return audited(t, "back.pt", parts[0])
	}
	source := func() *Audited { return audited(t, file, testdata(t, file)) }
	st := func() *Audited { return again(t, files, "x.safetensors") }
	for name, pair := range map[string][2]*Audited{
		"pt and safetensors": {source(), st()}, "safetensors and pt": {st(), pt(source())}, "pt and pt": {source(), pt(st())},
	} {
		v, err := Validate(t.Context(), pair[0], pair[1], ValidateOptions{})
		if err != nil || !v.Valid || v.Values < 5 || v.Tensors == 0 {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
	// What is an object in one of them has another form in the other, and is no fault.
	const arrays = "pickle/numpy-2.4/exotic-p4.pkl" // of types that no tensor has
	if v, err := Validate(t.Context(), clean(t, arrays), pt(clean(t, arrays)), ValidateOptions{}); err != nil || !v.Valid || v.Tensors < 5 {
		t.Errorf("arrays: %+v, %v", v, err)
	}
	// No file of torch has an integer of more than 255 bytes but as text.
	long, text := new(big.Int).Lsh(big.NewInt(1), 2100), func(v any) string {
		return flat(&tree.Value{Tag: tree.TagDict, Pairs: [][2]*tree.Value{{{Plain: "big"}, {Plain: v}}}})[`["big"]`]
	}
	if got := text(long); got == "" || got != text(long.String()) || text(big.NewInt(7)) == text("7") {
		t.Errorf("a long integer is %s, its text %s", got, text(long.String()))
	}
	const objects = "torch/zip-2.15/checkpoint_adam.pt"
	if v, err := Validate(t.Context(), clean(t, objects), pt(clean(t, objects)), ValidateOptions{}); err != nil || !v.Valid || v.Values < 5 {
		t.Errorf("objects: %+v, %v", v, err)
	}
	for was, is := range map[string]string{`\"epoch\",1`: `\"epoch\",2`, `[\"global_step\",`: `[\"local__step\",`} {
		changed := maps.Clone(files)
		changed["x.safetensors"] = bytes.Replace(files["x.safetensors"], []byte(was), []byte(is), 1)
		v, err := Validate(t.Context(), source(), again(t, changed, "x.safetensors"), ValidateOptions{})
		if err != nil || v.Valid || !strings.Contains(v.Problems[0], "the value [") {
			t.Errorf("%s as %s: %+v, %v", was, is, v, err)
		}
	}
}
