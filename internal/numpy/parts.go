package numpy

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// Limits of one dtype: how deep its parts nest, and how many bytes their names
// and descriptions take. One dtype may be a part of many others, so that a
// small file can describe a very large one.
const (
	maxNesting = 16
	maxParts   = 1 << 20
	partCost   = 128
)

// A walk is what is left of the limits while a dtype is read.
type walk struct{ depth, left int }

// applyUnit takes the unit of a datetime or timedelta from the ninth item of
// a dtype's state: (metadata, (unit, count, divisor, event))
// (numpy/core/src/multiarray/descriptor.c, arraydescr_reduce).
func applyUnit(d *DType, state []*sym.Node) error {
	if d.Kind != 'M' && d.Kind != 'm' || len(state) < 9 || state[8].Kind == sym.None {
		return nil
	}
	bad := errors.New("numpy.dtype with a unit of another form")
	outer := state[8].Items()
	if state[8].Kind != sym.Tuple || len(outer) != 2 || outer[1].Kind != sym.Tuple || len(outer[1].Items()) != 4 {
		return bad
	}
	parts := outer[1].Items()
	unit := parts[0]
	if c := unit.Call(); unit.Kind == sym.Object && c != nil && c.Func.Is("_codecs", "encode") && len(c.Args) == 2 {
		unit = c.Args[0] // protocols below 3
	}
	if unit.Kind != sym.String && unit.Kind != sym.Bytes || unit.Lazy || parts[1].Kind != sym.Int || parts[1].Big() != nil || parts[1].Int < 1 {
		return bad
	}
	switch unit.Text {
	case "generic":
		d.Str = d.Code
	case "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as":
		d.Str = d.Code + "[" + unit.Text + "]"
		if parts[1].Int > 1 {
			d.Str = fmt.Sprintf("%s[%d%s]", d.Code, parts[1].Int, unit.Text)
		}
	default:
		return bad
	}
	return nil
}

// A format is how Str spells the type of a part: a text, or JSON.
func format(d DType) any {
	if d.Structured {
		return json.RawMessage(d.Str)
	}
	return d.Str
}

// applyParts demands that the parts of a structured dtype lie inside an
// element, none of them over a reference, and spells them: bytes of the file
// that stand where a reference is would be used as an address.
func (w *walk) applyParts(d *DType, state []*sym.Node) error {
	sub, names, fields := state[2], state[3], state[4]
	if d.Kind != 'V' {
		return fmt.Errorf("numpy.dtype %q with parts", d.Str)
	}
	var spelled any
	var err error
	pointers := false
	if sub.Kind == sym.Tuple && len(sub.Items()) == 2 && names.Kind == sym.None {
		spelled, pointers, err = w.subarray(d, sub.Items())
	} else {
		spelled, err = w.record(d, names, fields)
	}
	if err == nil {
		err = checkFlags(*d, state[7], pointers)
	}
	if err != nil {
		return err
	}
	d.Str, err = spell(spelled)
	return err
}

// spell writes the description of a type with parts.
func spell(as any) (string, error) {
	var text strings.Builder
	to := json.NewEncoder(&text)
	to.SetEscapeHTML(false)
	err := to.Encode(as)
	return strings.TrimSuffix(text.String(), "\n"), err
}

// part reads the dtype of a part that stands at offset and has a name.
func (w *walk) part(d *DType, n *sym.Node, offset int64, name string) (DType, error) {
	w.left -= partCost + len(name)
	if w.depth++; w.depth > maxNesting || w.left < 0 {
		return DType{}, errors.New("numpy.dtype with too many parts")
	}
	p, err := w.dtype(n)
	w.depth--
	if err == nil && (offset < 0 || offset > d.Size || p.Size > d.Size-offset) {
		err = errors.New("numpy.dtype with a part that does not fit")
	}
	d.References = d.References || p.References
	return p, err
}

