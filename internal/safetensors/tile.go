package safetensors

import (
	"cmp"
	"fmt"
	"slices"
)

// tile sorts the entries by their place and checks that they cover the bytes
// from DataOffset to size without hole or overlap.
func (p *parser) tile(size int64) error {
	f := p.file
	slices.SortStableFunc(f.Entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Begin, b.Begin), cmp.Compare(a.End, b.End))
	})
	slices.SortStableFunc(p.spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	data, end := size-f.DataOffset, int64(0)
	for _, e := range f.Entries {
		if e.Begin != end {
			return f.gap(quoted(e.Name), e.Begin, end, data)
		}
		end = e.End
	}
	for _, s := range p.spans {
		if s.begin != end {
			return f.gap(fmt.Sprintf("described at %d", lengthSize+s.name), s.begin, end, data)
		}
		end = s.end
	}
	if end != data {
		return &FormatError{f.DataOffset + min(end, data), fmt.Sprintf(
			"the tensors have %d bytes, the file holds %d", end, data)}
	}
	return nil
}

// gap is the error of a tensor that does not begin where the one before it ends.
func (f *File) gap(which string, begin, end, data int64) error {
	return &FormatError{f.DataOffset + min(end, data), fmt.Sprintf(
		"tensor %s begins at %d of the data section, not at %d", which, begin, end)}
}
