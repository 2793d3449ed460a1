// Package numpy reads numpy's arrays, scalars and dtypes out of the value
// graph of a pickle: which bytes hold the elements, in which type, shape and order.
// It reads the header of a .npy file, too.
//
// # Security
//
// A header is text that numpy hands to Python's literal parser: here it is read
// by a grammar of what numpy writes, of bounded length, depth and number of
// parts, and its sizes are compared with the file. No element is read.
//
// The graph comes from a hostile stream. Nothing is built from it; sizes are
// compared with the bytes that exist, and a dtype that numpy would take from
// its state is accepted only where the state repeats what the dtype's string
// says, because a dtype that is changed later changes every array that has it.
package numpy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// A DType is an array element type.
type DType struct {
	// Str is numpy's spelling with byte order and unit, e.g. "<f8" or "<M8[D]".
	// Of a type with parts it is JSON: {"names", "formats", "offsets", "itemsize"}
	// as numpy.dtype takes them, or [format, shape] of an array in an element.
	Str       string
	Code      string // numpy's type string alone, e.g. "f8" or "M8"
	Kind      byte   // numpy's kind: b i u f c S U V M m O
	Size      int64  // bytes of one element
	BigEndian bool
	// Structured reports that an element has fields or is itself an array.
	Structured bool
	// References reports that elements are references to Python objects or have
	// some among their fields.
	References bool
	// Tensor is the tensor type of the elements, "" where there is none
	// (complex128, datetime, text, structured, object...).
	Tensor tensor.DType
}

// Object reports whether elements are references to Python objects.
func (d DType) Object() bool { return d.Kind == 'O' }

// DTypeOf reads a dtype: numpy.dtype("f8", False, True) with at most one BUILD
// of (version, order, subdtype, names, fields, itemsize, alignment, flags)
// (numpy/core/src/multiarray/descriptor.c, arraydescr_setstate).
func DTypeOf(n *sym.Node) (DType, error) {
	w := walk{left: maxParts}
	return w.dtype(n)
}

func (w *walk) dtype(n *sym.Node) (DType, error) {
	if n != nil && n.Kind == sym.Object && n.Call() != nil && n.Call().Func.Is("numpy._core._internal", "_convert_to_stringdtype_kwargs") && len(n.States()) == 0 {
		// numpy.dtypes.StringDType: an array of them is written as one of objects is.
		return DType{Str: "|O", Code: "O", Kind: 'O', Size: 8, References: true}, nil
	}
	if n == nil || n.Kind != sym.Object || n.Call() == nil || !n.Call().Func.Is("numpy", "dtype") {
		return DType{}, errors.New("not a numpy.dtype")
	}
	args := n.Call().Args
	states := n.States()
	if len(args) > 0 && recordType(args[0]) && len(states) == 1 && len(states[0].Frozen.Items()) > 5 {
		// A void of the size that the state says, whose elements come out as
		// another class: numpy.dtype((numpy.record, ...)).
		size := states[0].Frozen.Items()[5]
		if size.Kind != sym.Int || size.Big() != nil || size.Int < 0 || size.Int > 1<<31-1 || states[0].Frozen.Items()[4].Kind != sym.Dict {
			return DType{}, errors.New("numpy.dtype of a record without fields")
		}
		d := DType{Str: fmt.Sprintf("V%d", size.Int), Code: fmt.Sprintf("V%d", size.Int), Kind: 'V', Size: size.Int}
		return d, w.applyState(&d, states[0].Frozen)
	}
	if len(args) == 0 || args[0].Kind != sym.String || args[0].Lazy {
		return DType{}, errors.New("numpy.dtype without a type string")
	}
	d, err := parse(args[0].Text)
	if err != nil {
		return DType{}, err
	}
	if len(states) > 1 {
		return DType{}, errors.New("numpy.dtype with more than one state")
	}
	if len(states) == 1 {
		if err := w.applyState(&d, states[0].Frozen); err != nil {
			return DType{}, err
		}
	}
	d.Tensor = tensorType(d)
	return d, nil
}

