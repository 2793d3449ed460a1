package hdf5

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/modelaudit/action/internal/safeio"
)

// A Change gives a string of an attribute another value.
type Change struct {
	Attribute *Attribute
	Index     int // of the string, in C order
	Value     string
}

// An Edit is a file in which some strings have other values. All else is byte
// for byte as it was, and where it was.
type Edit struct {
	f       *File
	patches []patch // in their order, none over another
	tail    []byte  // what follows the old end
}

// A patch is bytes that stand at a place of the file instead of others.
type patch struct {
	at int64
	b  []byte
}

// Edit plans changes. A value of the old one's length stands where that stood,
// and so does one that a string of fixed length has room for; another one of
// variable length goes into a new global heap at the end of the file, and the
// bytes of the old value become zeros. A value that others share, or that its
// fixed length does not hold, is an error; so is a File with Problems, in which
// nobody can say what else is there.
func (f *File) Edit(changes []Change) (*Edit, error) {
	if len(f.Problems) > 0 {
		p := f.Problems[0]
		return nil, &FormatError{p.Start, "a file that is not read in full is not changed: " + p.Reason}
	}
	p := &editPlan{e: &Edit{f: f}, seals: map[seal]bool{}, olds: map[int64]int{}}
	for _, c := range changes {
		if err := p.change(c); err != nil {
			return nil, err
		}
	}
	if err := f.alone(p.olds); err != nil {
		return nil, err
	}
	if err := p.appendHeap(); err != nil {
		return nil, err
	}
	return p.e, p.close()
}

// An editPlan is an Edit in the making.
type editPlan struct {
	e     *Edit
	heap  heapBuilder
	moved []Text        // the strings whose new values the heap has
	seals map[seal]bool // of what changes
	olds  map[int64]int // where old values begin
}

func (p *editPlan) change(c Change) error {
	if c.Attribute.shared {
		return fmt.Errorf("the attribute %q stands in a table for several objects", c.Attribute.Name)
	}
	texts, err := p.e.f.Strings(c.Attribute)
	if err != nil {
		return err
	}
	if c.Index < 0 || c.Index >= len(texts) {
		return fmt.Errorf("the attribute %q has no string %d", c.Attribute.Name, c.Index)
	}
	old := texts[c.Index]
	if c.Attribute.seal.end > 0 {
		p.seals[c.Attribute.seal] = true
	}
	p.olds[old.Start] = 0
	b := []byte(c.Value)
	switch {
	case old.Pointer < 0:
		if b, err = fixed(c); err != nil {
			return err
		}
	case int64(len(b)) != old.End-old.Start:
		p.heap.add(c.Value)
		p.moved = append(p.moved, old)
		b = make([]byte, old.End-old.Start)
	}
	p.e.patches = append(p.e.patches, patch{old.Start, b})
	return nil
}

// fixed pads a value to the length that its type has.
func fixed(c Change) ([]byte, error) {
	t := c.Attribute.Type
	room := t.Size
	if t.Padding == 0 {
		room-- // for the NUL
	}
	if int64(len(c.Value)) > room {
		return nil, fmt.Errorf("the attribute %q has room for %d bytes, not for %d", c.Attribute.Name, room, len(c.Value))
	}
	fill := byte(0)
	if t.Padding == 2 {
		fill = ' '
	}
	return append([]byte(c.Value), bytes.Repeat([]byte{fill}, int(t.Size)-len(c.Value))...), nil
}

// alone checks that the values that begin at the keys have one pointer each.
func (f *File) alone(starts map[int64]int) error {
	g := f.fork()
	g.watched = starts
	for _, o := range f.Objects {
		for i := range o.Attributes {
			if a := &o.Attributes[i]; a.Type.holdsReferences() {
				if err := g.followAttribute(a); err != nil {
					return err
				}
			}
		}
		if size, ok := o.Bytes(); ok && o.Layout.Stored > 0 && o.Type.holdsReferences() {
			if err := o.followData(g, size); err != nil {
				return err
			}
		}
	}
	for start, n := range starts {
		if n > 1 {
			return &FormatError{start, "a value that is to be changed belongs to other attributes or datasets, too"}
		}
	}
	return nil
}

