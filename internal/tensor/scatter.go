package tensor

import "encoding/binary"

// A step is one dimension of a scatter: n elements, and the bytes between
// neighbours on both sides.
type step struct{ n, from, to int }

// scatter copies elements of item bytes to where the steps say.
func scatter(to, from []byte, steps []step, item int64) {
	size := int(item)
	if len(steps) == 0 {
		copy(to[:size], from)
		return
	}
	s := steps[0]
	if len(steps) > 1 {
		if len(steps) == 2 && s.from == size && steps[1].to == size && (size == 2 || size == 4) {
			transpose(to, from, s, steps[1], size)
			return
		}
		for i := range s.n {
			scatter(to[i*s.to:], from[i*s.from:], steps[1:], item)
		}
		return
	}
	switch {
	case s.from == size && s.to == size:
		copy(to[:s.n*size], from)
	case size == 2:
		for i := range s.n {
			binary.NativeEndian.PutUint16(to[i*s.to:], binary.NativeEndian.Uint16(from[i*s.from:]))
		}
	case size == 4:
		for i := range s.n {
			binary.NativeEndian.PutUint32(to[i*s.to:], binary.NativeEndian.Uint32(from[i*s.from:]))
		}
	case size == 8:
		for i := range s.n {
			binary.NativeEndian.PutUint64(to[i*s.to:], binary.NativeEndian.Uint64(from[i*s.from:]))
		}
	default:
		for i := range s.n {
			copy(to[i*s.to:][:size], from[i*s.from:])
		}
	}
}

// transpose copies a matrix whose elements, of 2 or 4 bytes, lie side by side along
// row in what is read and along column in what is written, two rows of it at a time.
func transpose(to, from []byte, row, column step, size int) {
	i := 0
	for ; i+1 < row.n; i += 2 {
		a, b := to[i*row.to:][:column.n*size], to[(i+1)*row.to:][:column.n*size]
		if size == 2 {
			pairs2(a, b, from[i*size:], column.from)
		} else {
			pairs4(a, b, from[i*size:], column.from)
		}
	}
	if i < row.n {
		scatter(to[i*row.to:], from[i*size:], []step{column}, int64(size))
	}
}

// pairs4 deals pairs of elements of 4 bytes, which lie so far apart, out to a and b.
func pairs4(a, b, from []byte, apart int) {
	le, at, k := binary.LittleEndian, 0, 0
	for ; k+8 <= len(a) && k+8 <= len(b); k += 8 {
		x, y := le.Uint64(from[at:]), le.Uint64(from[at+apart:])
		le.PutUint64(a[k:k+8], x<<32>>32|y<<32)
		le.PutUint64(b[k:k+8], x>>32|y>>32<<32)
		at += 2 * apart
	}
	if k < len(a) {
		x := le.Uint64(from[at:])
		le.PutUint32(a[k:], uint32(x))
		le.PutUint32(b[k:], uint32(x>>32))
	}
}

// pairs2 is pairs4 for elements of 2 bytes.
func pairs2(a, b, from []byte, apart int) {
	le, at, k := binary.LittleEndian, 0, 0
	for ; k+4 <= len(a) && k+4 <= len(b); k += 4 {
		x, y := le.Uint32(from[at:]), le.Uint32(from[at+apart:])
		le.PutUint32(a[k:k+4], x<<16>>16|y<<16)
		le.PutUint32(b[k:k+4], x>>16|y>>16<<16)
		at += 2 * apart
	}
	if k < len(a) {
		x := le.Uint32(from[at:])
		le.PutUint16(a[k:], uint16(x))
		le.PutUint16(b[k:], uint16(x>>16))
	}
}
