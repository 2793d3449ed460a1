package booster

import (
	"encoding/binary"
	"math"
)

// ubjson reads UBJSON as xgboost writes it (src/common/json.cc, UBJWriter):
// every length is an L, typed arrays have their type and count, and objects
// have neither.
type ubjson struct{ *model }

// width is how many bytes a number of a type has, 0 for what is none.
func width(tag byte) int64 {
	switch tag {
	case 'i', 'U':
		return 1
	case 'I':
		return 2
	case 'l', 'd':
		return 4
	case 'L', 'D':
		return 8
	}
	return 0
}

func (u ubjson) value(tag byte) {
	switch tag {
	case '{':
		u.open(false)
		for u.peek() != '}' {
			u.key(string(u.bytes(u.length())))
			u.value(u.next())
		}
		u.next()
		u.close()
	case '[':
		u.array()
	case 'S':
		n := u.length()
		u.text(string(u.bytes(n)))
	case 'T', 'F', 'N', 'Z':
		u.word()
	default:
		u.number(u.read(tag))
	}
}

func (u ubjson) array() {
	u.open(true)
	var tag byte
	if u.peek() == '$' {
		u.next()
		tag = u.next()
		if width(tag) == 0 {
			u.fail("a list of %q", tag)
		}
	}
	u.expect('#')
	n := u.length()
	if tag != 0 && !u.wanted() {
		if n > math.MaxInt64/8 {
			u.fail("a list of %d numbers", n)
		}
		u.skip(n * width(tag))
		u.count(n)
	} else {
		for range n {
			if tag == 0 {
				u.value(u.next())
			} else {
				u.number(u.read(tag))
			}
		}
	}
	u.close()
}

// length reads a count.
func (u ubjson) length() int64 {
	u.expect('L')
	n, _ := u.read('L')
	if n < 0 {
		u.fail("a negative length")
	}
	return n
}

// read reads a number; it is not whole if it is none that counts or points.
func (u ubjson) read(tag byte) (n int64, whole bool) {
	w := width(tag)
	if w == 0 {
		u.fail("a value of the unknown type %q", tag)
	}
	var b [8]byte
	for i := 8 - w; i < 8; i++ {
		b[i] = u.next()
	}
	v := binary.BigEndian.Uint64(b[:])
	switch tag {
	case 'i':
		return int64(int8(v)), true
	case 'I':
		return int64(int16(v)), true
	case 'l':
		return int64(int32(v)), true
	case 'U', 'L':
		return int64(v), true
	}
	return 0, false
}
