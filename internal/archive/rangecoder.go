package archive

import "io"

// normalise keeps at least 24 bits in the range.
func (d *lzmaDecoder) normalise() {
	if d.rng < 1<<24 {
		d.rng <<= 8
		d.code = d.code<<8 | uint32(d.readByte())
	}
}

// readByte gives zeros behind the end, and remembers that it did.
func (d *lzmaDecoder) readByte() byte {
	in := d.in
	if in.i == len(in.buf) && !in.fill(1) {
		if d.err = in.end(); d.err == io.EOF {
			d.err = io.ErrUnexpectedEOF
		}
		return 0
	}
	in.i++
	return in.buf[in.i-1]
}

// bit decodes one bit and adapts its probability.
func (d *lzmaDecoder) bit(p *uint16) uint32 {
	if d.rng < 1<<24 {
		d.rng <<= 8
		d.code = d.code<<8 | uint32(d.readByte())
	}
	v := uint32(*p)
	bound := d.rng >> 11 * v
	if d.code < bound {
		d.rng = bound
		*p = uint16(v + (2048-v)>>5)
		return 0
	}
	d.rng -= bound
	d.code -= bound
	*p = uint16(v - v>>5)
	return 1
}

// tree decodes a symbol from a complete binary tree of len(p) leaves. The coder's
// state is kept in variables here and below: it is where the time is spent.
func (d *lzmaDecoder) tree(p []uint16) int {
	rng, code, m := d.rng, d.code, 1
	for m < len(p) {
		if rng < 1<<24 {
			rng <<= 8
			code = code<<8 | uint32(d.readByte())
		}
		q := &p[m]
		v := uint32(*q)
		if bound := rng >> 11 * v; code < bound {
			rng = bound
			*q = uint16(v + (2048-v)>>5)
			m <<= 1
		} else {
			rng -= bound
			code -= bound
			*q = uint16(v - v>>5)
			m = m<<1 | 1
		}
	}
	d.rng, d.code = rng, code
	return m - len(p)
}

// reverse decodes n bits, lowest first.
func (d *lzmaDecoder) reverse(p []uint16, n int) uint32 {
	m, v := 1, uint32(0)
	for i := range n {
		b := d.bit(&p[m])
		m = m<<1 | int(b)
		v |= b << i
	}
	return v
}

// length decodes the length of a match.
func (d *lzmaDecoder) length(l *lenCoder, at int) int {
	switch {
	case d.bit(&l.choice[0]) == 0:
		return 2 + d.tree(l.low[at][:])
	case d.bit(&l.choice[1]) == 0:
		return 10 + d.tree(l.mid[at][:])
	}
	return 18 + d.tree(l.high[:])
}

// distance decodes the distance of a match, less one.
func (d *lzmaDecoder) distance(length int) uint32 {
	slot := uint32(d.tree(d.probs.slot[min(length-2, 3)][:]))
	if slot < 4 {
		return slot
	}
	n := int(slot>>1 - 1)
	dist := (2 | slot&1) << n
	if slot < 14 {
		return dist + d.reverse(d.probs.special[dist-slot:], n)
	}
	rng, code, direct := d.rng, d.code, uint32(0)
	for range n - 4 { // bits of even chance, without a branch for them
		if rng < 1<<24 {
			rng <<= 8
			code = code<<8 | uint32(d.readByte())
		}
		rng >>= 1
		code -= rng
		below := -(code >> 31) // all ones if code was less than rng
		code += rng & below
		direct = direct<<1 + below + 1
	}
	d.rng, d.code = rng, code
	dist += direct << 4
	return dist + d.reverse(d.probs.align[:], 4)
}

// literal decodes a byte. It is where incompressible data spends its time: its bits are
// of even chance, and a branch on each would be foreseen wrongly half of the time. So
// there is none: zero is all ones for the bit 0 and nothing for the bit 1, and 2017 is
// what turns rounding down to 0 into rounding down to 2048 (2048 less 31).
func (d *lzmaDecoder) literal() byte {
	w := &d.window
	prev := 0
	if w.total > 0 {
		prev = int(w.at(0))
	}
	p := d.literals[0x300*(int(w.total)&(1<<d.lp-1)<<d.lc|prev>>(8-d.lc)):][:0x300]
	symbol := uint32(1)
	if d.state >= 7 && w.has(d.reps[0]) {
		match := uint32(w.at(d.reps[0])) << 1
		offset := uint32(0x100)
		rng, code := d.rng, d.code
		for symbol < 0x100 {
			if rng < 1<<24 {
				rng <<= 8
				code = code<<8 | uint32(d.readByte())
			}
			m := match & offset
			q := &p[offset+m+symbol]
			v := uint32(*q)
			bound := rng >> 11 * v
			zero := uint32((uint64(code) - uint64(bound)) >> 32)
			rng = rng - bound + (2*bound-rng)&zero
			code -= bound &^ zero
			*q = uint16(v - uint32(int32(v-zero&2017)>>5))
			symbol = symbol<<1 + 1 + zero
			offset &= m ^ zero
			match <<= 1
		}
		d.rng, d.code = rng, code
	} else {
		rng, code := d.rng, d.code
		for symbol < 0x100 {
			if rng < 1<<24 {
				rng <<= 8
				code = code<<8 | uint32(d.readByte())
			}
			q := &p[symbol&0x1ff]
			v := uint32(*q)
			bound := rng >> 11 * v
			zero := uint32((uint64(code) - uint64(bound)) >> 32)
			rng = rng - bound + (2*bound-rng)&zero
			code -= bound &^ zero
			*q = uint16(v - uint32(int32(v-zero&2017)>>5))
			symbol = symbol<<1 + 1 + zero
		}
		d.rng, d.code = rng, code
	}
	switch {
	case d.state < 4:
		d.state = 0
	case d.state < 10:
		d.state -= 3
	default:
		d.state -= 6
	}
	return byte(symbol)
}
