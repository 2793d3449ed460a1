package witness

import "github.com/nlpodyssey/gopickle/types"

// A masked is a numpy.ma.MaskedArray, whose data and mask are two arrays.
type masked struct {
	data, mask array
	fill       any // the array of the fill value, or nil
	built      bool
	unmodelled string
}

// reconstructMasked follows _mareconstruct(subtype, baseclass, (0,), b'b') of
// numpy/ma/core.py, whose result is an array only after its BUILD.
func reconstructMasked(args []any) any {
	if len(args) == 4 {
		class, _ := args[0].(*global)
		base, _ := args[1].(*global)
		if class != nil && base != nil && base.name == "numpy.ndarray" && (class.name == "numpy.ma.MaskedArray" || class.name == "numpy.ma.core.MaskedArray") {
			return &masked{unmodelled: "a masked array without a state"}
		}
	}
	return &object{args: args, unmodelled: "a masked array of another class"}
}

// PySetState follows MaskedArray.__setstate__((version, shape, dtype,
// is_fortran, data, mask, fill_value)): the mask is spelled in the order of the
// data, one byte an element.
func (m *masked) PySetState(state any) error {
	t, ok := state.(*types.Tuple)
	if m.built || !ok || t.Len() != 7 {
		m.unmodelled = "an odd BUILD on a masked array"
		return nil
	}
	m.built, m.unmodelled, m.fill = true, "", t.Get(6)
	fortran, ok := t.Get(3).(bool)
	if !ok {
		m.unmodelled = "an odd BUILD on a masked array"
	}
	m.data.fill(t.Get(1), t.Get(2), fortran, t.Get(4))
	m.mask.fill(t.Get(1), &dtype{code: "b1", order: "|"}, fortran, t.Get(5))
	return nil
}

// GoString keeps gopickle's error texts short.
func (m *masked) GoString() string { return "masked array" }

// masked appends the parts under the names that the tree gives them.
func (w *walker) masked(m *masked) error {
	if m.unmodelled != "" {
		return w.refuse(m.unmodelled)
	}
	for _, part := range []struct {
		name string
		v    any
	}{{"data", &m.data}, {"mask", &m.mask}, {"fill_value", m.fill}} {
		if err := w.below(part.name, part.v); err != nil {
			return err
		}
	}
	return nil
}
