package weights

import (
	"fmt"

	"github.com/modelaudit/action/internal/hdf5"
	"github.com/modelaudit/action/internal/tensor"
)

// An element says what a dataset's elements are.
type element struct {
	dtype tensor.DType
	big   bool
	// raw is numpy's name of a type that no tensor has, of size bytes: the tensor is
	// then the bytes.
	raw  string
	size int64
}

// elementOf says what h5py makes of a type. In a dataset that says dtype="bfloat16"
// Keras keeps such numbers as two bytes without a meaning (saving_lib.py, H5IOStore).
func elementOf(t *hdf5.Type, said string) (element, error) {
	switch t.Class {
	case hdf5.Integer, hdf5.Bitfield:
		if int64(t.Precision) == 8*t.Size && t.Offset == 0 {
			return integer(t)
		}
	case hdf5.Float:
		return float(t)
	case hdf5.Enum:
		if boolean(t) {
			return element{dtype: tensor.Bool}, nil
		}
		return elementOf(t.Base, "")
	case hdf5.Compound:
		if len(t.Members) == 2 && t.Members[0].Name == "r" && t.Members[1].Name == "i" {
			part := t.Members[0].Type
			if t.Members[0].Offset == 0 && t.Members[1].Offset == part.Size && t.Size == 2*part.Size && part.String() == t.Members[1].Type.String() {
				return complexOf(t, part)
			}
		}
	case hdf5.Complex:
		return complexOf(t, t.Base)
	case hdf5.Opaque:
		if said == "bfloat16" && t.Size == 2 {
			return element{dtype: tensor.BF16}, nil
		}
		return element{dtype: tensor.U8, raw: fmt.Sprintf("|V%d", t.Size), size: t.Size}, nil
	case hdf5.String:
		return element{dtype: tensor.U8, raw: fmt.Sprintf("|S%d", t.Size), size: t.Size}, nil
	}
	return element{}, unknown(t)
}

func unknown(t *hdf5.Type) error {
	return fmt.Errorf("elements of the type %.200s, which no tensor has", t)
}

func integer(t *hdf5.Type) (element, error) {
	list := map[int64][2]tensor.DType{
		1: {tensor.U8, tensor.I8}, 2: {tensor.U16, tensor.I16}, 4: {tensor.U32, tensor.I32}, 8: {tensor.U64, tensor.I64},
	}
	pair, ok := list[t.Size]
	switch {
	case !ok:
		return element{}, unknown(t)
	case t.Signed:
		return element{dtype: pair[1], big: t.BigEndian}, nil
	}
	return element{dtype: pair[0], big: t.BigEndian}, nil
}

func float(t *hdf5.Type) (element, error) {
	plain := *t
	plain.BigEndian = false
	list := map[string]tensor.DType{
		"<f2": tensor.F16, "<f4": tensor.F32, "<f8": tensor.F64, "<bf16": tensor.BF16, "|f8e5m2": tensor.F8E5M2,
	}
	if d := list[plain.String()]; d != "" {
		return element{dtype: d, big: t.BigEndian}, nil
	}
	return element{}, unknown(t)
}

func complexOf(whole, part *hdf5.Type) (element, error) {
	e, err := float(part)
	switch {
	case part.Class == hdf5.Float && err == nil && e.dtype == tensor.F32:
		return element{dtype: tensor.C64, big: e.big}, nil
	case part.Class == hdf5.Float && err == nil && e.dtype == tensor.F64:
		return element{dtype: tensor.C128, big: e.big}, nil
	}
	return element{}, unknown(whole)
}

// boolean reports whether a type is what h5py makes of numpy.bool.
func boolean(t *hdf5.Type) bool {
	return t.Base.Class == hdf5.Integer && t.Size == 1 && len(t.Values) == 2 &&
		t.Values[0].Name == "FALSE" && string(t.Values[0].Raw) == "\x00" && t.Values[1].Name == "TRUE" && string(t.Values[1].Raw) == "\x01"
}
