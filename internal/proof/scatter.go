package proof

import "encoding/binary"

// A loop is one dimension of a scatter: n steps, in bytes of both sides.
type loop struct{ n, from, to int }

// scatter copies elements of item bytes from where from's strides say to where to's say.
func scatter(to, from []byte, loops []loop, item int) {
	if len(loops) == 0 {
		copy(to[:item], from)
		return
	}
	if turned(to, from, loops, item) {
		return
	}
	l := loops[0]
	if len(loops) > 1 {
		for i := range l.n {
			scatter(to[i*l.to:], from[i*l.from:], loops[1:], item)
		}
		return
	}
	switch {
	case l.from == item && l.to == item:
		copy(to[:l.n*item], from)
	case item == 2:
		for i := range l.n {
			binary.LittleEndian.PutUint16(to[i*l.to:], binary.LittleEndian.Uint16(from[i*l.from:]))
		}
	case item == 4:
		for i := range l.n {
			binary.LittleEndian.PutUint32(to[i*l.to:], binary.LittleEndian.Uint32(from[i*l.from:]))
		}
	case item == 8:
		for i := range l.n {
			binary.LittleEndian.PutUint64(to[i*l.to:], binary.LittleEndian.Uint64(from[i*l.from:]))
		}
	default:
		for i := range l.n {
			copy(to[i*l.to:][:item], from[i*l.from:])
		}
	}
}

// turned copies the last two loops where they are a matrix that is transposed: two rows
// and two columns at a time, since a word has two elements.
func turned(to, from []byte, loops []loop, item int) bool {
	if len(loops) != 2 || loops[0].from != item || loops[1].to != item {
		return false
	}
	switch item {
	case 4:
		turn4(to, from, loops[0], loops[1])
	case 2:
		turn2(to, from, loops[0], loops[1])
	default:
		return false
	}
	return true
}

// turn4 is turned for elements of four bytes.
func turn4(to, from []byte, column, row loop) {
	le, c := binary.LittleEndian, 0
	for ; c+1 < column.n; c += 2 {
		a, b := to[c*column.to:][:4*row.n], to[(c+1)*column.to:][:4*row.n]
		for src := from[4*c:]; len(a) >= 8 && len(b) >= 8; a, b = a[8:], b[8:] {
			x, y := le.Uint64(src), le.Uint64(src[row.from:])
			le.PutUint64(a, x&0xffff_ffff|y<<32)
			le.PutUint64(b, x>>32|y>>32<<32)
			src = src[min(2*row.from, len(src)):]
		}
		if row.n%2 == 1 {
			x := le.Uint64(from[4*c+(row.n-1)*row.from:])
			le.PutUint32(a, uint32(x))
			le.PutUint32(b, uint32(x>>32))
		}
	}
	if c < column.n {
		scatter(to[c*column.to:], from[4*c:], []loop{row}, 4)
	}
}

// turn2 is turned for elements of two bytes.
func turn2(to, from []byte, column, row loop) {
	le, c := binary.LittleEndian, 0
	for ; c+1 < column.n; c += 2 {
		a, b := to[c*column.to:][:2*row.n], to[(c+1)*column.to:][:2*row.n]
		for src := from[2*c:]; len(a) >= 4 && len(b) >= 4; a, b = a[4:], b[4:] {
			x, y := le.Uint32(src), le.Uint32(src[row.from:])
			le.PutUint32(a, x&0xffff|y<<16)
			le.PutUint32(b, x>>16|y>>16<<16)
			src = src[min(2*row.from, len(src)):]
		}
		if row.n%2 == 1 {
			x := le.Uint32(from[2*c+(row.n-1)*row.from:])
			le.PutUint16(a, uint16(x))
			le.PutUint16(b, uint16(x>>16))
		}
	}
	if c < column.n {
		scatter(to[c*column.to:], from[2*c:], []loop{row}, 2)
	}
}
