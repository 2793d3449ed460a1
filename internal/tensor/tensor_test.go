package tensor

import (
	"math"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	const huge = math.MaxInt64
	many := make([]int64, 65)
	tests := []struct {
		name   string
		tensor Tensor
		size   int64 // of the storage
		want   string
	}{
		{"scalar", Tensor{DType: F32}, 4, ""},
		{"scalar beyond", Tensor{DType: F32, Offset: 1}, 4, "needs 2 elements of 4 bytes"},
		{"scalar half beyond", Tensor{DType: F32}, 3, "has 0"},
		{"matrix", Tensor{DType: F64, Shape: []int64{2, 3}, Strides: []int64{3, 1}}, 48, ""},
		{"matrix one short", Tensor{DType: F64, Shape: []int64{2, 3}, Strides: []int64{3, 1}}, 47, "needs 6 elements"},
		{"expanded", Tensor{DType: U8, Shape: []int64{1 << 40}, Strides: []int64{0}}, 1, ""},
		{"nothing in nothing", Tensor{DType: F32, Shape: []int64{0}, Strides: []int64{1}}, 0, ""},
		{"nothing, far away", Tensor{DType: F32, Shape: []int64{huge, 0}, Strides: []int64{huge, huge}, Offset: huge}, 0, ""},
		{"stride of a single element", Tensor{DType: F32, Shape: []int64{1}, Strides: []int64{huge}}, 4, ""},
		{"unknown type", Tensor{DType: "F3"}, 4, "unknown dtype"},
		{"missing strides", Tensor{DType: F32, Shape: []int64{2}}, 8, "1 sizes but 0 strides"},
		{"negative size", Tensor{DType: F32, Shape: []int64{-1}, Strides: []int64{1}}, 4, "negative size"},
		{"negative size beside none", Tensor{DType: F32, Shape: []int64{-1, 0}, Strides: []int64{1, 1}}, 4, "negative size"},
		{"none beside negative size", Tensor{DType: F32, Shape: []int64{0, -1}, Strides: []int64{1, 1}}, 4, "negative size"},
		{"negative stride", Tensor{DType: F32, Shape: []int64{2}, Strides: []int64{-1}, Offset: 1}, 8, "negative stride"},
		{"negative offset", Tensor{DType: F32, Offset: -1}, 8, "negative offset"},
		{"size overflows", Tensor{DType: U8, Shape: []int64{1 << 32, 1 << 32}, Strides: []int64{0, 0}}, 1, "overflows"},
		{"bytes overflow", Tensor{DType: F64, Shape: []int64{1 << 61}, Strides: []int64{0}}, 8, "overflows"},
		{"stride overflows", Tensor{DType: U8, Shape: []int64{3}, Strides: []int64{huge}}, 1, "overflows"},
		{"strides wrap round to 0", Tensor{DType: U8, Shape: []int64{2, 2, 2}, Strides: []int64{huge, huge, 2}}, 1, "overflows"},
		{"offset overflows", Tensor{DType: U8, Shape: []int64{2}, Strides: []int64{1}, Offset: huge}, 1, "overflows"},
		{"offset beyond", Tensor{DType: F64, Offset: 1 << 60}, 8, "needs"},
		{"too many dimensions", Tensor{DType: U8, Shape: many, Strides: many}, 1, "65 dimensions"},
		{"conjugated float", Tensor{DType: F32, Conj: true}, 4, "conjugated"},
		{"negated bool", Tensor{DType: Bool, Neg: true}, 1, "negated"},
		{"negated float8", Tensor{DType: F8E4M3FZ, Neg: true}, 1, "negated"},
		{"conjugated complex", Tensor{DType: C128, Conj: true, Neg: true}, 16, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.tensor.Storage = &Storage{Key: "data/0", Size: tt.size}
			got := ""
			if err := tt.tensor.Check(); err != nil {
				got = err.Error()
			}
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestIsContiguousAndPlain(t *testing.T) {
	tests := []struct {
		name              string
		tensor            Tensor
		big               bool
		contiguous, plain bool
	}{
		{"scalar", Tensor{DType: F32}, false, true, true},
		{"rows", Tensor{DType: F32, Shape: []int64{2, 3}, Strides: []int64{3, 1}}, false, true, true},
		{"columns", Tensor{DType: F32, Shape: []int64{2, 3}, Strides: []int64{1, 2}}, false, false, false},
		{"expanded", Tensor{DType: F32, Shape: []int64{2, 3}, Strides: []int64{0, 1}}, false, false, false},
		{"single elements have any stride", Tensor{DType: F32, Shape: []int64{1, 3, 1}, Strides: []int64{0, 1, 99}}, false, true, true},
		{"nothing", Tensor{DType: F32, Shape: []int64{3, 0}, Strides: []int64{7, 5}}, false, true, true},
		{"big-endian", Tensor{DType: F32, Shape: []int64{3}, Strides: []int64{1}}, true, true, false},
		{"big-endian bytes", Tensor{DType: U8, Shape: []int64{3}, Strides: []int64{1}}, true, true, true},
		{"conjugated", Tensor{DType: C64, Shape: []int64{3}, Strides: []int64{1}, Conj: true}, false, true, false},
		{"negated", Tensor{DType: F32, Shape: []int64{3}, Strides: []int64{1}, Neg: true}, false, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.tensor.Storage = &Storage{BigEndian: tt.big}
			if got := tt.tensor.IsContiguous(); got != tt.contiguous {
				t.Errorf("IsContiguous() = %t", got)
			}
			if got := tt.tensor.Plain(); got != tt.plain {
				t.Errorf("Plain() = %t", got)
			}
		})
	}
}

// TestDTypes: the table's figures fit each other and lookups find every row.
func TestDTypes(t *testing.T) {
	for _, i := range DTypes() {
		if got, ok := i.DType.Info(); !ok || got != i {
			t.Errorf("Info of %s is %+v", i.DType, got)
		}
		if got, ok := FromTorch(i.Torch); !ok || got != i {
			t.Errorf("FromTorch(%q) is %+v", i.Torch, got)
		}
		if want := map[bool]int64{true: 2, false: 1}[complexType(i.DType)]; i.Size != want*i.Swap {
			t.Errorf("%s: %d bytes in units of %d", i.DType, i.Size, i.Swap)
		}
	}
	if _, ok := FromTorch("int4"); ok {
		t.Error("torch.int4 is found")
	}
}