// appendHeap puts the values that moved into a heap behind the old end.
func (p *editPlan) appendHeap() error {
	if len(p.moved) == 0 {
		return nil
	}
	e, f := p.e, p.e.f
	pad := -(f.size - f.Base) & 7
	at := f.size + pad
	collection, err := p.heap.encode(f.offsetSize, f.lengthSize)
	if err != nil {
		return err
	}
	e.tail = append(make([]byte, pad), collection...)
	for i, t := range p.moved {
		b := appendUint(nil, uint64(len(p.heap.values[i])), 4)
		b = appendUint(b, uint64(at-f.Base), f.offsetSize)
		b = appendUint(b, uint64(i+1), 4)
		e.patches = append(e.patches, patch{t.Pointer, b})
	}
	end := f.size + int64(len(e.tail)) + f.moved
	if f.offsetSize < 8 && end >= 1<<(8*f.offsetSize)-1 {
		return &FormatError{f.Base, "the file's addresses are too short for a longer file"}
	}
	e.patches = append(e.patches, patch{f.sb.eofAt, appendUint(nil, uint64(end), f.offsetSize)})
	if f.sb.sumAt != undefined {
		p.seals[seal{f.Base, f.sb.sumAt, f.sb.sumAt}] = true
	}
	return nil
}

// close writes the checksums of what the patches change, and sorts them.
func (p *editPlan) close() error {
	e := p.e
	order := func(a, b patch) int { return cmp.Compare(a.at, b.at) }
	slices.SortFunc(e.patches, order)
	for i := 1; i < len(e.patches); i++ {
		if before := e.patches[i-1]; before.at+int64(len(before.b)) > e.patches[i].at {
			return &FormatError{e.patches[i].at, "two changes are to the same bytes"}
		}
	}
	var sums []patch
	for s := range p.seals {
		b, err := safeio.ReadRange(e.f.r, e.f.size, s.start, s.end-s.start, e.f.lim.MaxAlloc)
		if err != nil {
			return err
		}
		e.apply(b, s.start)
		if s.at < s.end {
			clear(b[s.at-s.start:][:4])
		}
		sums = append(sums, patch{s.at, appendUint(nil, uint64(lookup3(b)), 4)})
	}
	e.patches = append(e.patches, sums...)
	slices.SortFunc(e.patches, order)
	return nil
}

// apply writes what patches say about the bytes b that lie at at.
func (e *Edit) apply(b []byte, at int64) {
	end := at + int64(len(b))
	for _, p := range e.patches {
		from, to := max(at, p.at), min(end, p.at+int64(len(p.b)))
		if from < to {
			copy(b[from-at:to-at], p.b[from-p.at:to-p.at])
		}
	}
}

// Changed lists the ranges of the old file in which the new one differs, in
// their order. What lies behind the old end is new.
func (e *Edit) Changed() (list []Region) {
	for _, p := range e.patches {
		list = append(list, Region{p.at, p.at + int64(len(p.b)), Structure})
	}
	return list
}

// Size is the length of the new file in bytes.
func (e *Edit) Size() int64 { return e.f.size + int64(len(e.tail)) }

// WriteTo writes the new file. It holds no more than a constant number of
// bytes of the old one.
func (e *Edit) WriteTo(w io.Writer) (int64, error) {
	written, pos := int64(0), int64(0)
	for _, p := range append(slices.Clone(e.patches), patch{e.f.size, e.tail}) {
		n, err := io.Copy(w, io.NewSectionReader(e.f.r, pos, p.at-pos))
		written += n
		if err == nil && n != p.at-pos {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return written, err
		}
		m, err := w.Write(p.b)
		written += int64(m)
		if err != nil {
			return written, err
		}
		if pos = p.at + int64(len(p.b)); p.at == e.f.size {
			break
		}
	}
	return written, nil
}