// subarray: (dtype, shape), where a shape of one dimension may be an integer.
// Pointers: its elements are references.
func (w *walk) subarray(d *DType, items []*sym.Node) (spelled any, pointers bool, err error) {
	p, err := w.part(d, items[0], 0, "")
	if err != nil {
		return nil, false, err
	}
	sizes := items[1].Items()
	if items[1].Kind == sym.Int {
		sizes = items[1:]
	}
	shape := []int64{}
	for _, n := range sizes {
		if n.Kind != sym.Int || n.Big() != nil || n.Int < 0 {
			return nil, false, errors.New("numpy.dtype with a subarray of another form")
		}
		shape = append(shape, n.Int)
	}
	return []any{format(p), shape}, p.Object(), d.fill(p, shape)
}

// A layout is what numpy.dtype takes for a type with fields.
type layout struct {
	Names    []string `json:"names"`
	Titles   []any    `json:"titles,omitempty"` // nil for a field without one
	Formats  []any    `json:"formats"`
	Offsets  []int64  `json:"offsets"`
	ItemSize int64    `json:"itemsize"`
}

func (w *walk) record(d *DType, names, fields *sym.Node) (any, error) {
	bad := errors.New("structured numpy.dtype of another form")
	if names.Kind != sym.Tuple || fields.Kind != sym.Dict {
		return nil, bad
	}
	byName := map[string][]*sym.Node{}
	for _, f := range fields.Pairs() {
		v := f.Value.Items()
		key, ok := w.nameOf(f.Key)
		if !ok || f.Value.Kind != sym.Tuple || len(v) < 2 || len(v) > 3 || v[1].Kind != sym.Int {
			return nil, bad
		}
		byName[key] = v
	}
	if len(byName) != len(fields.Pairs()) {
		return nil, bad
	}
	out := layout{Names: []string{}, Formats: []any{}, Offsets: []int64{}, ItemSize: d.Size}
	titled, parts := false, []extent{}
	for _, n := range names.Items() {
		name, ok := w.nameOf(n)
		v := byName[name]
		if !ok || v == nil {
			return nil, bad
		}
		delete(byName, name)
		title := titleOf(v)
		if title != nil && !takeTitle(byName, v) {
			return nil, bad
		}
		if out.Titles = append(out.Titles, title); title != nil {
			titled = true
		}
		p, err := w.part(d, v[0], v[1].Int, name)
		if err != nil {
			return nil, err
		}
		parts = append(parts, extent{v[1].Int, v[1].Int + p.Size})
		out.Names, out.Formats, out.Offsets = append(out.Names, name), append(out.Formats, format(p)), append(out.Offsets, v[1].Int)
	}
	if len(byName) > 0 || d.References && overlap(parts) {
		return nil, bad
	}
	if !titled {
		out.Titles = nil
	}
	return out, nil
}

// An extent is where in an element a field stands.
type extent struct{ start, end int64 }

// overlap reports whether two fields have a byte in common.
func overlap(parts []extent) bool {
	slices.SortFunc(parts, func(a, b extent) int { return cmp.Compare(a.start, b.start) })
	for i := 1; i < len(parts); i++ {
		if parts[i].start < parts[i-1].end {
			return true
		}
	}
	return false
}

// titleOf is the title of a field (dtype, offset[, title]), nil if it has none.
func titleOf(field []*sym.Node) any {
	if len(field) < 3 || field[2].Kind != sym.String {
		return nil
	}
	return field[2].Text
}

// takeTitle takes the second mention of a field, under its title, out of those
// that are left: numpy writes both (numpy/core/src/multiarray/descriptor.c).
func takeTitle(left map[string][]*sym.Node, field []*sym.Node) bool {
	other := left[field[2].Text]
	if len(other) != len(field) || other[0] != field[0] || other[1].Int != field[1].Int || other[2].Text != field[2].Text || field[2].Lazy {
		return false
	}
	delete(left, field[2].Text)
	return true
}
