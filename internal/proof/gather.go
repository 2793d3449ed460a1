package proof

import (
	"encoding/binary"
	"io"
)

// sparse is how many bytes are read rather than skipped between two elements:
// about what one more read costs.
const sparse = 512

// A box is a block of a strided view: its elements are at
// (base + sum of index*stride) * item, for every index below ext.
type box struct {
	base         int64
	ext, strides []int64
	item         int64
}

// gather reads the box's elements into out in C order. run is scratch space
// of blockBytes, which a box of one dimension of stride 1 does without.
func (b box) gather(r io.ReaderAt, out, run []byte) error {
	if len(b.ext) == 1 && b.strides[0] == 1 {
		return readFull(r, out[:b.ext[0]*b.item], b.base*b.item)
	}
	to := cOrder(b.ext)
	inner, span := b.inner()
	var outer []int
	useful, same := int64(1), true
	for i := range b.ext {
		if !inner[i] {
			outer = append(outer, i)
			continue
		}
		useful *= b.ext[i]
		same = same && (b.ext[i] == 1 || b.strides[i] == to[i])
	}
	same = same && span == useful // one read has the elements as out wants them
	loops := b.loops(inner, to)
	index := make([]int64, len(b.ext))
	for {
		from, into := (b.base+dot(index, b.strides))*b.item, out[dot(index, to)*b.item:]
		if same {
			if err := readFull(r, into[:span*b.item], from); err != nil {
				return err
			}
		} else {
			if err := readFull(r, run[:span*b.item], from); err != nil {
				return err
			}
			scatter(into, run, loops, b.item)
		}
		if !advance(index, b.ext, outer) {
			return nil
		}
	}
}

// inner chooses the dimensions that one read covers, from the smallest stride
// upwards, and returns them with the elements that such a read spans.
func (b box) inner() ([]bool, int64) {
	chosen := make([]bool, len(b.ext))
	span := int64(1)
	for _, i := range byStride(b.strides) {
		gap := (b.strides[i] - span) * b.item
		if b.ext[i] > 1 && (gap > sparse || b.strides[i] > (blockBytes/b.item-span)/(b.ext[i]-1)) {
			break
		}
		span += (b.ext[i] - 1) * b.strides[i]
		chosen[i] = true
	}
	return chosen, span
}

// A loop is one dimension of a scatter: n steps, in bytes of both sides.
type loop struct{ n, from, to int }

// loops returns the chosen dimensions, the last one innermost.
func (b box) loops(chosen []bool, to []int64) []loop {
	var out []loop
	for i, ok := range chosen {
		if ok && b.ext[i] > 1 {
			out = append(out, loop{int(b.ext[i]), int(b.strides[i] * b.item), int(to[i] * b.item)})
		}
	}
	return out
}

// scatter copies elements of item bytes from where from's strides say to where to's say.
func scatter(to, from []byte, loops []loop, item int64) {
	if len(loops) == 0 {
		copy(to[:item], from)
		return
	}
	l := loops[0]
	if len(loops) > 1 {
		for i := range l.n {
			scatter(to[i*l.to:], from[i*l.from:], loops[1:], item)
		}
		return
	}
	switch item {
	case 4:
		for i := range l.n {
			binary.NativeEndian.PutUint32(to[i*l.to:], binary.NativeEndian.Uint32(from[i*l.from:]))
		}
	case 2:
		for i := range l.n {
			binary.NativeEndian.PutUint16(to[i*l.to:], binary.NativeEndian.Uint16(from[i*l.from:]))
		}
	default:
		for i := range l.n {
			copy(to[i*l.to:][:item], from[i*l.from:])
		}
	}
}

// advance moves index to the next one in the given dimensions, in C order.
func advance(index, ext []int64, dims []int) bool {
	for k := len(dims) - 1; k >= 0; k-- {
		d := dims[k]
		if index[d]++; index[d] < ext[d] {
			return true
		}
		index[d] = 0
	}
	return false
}

// readFull fills p from off.
func readFull(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	if n == len(p) && (err == nil || err == io.EOF) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}
