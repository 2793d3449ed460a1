package numpy

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// An element is a type read from a header's descr.
type element struct {
	DType
	object bool // has references to Python objects
}

// descrOf reads what numpy/lib/format.py, descr_to_dtype, makes a type of: a
// type string, a list of fields, or in a field (type, shape). Of type strings it
// knows those that dtype.str yields; numpy reads much more into a text.
func descrOf(v literal) (element, error) {
	switch {
	case v.kind == 's':
		d, err := parse(v.text)
		if err == nil && !sized(d) {
			err = fmt.Errorf("numpy.dtype %q is not known", v.text)
		}
		d.Tensor = tensorType(d)
		return element{d, d.Object()}, err
	case v.kind == '(' && len(v.items) == 2:
		e, err := descrOf(v.items[0])
		if err != nil {
			return e, err
		}
		return e.repeat(v.items[1])
	case v.kind == '[':
		return recordOf(v.items)
	}
	return element{}, errors.New("the type is of another form")
}

// sized reports whether numpy has a type of that kind with that size.
func sized(d DType) bool {
	in := func(sizes string) bool { return strings.Contains(sizes, " "+strconv.FormatInt(d.Size, 10)+" ") }
	switch d.Kind {
	case 'b':
		return in(" 1 ")
	case 'i', 'u':
		return in(" 1 2 4 8 ")
	case 'f':
		return in(" 2 4 8 10 12 16 ")
	case 'c':
		return in(" 8 16 20 24 32 ")
	case 'M', 'm':
		return in(" 8 ")
	}
	return true
}

// repeat makes the type of an array in an element.
func (e element) repeat(shape literal) (element, error) {
	dims := shape.items
	if shape.kind == 'i' {
		dims = []literal{shape}
	} else if shape.kind != '(' {
		return e, errors.New("an array in the type has no shape")
	}
	// numpy takes (flexible type without a size, n) for a type of size n.
	if len(dims) > 64 || e.Size == 0 {
		return e, errors.New("an array in the type is of another form")
	}
	sizes := []int64{}
	for _, n := range dims {
		if n.kind != 'i' || n.n < 0 {
			return e, errors.New("an array in the type has something else than sizes")
		}
		hi, lo := bits.Mul64(uint64(e.Size), uint64(n.n))
		if hi != 0 || lo > maxElement {
			return e, errors.New("an array in the type is too large")
		}
		e.Size = int64(lo)
		sizes = append(sizes, n.n)
	}
	return e.spell([]any{format(e.DType), sizes})
}

// maxElement is the largest element that numpy has: its size is a C int.
const maxElement = 1<<31 - 1

// spell gives a type its description as JSON, and a kind of its own.
func (e element) spell(as any) (element, error) {
	text, err := spell(as)
	if len(text) > maxParts {
		err = errors.New("the type has too many parts")
	}
	e.Str, e.Code, e.Kind, e.Structured, e.Tensor, e.BigEndian = text, fmt.Sprintf("V%d", e.Size), 'V', true, "", false
	return e, err
}

// recordOf reads a list of fields: (name, type[, shape]), of which one that has
// no name and no type but bytes is padding.
func recordOf(fields []literal) (element, error) {
	bad := errors.New("a field of the type is of another form")
	out := layout{Names: []string{}, Formats: []any{}, Offsets: []int64{}}
	object, titled := false, false
	for _, f := range fields {
		if f.kind != '(' || len(f.items) < 2 || len(f.items) > 3 {
			return element{}, bad
		}
		name, title := f.items[0], any(nil)
		if name.kind == '(' && len(name.items) == 2 { // title and name
			if name.items[0].kind == 's' {
				title, titled = name.items[0].text, true
			}
			name = name.items[1]
		}
		e, err := descrOf(f.items[1])
		if err == nil && len(f.items) == 3 {
			e, err = e.repeat(f.items[2])
		}
		if err != nil {
			return e, err
		}
		if name.kind != 's' {
			return e, bad
		}
		if name.text != "" || e.Kind != 'V' || e.Structured {
			out.Titles = append(out.Titles, title)
			out.Names, out.Formats, out.Offsets = append(out.Names, name.text), append(out.Formats, format(e.DType)), append(out.Offsets, out.ItemSize)
		}
		object = object || e.object
		if out.ItemSize += e.Size; out.ItemSize > maxElement {
			return e, errors.New("the type is too large")
		}
	}
	if !titled {
		out.Titles = nil
	}
	return element{DType{Size: out.ItemSize}, object}.spell(out)
}
