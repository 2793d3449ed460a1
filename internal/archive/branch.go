package archive

import (
	"encoding/binary"
	"io"
)

// A branchReader undoes a filter that made the targets of a processor's branches
// absolute (liblzma:simple).
type branchReader struct {
	r    io.Reader
	buf  []byte // filtered up to done, raw behind
	done int
	err  error
	// filter converts the beginning of a buffer, and returns how much of it.
	filter func([]byte) int
}

// Read implements io.Reader.
func (x *branchReader) Read(p []byte) (int, error) {
	for x.done == 0 {
		if x.err != nil {
			n := 0
			if x.err == io.EOF { // the last bytes hold no whole instruction
				n = copy(p, x.buf)
				x.buf = x.buf[n:]
			}
			if n > 0 {
				return n, nil
			}
			return 0, x.err
		}
		kept := len(x.buf)
		grown := make([]byte, kept+32<<10)
		copy(grown, x.buf)
		n, err := x.r.Read(grown[kept:])
		x.buf, x.err = grown[:kept+n], err
		x.done = x.filter(x.buf)
	}
	n := copy(p, x.buf[:x.done])
	x.buf, x.done = x.buf[n:], x.done-n
	return n, nil
}

// branches returns the filter with an id of xz, which 7z gives it too, for a
// stream that begins at pos.
func branches(id int64, pos uint32) func([]byte) int {
	switch id {
	case 4:
		return (&x86{pos: pos}).filter
	case 5:
		return (&aligned{4, powerPC, pos}).filter
	case 6:
		return (&aligned{16, ia64, pos}).filter
	case 7:
		return (&aligned{4, arm, pos}).filter
	case 8:
		return (&aligned{2, armThumb, pos}).filter
	case 9:
		return (&aligned{4, sparc, pos}).filter
	case 10:
		return (&aligned{4, arm64, pos}).filter
	}
	return nil
}

// An aligned filter converts instructions at multiples of a step.
type aligned struct {
	step int
	// one converts the instruction at the beginning of b, which is at pos of the
	// stream, and says how many steps it took.
	one func(b []byte, pos uint32) int
	pos uint32
}

func (a *aligned) filter(b []byte) int {
	size, i := max(a.step, 4), 0
	for i+size <= len(b) {
		i += a.step * a.one(b[i:], a.pos+uint32(i))
	}
	a.pos += uint32(i)
	return i
}

func powerPC(b []byte, pos uint32) int {
	if v := binary.BigEndian.Uint32(b); v>>26 == 0x12 && v&3 == 1 {
		binary.BigEndian.PutUint32(b, 0x12<<26|(v-pos)&0x03fffffc|1)
	}
	return 1
}

func arm(b []byte, pos uint32) int {
	if b[3] == 0xeb {
		v := binary.LittleEndian.Uint32(b)
		binary.LittleEndian.PutUint32(b, 0xeb<<24|(v-(pos+8)>>2)&0xffffff)
	}
	return 1
}

func armThumb(b []byte, pos uint32) int {
	high, low := binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:])
	if high>>11 != 0x1e || low>>11 != 0x1f {
		return 1
	}
	v := uint32(high&0x7ff)<<11 | uint32(low&0x7ff)
	v -= (pos + 4) >> 1
	binary.LittleEndian.PutUint16(b, 0x1e<<11|uint16(v>>11)&0x7ff)
	binary.LittleEndian.PutUint16(b[2:], 0x1f<<11|uint16(v)&0x7ff)
	return 2
}

func sparc(b []byte, pos uint32) int {
	if v := binary.BigEndian.Uint32(b); v>>22 == 0x100 || v>>22 == 0x1ff {
		v -= pos >> 2
		sign := -(v >> 22 & 1) << 22 & 0x3fffffff
		binary.BigEndian.PutUint32(b, 0x40000000|sign|v&0x3fffff)
	}
	return 1
}

func arm64(b []byte, pos uint32) int {
	switch v := binary.LittleEndian.Uint32(b); {
	case v>>26 == 0x25:
		binary.LittleEndian.PutUint32(b, 0x25<<26|(v-pos>>2)&0x03ffffff)
	case v&0x9f000000 == 0x90000000:
		page := v>>29&3 | v>>3&0x1ffffc
		if (page+0x20000)&0x1c0000 != 0 {
			break
		}
		page -= pos >> 12
		binary.LittleEndian.PutUint32(b, v&0x9000001f|page&3<<29|page&0x3fffc<<3|-(page&0x20000)&0xe00000)
	}
	return 1
}

// ia64 converts a bundle: three instructions of 41 bits behind five that say of
// what kinds they are.
func ia64(b []byte, pos uint32) int {
	kinds := [32]byte{16: 4, 4, 6, 6, 0, 0, 7, 7, 4, 4, 0, 0, 4, 4}
	for slot := range 3 {
		if kinds[b[0]&31]>>slot&1 == 0 {
			continue
		}
		bit := 5 + 41*slot
		var at [8]byte
		copy(at[:6], b[bit/8:])
		whole := binary.LittleEndian.Uint64(at[:])
		v := whole >> (bit % 8)
		if v>>37&15 != 5 || v>>9&7 != 0 {
			continue
		}
		target := uint32(v>>13&0xfffff | v>>36&1<<20)
		target -= pos >> 4
		v = v&^(0x8fffff<<13) | uint64(target&0xfffff)<<13 | uint64(target&0x100000)<<16
		binary.LittleEndian.PutUint64(at[:], whole&(1<<(bit%8)-1)|v<<(bit%8))
		copy(b[bit/8:], at[:6])
	}
	return 1
}
