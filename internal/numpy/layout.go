package numpy

import (
	"errors"
	"fmt"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// The flags of a dtype (numpy/core/include/numpy/ndarraytypes.h). All others
// say that elements are references, which numpy then follows.
const (
	needsInit     = 0x08
	needsPyAPI    = 0x10
	alignedStruct = 0x80
	objectFlags   = 0x3f
	partFlags     = 0x1b // what a type has of the flags of its parts
)

// checkLayout demands that item size, alignment, flags and metadata in a
// dtype's state are what numpy itself gives a type of that string: it believes
// them, and would read beyond an element or take its bytes as addresses.
func checkLayout(d DType, items []*sym.Node) error {
	if v := items[0]; v.Kind != sym.Int || v.Big() != nil || v.Int != int64(len(items)-5) {
		return errors.New("numpy.dtype with a state of another version") // 3 has 8 items, 4 has 9
	}
	size, align := items[5].Int, items[6].Int
	flexible := d.Kind == 'S' || d.Kind == 'U' || d.Kind == 'V'
	if size != d.Size && (flexible || size != -1) {
		return fmt.Errorf("numpy.dtype %q with an item size of %d", d.Str, size)
	}
	switch align {
	case 1, 2, 4, 8, 16:
	case -1:
		if !flexible {
			break
		}
		fallthrough
	default:
		return fmt.Errorf("numpy.dtype %q with an alignment of %d", d.Str, align)
	}
	return checkMetadata(d, items)
}

// checkFlags demands that the flags say that there are references where there
// are, and nowhere else. Pointers: an element is one, or an array of nothing else.
func checkFlags(d DType, flags *sym.Node, pointers bool) error {
	if flags.Kind != sym.Int || flags.Big() != nil || flags.Int < -128 || flags.Int > 255 {
		return errors.New("numpy.dtype with flags that are none")
	}
	bits, ok := flags.Int&0xff, false
	switch {
	case pointers:
		ok = bits == objectFlags
	case d.References:
		ok = bits&^alignedStruct == partFlags
	default:
		ok = bits&^(needsInit|needsPyAPI|alignedStruct) == 0
	}
	if !ok {
		return fmt.Errorf("numpy.dtype %q with the flags %#x", d.Str, bits)
	}
	return nil
}

func checkMetadata(d DType, items []*sym.Node) error {
	dated := d.Kind == 'M' || d.Kind == 'm'
	if len(items) < 9 {
		if dated {
			return errors.New("numpy.dtype of a time without a unit, at which numpy crashes")
		}
		return nil
	}
	meta := items[8]
	if dated {
		if meta.Kind != sym.Tuple || len(meta.Items()) != 2 || !plainUnit(meta.Items()[1]) {
			return errors.New("numpy.dtype with a unit of another form")
		}
		meta = meta.Items()[0]
	}
	if meta.Kind != sym.None && meta.Kind != sym.Dict {
		return errors.New("numpy.dtype with metadata of another form")
	}
	return nil
}

// plainUnit accepts (unit, count, 1, 1), which is what numpy writes.
func plainUnit(n *sym.Node) bool {
	i := n.Items()
	one := func(n *sym.Node) bool { return n.Kind == sym.Int && n.Big() == nil && n.Int == 1 }
	return n.Kind == sym.Tuple && len(i) == 4 && one(i[2]) && one(i[3])
}

// fill demands that an array of that shape of p takes all of d.
func (d *DType) fill(p DType, shape []int64) error {
	total := p.Size
	for _, n := range shape {
		if n != 0 && total > d.Size/n {
			return errors.New("numpy.dtype with an array that does not fit")
		}
		total *= n
	}
	if total != d.Size || len(shape) > 64 {
		return errors.New("numpy.dtype with an array that does not fit")
	}
	return nil
}