// recordType reports whether n is numpy.record, in any of its modules.
func recordType(n *sym.Node) bool {
	return n.Is("numpy", "record") || n.Is("numpy.rec", "record") || n.Is("numpy.core.records", "record") || n.Is("numpy._core.records", "record")
}

// TypeString reports whether s is a plain type string such as "f8" or "V16".
func TypeString(s string) bool {
	_, err := parse(s)
	return err == nil
}

// isUnit reports whether s is the rest of a time unit such as "[ns]" or
// "[25s]", the first bracket cut off.
func isUnit(s string) bool {
	word, ok := strings.CutSuffix(s, "]")
	for _, c := range word {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '/' {
			return false
		}
	}
	return ok && word != ""
}

// parse reads a type string such as "f8", "<i4", "|b1", "U12" or "O8".
func parse(s string) (DType, error) {
	d := DType{Str: s}
	order := byte('=')
	if s != "" && strings.IndexByte("<>|=", s[0]) >= 0 {
		order, s = s[0], s[1:]
	}
	if s == "" || strings.IndexByte("biufcSUVMmO", s[0]) < 0 {
		return d, fmt.Errorf("numpy.dtype %q is not known", d.Str)
	}
	d.Kind, d.BigEndian = s[0], order == '>'
	var unit string
	var timed bool
	d.Code, unit, timed = strings.Cut(s, "[")
	// A unit belongs to times only, and nothing stands behind it: numpy reads
	// "M8[ns],O" as a structure with a reference in it.
	if timed && (d.Kind != 'M' && d.Kind != 'm' || !isUnit(unit)) {
		return d, fmt.Errorf("numpy.dtype %q is not known", d.Str)
	}
	digits := d.Code[1:]
	if digits == "" && d.Kind == 'O' {
		digits = "8"
	}
	size, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || size < 0 {
		return d, fmt.Errorf("numpy.dtype %q is not known", d.Str)
	}
	if d.Kind == 'U' {
		size *= 4
	}
	d.Size, d.References = size, d.Object()
	return d, nil
}

// applyState takes the byte order from the state and demands that the rest of
// it says what the type string says.
func (w *walk) applyState(d *DType, state *sym.Node) error {
	items := state.Items()
	if state.Kind != sym.Tuple || len(items) < 8 || len(items) > 9 {
		return errors.New("numpy.dtype with a state of another form")
	}
	order := items[1]
	if order.Kind != sym.String && order.Kind != sym.Bytes || len(order.Text) != 1 || !strings.Contains("<>|=", order.Text) {
		return errors.New("numpy.dtype with an unknown byte order")
	}
	d.BigEndian = order.Text == ">"
	// numpy writes -1 where the type string fixes the size.
	for _, i := range []int{5, 6} {
		if items[i].Kind != sym.Int {
			return errors.New("numpy.dtype with a size that is no integer")
		}
	}
	if err := checkLayout(*d, items); err != nil {
		return err
	}
	if err := applyUnit(d, items); err != nil {
		return err
	}
	d.Str = order.Text + strings.TrimLeft(d.Str, "<>|=")
	if items[2].Kind == sym.None && items[3].Kind == sym.None && items[4].Kind == sym.None {
		return checkFlags(*d, items[7], d.Object())
	}
	d.Structured = true
	return w.applyParts(d, items)
}

// tensorType maps numpy's kind and size to the tensor type of the same bits.
func tensorType(d DType) tensor.DType {
	switch fmt.Sprintf("%c%d", d.Kind, d.Size) {
	case "b1":
		return tensor.Bool
	case "u1":
		return tensor.U8
	case "u2":
		return tensor.U16
	case "u4":
		return tensor.U32
	case "u8":
		return tensor.U64
	case "i1":
		return tensor.I8
	case "i2":
		return tensor.I16
	case "i4":
		return tensor.I32
	case "i8":
		return tensor.I64
	case "f2":
		return tensor.F16
	case "f4":
		return tensor.F32
	case "f8":
		return tensor.F64
	case "c8":
		return tensor.C64
	case "c16":
		return tensor.C128
	}
	return ""
}
