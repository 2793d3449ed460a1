package proof

import (
	"bytes"
	"encoding/binary"
)

// alike reports whether to has what scatter would write there.
func alike(to, from []byte, loops []loop, item int) bool {
	if len(loops) == 0 {
		return bytes.Equal(to[:item], from[:item])
	}
	l := loops[0]
	if len(loops) == 1 {
		return alikeRow(to, from, l, item)
	}
	if len(loops) == 2 && l.from == item && loops[1].to == item {
		switch item {
		case 4:
			return alike4(to, from, l, loops[1])
		case 2:
			return alike2(to, from, l, loops[1])
		}
	}
	for i := range l.n {
		if !alike(to[i*l.to:], from[i*l.from:], loops[1:], item) {
			return false
		}
	}
	return true
}

// alikeRow is alike for one loop.
func alikeRow(to, from []byte, l loop, item int) bool {
	if l.from == item && l.to == item {
		return bytes.Equal(to[:l.n*item], from[:l.n*item])
	}
	for i := range l.n {
		if !bytes.Equal(to[i*l.to:][:item], from[i*l.from:][:item]) {
			return false
		}
	}
	return true
}

// alike4 compares a matrix of elements of four bytes that is transposed: two rows and
// two columns at a time, since a word has two elements.
func alike4(to, from []byte, column, row loop) bool {
	le, c, differ := binary.LittleEndian, 0, uint64(0)
	for ; c+1 < column.n; c += 2 {
		a, b := to[c*column.to:][:4*row.n], to[(c+1)*column.to:][:4*row.n]
		src := from[4*c:]
		for len(a) >= 8 && len(b) >= 8 {
			x, y := le.Uint64(src), le.Uint64(src[row.from:])
			differ |= le.Uint64(a) ^ (x&0xffff_ffff | y<<32)
			differ |= le.Uint64(b) ^ (x>>32 | y>>32<<32)
			a, b, src = a[8:], b[8:], src[min(2*row.from, len(src)):]
		}
		if len(a) > 0 {
			x := le.Uint64(src)
			differ |= uint64(le.Uint32(a) ^ uint32(x))
			differ |= uint64(le.Uint32(b) ^ uint32(x>>32))
		}
		if differ != 0 {
			return false
		}
	}
	return c == column.n || alikeRow(to[c*column.to:], from[4*c:], row, 4)
}

// alike2 is alike4 for elements of two bytes.
func alike2(to, from []byte, column, row loop) bool {
	le, c, differ := binary.LittleEndian, 0, uint32(0)
	for ; c+1 < column.n; c += 2 {
		a, b := to[c*column.to:][:2*row.n], to[(c+1)*column.to:][:2*row.n]
		src := from[2*c:]
		for len(a) >= 4 && len(b) >= 4 {
			x, y := le.Uint32(src), le.Uint32(src[row.from:])
			differ |= le.Uint32(a) ^ (x&0xffff | y<<16)
			differ |= le.Uint32(b) ^ (x>>16 | y>>16<<16)
			a, b, src = a[4:], b[4:], src[min(2*row.from, len(src)):]
		}
		if len(a) > 0 {
			x := le.Uint32(src)
			differ |= uint32(le.Uint16(a) ^ uint16(x))
			differ |= uint32(le.Uint16(b) ^ uint16(x>>16))
		}
		if differ != 0 {
			return false
		}
	}
	return c == column.n || alikeRow(to[c*column.to:], from[2*c:], row, 2)
}
