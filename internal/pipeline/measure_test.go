package pipeline

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/safetensors"
	"github.com/modelaudit/action/internal/tensor"
)

// half precision tensors by their bits.
func halves(name string, d tensor.DType, bits ...uint16) safetensors.Tensor {
	var data []byte
	for _, b := range bits {
		data = binary.LittleEndian.AppendUint16(data, b)
	}
	return safetensors.Tensor{Name: name, DType: d, Shape: []int64{int64(len(bits))}, Data: strings.NewReader(string(data))}
}

// Every kind of difference is counted as what it is.
func TestStatistics(t *testing.T) {
	inf, nan, negative := float32(math.Inf(1)), math.Float32frombits(0x7fc00000), float32(math.Copysign(0, -1))
	next := math.Nextafter32(2, 3)
	before := floats{"w", []float32{1, 2, 0, nan, inf, 4, 0}}
	after := floats{"w", []float32{1, next, negative, math.Float32frombits(0x7fc00001), inf, 4.5, 0.25}}
	v, err := Validate(t.Context(), safetensorsFile(t, nil, before.tensor()), safetensorsFile(t, nil, after.tensor()), ValidateOptions{Tolerance: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	want := &Validation{Original: "x.safetensors", Converted: "x.safetensors", Valid: true, Tensors: 1, BytesCompared: 28, Elements: 7, Differing: 5,
		MaxAbs: 0.5, MaxRel: 0.125, Sampled: 7, MeanAbs: audit.Number((0.5 + 0.25 + float64(next-2)) / 7), MeanRel: audit.Number((0.125 + float64(next-2)/2) / 3),
		ULPs: []audit.Bucket{{Count: 3}, {From: 1, To: 1, Count: 1}, {From: 1 << 20, To: 1<<21 - 1, Count: 1}, {From: 1 << 29, To: 1<<30 - 1, Count: 1}},
		NaN:  1, Zeros: 1, Rescan: audit.VerdictClean, Before: v.Before, After: v.After,
		Worst: []audit.TensorDiff{{Name: "w", DType: "F32", Elements: 7, Differing: 5, MaxAbs: 0.5, MaxRel: 0.125, MaxULP: 0x3e800000}},
	}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Error(diff)
	}
}

// What rounding makes of a tensor is valid where the file says so, and nothing
// else of another type is.
func TestValidateCast(t *testing.T) {
	w := floats{"w", []float32{1, 1.0 / 3, 70000, float32(math.NaN())}}
	orig := safetensorsFile(t, nil, w.tensor())
	says := []safetensors.KeyValue{{Key: "modelaudit.changes", Value: `{"dtype":"float16"}`}}
	for _, c := range []struct {
		name     string
		metadata []safetensors.KeyValue
		bits     []uint16
		problem  string
		cast     int
	}{
		{"as the file says", says, []uint16{0x3c00, 0x3555, 0x7c00, 0x7e00}, "", 1},
		{"unsaid", nil, []uint16{0x3c00, 0x3555, 0x7c00, 0x7e00}, `"w" has dtype F16, the original F32, rounded to the nearest`, 0},
		{"rounded wrongly", says, []uint16{0x3c00, 0x3556, 0x7c00, 0x7e00}, `"w" differs by 0.0001627`, 0},
		{"a number for NaN", says, []uint16{0x3c00, 0x3555, 0x7c00, 0}, `"w" differs by +Inf`, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := Validate(t.Context(), orig, safetensorsFile(t, c.metadata, halves("w", tensor.F16, c.bits...)), ValidateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(v.Problems, "\n"); v.Valid != (c.problem == "") || !strings.Contains(got, c.problem) || v.Cast != c.cast {
				t.Errorf("%+v", v)
			}
			// 70000 is infinite in half precision: it differs, by no number.
			if v.Differing < 2 || !slices.ContainsFunc(v.Notes, func(n string) bool { return strings.Contains(n, "1 of the rounded numbers became infinite") }) {
				t.Errorf("%d differ; %q", v.Differing, v.Notes)
			}
		})
	}
	if _, err := Validate(t.Context(), orig, safetensorsFile(t, []safetensors.KeyValue{{Key: "modelaudit.changes", Value: `{"x":1}`}}, w.tensor()), ValidateOptions{}); err == nil {
		t.Error("changes that are not understood pass")
	}
}

// The means of a sample depend on the seed alone, the largest difference on
// nothing.
func TestSamples(t *testing.T) {
	values := make([]float32, 100_000)
	changed := slices.Clone(values)
	for i := range changed {
		changed[i] = float32(i % 10)
	}
	orig, conv := safetensorsFile(t, nil, floats{"w", values}.tensor()), safetensorsFile(t, nil, floats{"w", changed}.tensor())
	run := func(opt ValidateOptions) *Validation {
		v, err := Validate(t.Context(), orig, conv, opt)
		if err != nil {
			t.Fatal(err)
		}
		if v.MaxAbs != 9 || v.Differing != 90_000 || v.Elements != 100_000 {
			t.Errorf("%+v", v)
		}
		return v
	}
	all := run(ValidateOptions{})
	if all.MeanAbs != 4.5 || all.Sampled != 100_000 {
		t.Errorf("mean %g of %d", all.MeanAbs, all.Sampled)
	}
	one, same, other := run(ValidateOptions{Samples: 50, Seed: 1}), run(ValidateOptions{Samples: 50, Seed: 1}), run(ValidateOptions{Samples: 50, Seed: 2})
	if one.Sampled != 50 || math.Abs(float64(one.MeanAbs)-4.5) > 2 {
		t.Errorf("mean %g of %d", one.MeanAbs, one.Sampled)
	}
	if diff := cmp.Diff(one, same); diff != "" {
		t.Error(diff)
	}
	if one.MeanAbs == other.MeanAbs {
		t.Error("two seeds choose the same")
	}
}

// The distance in units of the last place is what counting up gives.
func TestULPs(t *testing.T) {
	for h := uint16(0); h < 0x7bff; h++ {
		a, b := []byte{byte(h), byte(h >> 8)}, []byte{byte(h + 1), byte((h + 1) >> 8)}
		if n, ok := ulps(tensor.F16, a, b); n != 1 || !ok {
			t.Fatalf("%#x: %d", h, n)
		}
	}
	for _, c := range []struct {
		d    tensor.DType
		a, b string
		want uint64
		ok   bool
	}{
		{tensor.F32, "\x00\x00\x00\x80", "\x00\x00\x00\x00", 0, true},
		{tensor.F32, "\x01\x00\x00\x80", "\x01\x00\x00\x00", 2, true},
		{tensor.BF16, "\x80\x7f", "\x7f\x7f", 1, true},
		{tensor.BF16, "\x81\x7f", "\x7f\x7f", 0, false},
		{tensor.F64, "\xff\xff\xff\xff\xff\xff\xef\xff", "\xff\xff\xff\xff\xff\xff\xef\x7f", 0xffdfffffffffffff - 1, true},
		{tensor.I32, "\x01\x00\x00\x00", "\x00\x00\x00\x00", 0, false},
	} {
		if n, ok := ulps(c.d, []byte(c.a), []byte(c.b)); ok != c.ok || ok && n != c.want {
			t.Errorf("%s %x %x: %#x, %v", c.d, c.a, c.b, n, ok)
		}
	}
}
