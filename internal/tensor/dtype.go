package tensor

import "slices"

// A DType is an element type, named as safetensors names it where it has a
// name there (safetensors/src/tensor.rs, enum Dtype).
type DType string

// The element types. Those after F64 have no name in safetensors.
const (
	Bool     DType = "BOOL"
	U8       DType = "U8"
	I8       DType = "I8"
	F8E5M2   DType = "F8_E5M2"
	F8E4M3   DType = "F8_E4M3"
	F8E8M0   DType = "F8_E8M0"
	F8E4M3FZ DType = "F8_E4M3FNUZ"
	F8E5M2FZ DType = "F8_E5M2FNUZ"
	F4       DType = "F4"
	I16      DType = "I16"
	U16      DType = "U16"
	F16      DType = "F16"
	BF16     DType = "BF16"
	I32      DType = "I32"
	U32      DType = "U32"
	F32      DType = "F32"
	C64      DType = "C64"
	F64      DType = "F64"
	I64      DType = "I64"
	U64      DType = "U64"
	C32      DType = "complex32"
	C128     DType = "complex128"
	BC32     DType = "bcomplex32" // two bfloat16
	Bits8    DType = "bits8"
	Bits16   DType = "bits16"
	Bits1x8  DType = "bits1x8"
	Bits2x4  DType = "bits2x4"
	Bits4x2  DType = "bits4x2"
)

// A DTypeInfo is what is known of one element type.
type DTypeInfo struct {
	DType DType
	// Size is the size of one element in memory, in bytes. For F4, which
	// torch calls float4_e2m1fn_x2, an element in memory holds two values.
	Size int64
	// Swap is the width in bytes of the unit whose bytes a big-endian file
	// reverses: the component of a complex number, else the element.
	Swap int64
	// Torch is the name below "torch.", e.g. "float32".
	Torch string
	// Safetensors reports whether the safetensors format has the type.
	Safetensors bool
}

// dtypes is never written to.
var dtypes = [...]DTypeInfo{
	{Bool, 1, 1, "bool", true},
	{U8, 1, 1, "uint8", true},
	{I8, 1, 1, "int8", true},
	{F8E5M2, 1, 1, "float8_e5m2", true},
	{F8E4M3, 1, 1, "float8_e4m3fn", true},
	{F8E8M0, 1, 1, "float8_e8m0fnu", true},
	{F8E4M3FZ, 1, 1, "float8_e4m3fnuz", true},
	{F8E5M2FZ, 1, 1, "float8_e5m2fnuz", true},
	{F4, 1, 1, "float4_e2m1fn_x2", true},
	{I16, 2, 2, "int16", true},
	{U16, 2, 2, "uint16", true},
	{F16, 2, 2, "float16", true},
	{BF16, 2, 2, "bfloat16", true},
	{I32, 4, 4, "int32", true},
	{U32, 4, 4, "uint32", true},
	{F32, 4, 4, "float32", true},
	{C64, 8, 4, "complex64", true},
	{F64, 8, 8, "float64", true},
	{I64, 8, 8, "int64", true},
	{U64, 8, 8, "uint64", true},
	{C32, 4, 2, "complex32", false},
	{C128, 16, 8, "complex128", false},
	{BC32, 4, 2, "bcomplex32", false},
	{Bits8, 1, 1, "bits8", false},
	{Bits16, 2, 2, "bits16", false},
	{Bits1x8, 1, 1, "bits1x8", false},
	{Bits2x4, 1, 1, "bits2x4", false},
	{Bits4x2, 1, 1, "bits4x2", false},
}

// DTypes lists every element type.
func DTypes() []DTypeInfo { return slices.Clone(dtypes[:]) }

// Info looks d up in DTypes.
func (d DType) Info() (DTypeInfo, bool) {
	for i := range dtypes {
		if dtypes[i].DType == d {
			return dtypes[i], true
		}
	}
	return DTypeInfo{}, false
}

// FromTorch looks up the type that torch calls "torch."+name.
func FromTorch(name string) (DTypeInfo, bool) {
	for i := range dtypes {
		if dtypes[i].Torch == name {
			return dtypes[i], true
		}
	}
	return DTypeInfo{}, false
}

// InSafetensors reports whether the safetensors format has tensors of d with so many
// dimensions. Of F4, which has two values in a byte, the last one counts values.
func (d DType) InSafetensors(rank int) bool {
	info, _ := d.Info()
	return info.Safetensors && (d != F4 || rank > 0)
}

// Integer reports whether d is a signed or unsigned integer.
func (d DType) Integer() bool {
	switch d {
	case U8, I8, I16, U16, I32, U32, I64, U64:
		return true
	}
	return false
}

// complexType reports whether an element of d has a real and an imaginary part.
func complexType(d DType) bool { return d == C32 || d == BC32 || d == C64 || d == C128 }

// numeric reports whether torch negates elements of d lazily.
func numeric(d DType) bool {
	switch d {
	case F16, BF16, F32, F64:
		return true
	}
	return complexType(d) || d.Integer()
}
