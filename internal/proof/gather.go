package proof

import (
	"io"
	"slices"
)

// A box is a block of a strided view: its elements are at
// (base + sum of index*stride) * item, for every index below ext.
type box struct {
	base         int64
	ext, strides []int64
	item         int64
}

// gather reads the box's elements into out in C order. tile is scratch space of
// tileBytes, which a box of one dimension of stride 1 does without.
func (b box) gather(r io.ReaderAt, out, tile []byte) error {
	if len(b.ext) == 1 && b.strides[0] == 1 {
		return readFull(r, out[:b.ext[0]*b.item], b.base*b.item)
	}
	to := cOrder(b.ext)
	p := b.plan(to)
	return p.tiles(b.ext, func(lo, part []int64) (bool, error) {
		from, into := (b.base+dot(lo, b.strides))*b.item, out[dot(lo, to)*b.item:]
		if p.direct {
			return true, readFull(r, into[:product(part)*b.item], from)
		}
		err := b.fill(r, tile, from, part, &p)
		if err == nil {
			scatter(into, tile, b.loops(part, to, &p), int(b.item))
		}
		return true, err
	})
}

// equal reports whether got has the box's elements in C order, without writing them to
// one more place. Of those that can be read in that order it says that it has not:
// to gather them is quicker.
func (b box) equal(r io.ReaderAt, got, tile []byte) (same bool, err error) {
	to := cOrder(b.ext)
	p := b.plan(to)
	if p.direct {
		return false, nil
	}
	err = p.tiles(b.ext, func(lo, part []int64) (bool, error) {
		err := b.fill(r, tile, (b.base+dot(lo, b.strides))*b.item, part, &p)
		same = err == nil && alike(got[dot(lo, to)*b.item:], tile, b.loops(part, to, &p), int(b.item))
		return same, err
	})
	return same, err
}

// fill reads a tile of the extents part, whose first element is at from.
func (b box) fill(r io.ReaderAt, tile []byte, from int64, part []int64, p *plan) error {
	span, rows, apart := int64(1), int64(1), int64(0)
	for d, n := range part {
		if d == p.next {
			rows, apart = n, b.strides[d]*b.item
		} else {
			span += (n - 1) * b.strides[d]
		}
	}
	for i := range rows {
		if err := readFull(r, tile[i*p.pitch:][:span*b.item], from+i*apart); err != nil {
			return err
		}
	}
	return nil
}

// loops returns the dimensions of a tile: the last one innermost, as the candidate has
// it, and right outside it the one that the tile has innermost.
func (b box) loops(part, to []int64, p *plan) []loop {
	var out []loop
	side := -1 // the loop along which the tile has elements side by side
	for d, n := range part {
		apart := b.strides[d] * b.item
		if d == p.next {
			apart = p.pitch
		}
		if n > 1 {
			if out = append(out, loop{int(n), int(apart), int(to[d] * b.item)}); apart == b.item {
				side = len(out) - 1
			}
		}
	}
	if k := len(out) - 2; side >= 0 && side < k {
		l := out[side]
		out = slices.Insert(slices.Delete(out, side, side+1), k, l)
	}
	return out
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
