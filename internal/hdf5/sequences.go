package hdf5

import "io"

// Sequences calls visit with the place of each value of a dataset whose elements
// are texts of variable length or sequences of single bytes, in C order, until
// visit fails. It does nothing for any other dataset.
func (f *File) Sequences(o *Object, visit func(start, end int64) error) error {
	if o.Kind != Dataset || o.Type == nil || o.Type.Class != VarLen || !o.Type.Text && o.Type.Base.Size != 1 {
		return nil
	}
	r, err := f.Data(o)
	if err != nil {
		return err
	}
	size, _ := o.Bytes()
	f = f.fork()
	buf := make([]byte, 4096*o.Type.Size)
	for at := int64(0); at < size; {
		n, err := r.ReadAt(buf[:min(int64(len(buf)), size-at)], at)
		if int64(n) < o.Type.Size {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		n -= n % int(o.Type.Size)
		for c := (&cursor{f: f, b: buf[:n], at: o.Addr}); c.rest() > 0; {
			v, err := c.heapValue(1)
			if err == nil && v.count > 0 {
				err = visit(v.start, v.end)
			}
			if err != nil {
				return err
			}
		}
		at += int64(n)
	}
	return nil
}
