package inflate

import (
	"math/bits"
	"sync"
)

const (
	maxLit   = 286 // codes for literals and lengths that a block may have
	maxDist  = 30  // codes for distances
	longest  = 15  // bits of a code
	rootBits = 10  // of a code that are looked up at once
)

// A codeword says what a code means: its length in the lowest four bits, the kind above, eight
// bits with the number of extra bits, then the value that these are added to.
type codeword uint32

// The kinds of codeword.
const (
	kindLiteral codeword = iota << 4
	kindBase             // of a length or a distance
	kindEnd              // of the block
	kindTable            // the value is where in sub, the extra bits its index
	kindNone             // no code
	kindFar              // no code: a match from before the first byte
)

func newCodeword(kind codeword, extra, value int) codeword {
	return kind | codeword(extra)<<8 | codeword(value)<<16
}

func (e codeword) kind() codeword { return e & 0xf0 }
func (e codeword) length() uint   { return uint(e & 0xf) }
func (e codeword) extra() uint    { return uint(e >> 8 & 0xff) }
func (e codeword) value() uint    { return uint(e >> 16) }
func (e codeword) literal() byte  { return byte(e >> 16) }

// codes are looked up by their bits, the first one lowest.
type codes struct {
	root [1 << rootBits]codeword
	sub  []codeword // for codes that are longer
}

// find is the codeword of the code that b begins with.
func (c *codes) find(b uint64) codeword {
	e := c.root[b&(1<<rootBits-1)]
	if e.kind() == kindTable {
		return c.sub[e.value()+uint(b>>rootBits)&(1<<e.extra()-1)]
	}
	return e
}

// build makes the codes of symbols whose codes have so many bits, 0 for none
// (RFC 1951, 3.2.2). It refuses what zlib's inflate_table does: more codes than there
// are, and less, but for a single one of one bit or none at all. With loose it refuses
// what miniz' tinfl_decompress does, which takes a single one of any length.
func (c *codes) build(lengths []uint8, loose bool, meaning func(symbol int) codeword) bool {
	var count [longest + 1]int
	for _, n := range lengths {
		count[n]++
	}
	var next [longest + 1]uint16
	left, most, code := 1, 0, 0
	lone := len(lengths)-count[0] <= 1
	for n := 1; n <= longest; n++ {
		next[n] = uint16(code)
		if count[n] > 0 {
			most = n
		}
		if left = 2*left - count[n]; left < 0 {
			return false
		}
		code = (code + count[n]) << 1
	}
	if left > 0 && most > 1 && !(loose && lone) {
		return false
	}
	for i := range c.root {
		c.root[i] = kindNone | 1
	}
	c.sub = c.sub[:0]
	for symbol, n := range lengths {
		if n > 0 {
			c.add(bits.Reverse16(next[n])>>(16-n), int(n), most, meaning(symbol))
			next[n]++
		}
	}
	return true
}

// add enters a code of n bits, of which the longest has most.
func (c *codes) add(code uint16, n, most int, e codeword) {
	e |= codeword(n)
	if n <= rootBits {
		for i := int(code); i < len(c.root); i += 1 << n {
			c.root[i] = e
		}
		return
	}
	root := &c.root[code&(1<<rootBits-1)]
	if root.kind() != kindTable {
		*root = newCodeword(kindTable, most-rootBits, len(c.sub))
		for range 1 << (most - rootBits) {
			c.sub = append(c.sub, kindNone|1)
		}
	}
	part := c.sub[root.value():][:1<<(most-rootBits)]
	for i := int(code >> rootBits); i < len(part); i += 1 << (n - rootBits) {
		part[i] = e
	}
}

// litMeaning is what a symbol for literals and lengths means (RFC 1951, 3.2.5).
func litMeaning(symbol int) codeword {
	switch {
	case symbol < 256:
		return newCodeword(kindLiteral, 0, symbol)
	case symbol == 256:
		return kindEnd
	case symbol < 265:
		return newCodeword(kindBase, 0, symbol-257+3)
	case symbol < 285:
		extra := (symbol - 261) / 4
		return newCodeword(kindBase, extra, 3+(4+(symbol-265)%4)<<extra)
	case symbol == 285:
		return newCodeword(kindBase, 0, longestMatch)
	}
	return kindNone
}

// distMeaning is what a symbol for distances means.
func distMeaning(symbol int) codeword {
	switch {
	case symbol < 4:
		return newCodeword(kindBase, 0, symbol+1)
	case symbol < maxDist:
		extra := symbol/2 - 1
		return newCodeword(kindBase, extra, 1+(2+symbol%2)<<extra)
	}
	return kindNone
}

// fixed are the codes of a block that brings none (RFC 1951, 3.2.6).
var fixed = sync.OnceValues(func() (lits, dists *codes) {
	lits, dists = &codes{}, &codes{}
	var lit [288]uint8
	for i := range lit {
		switch {
		case i < 144:
			lit[i] = 8
		case i < 256:
			lit[i] = 9
		case i < 280:
			lit[i] = 7
		default:
			lit[i] = 8
		}
	}
	lits.build(lit[:], false, litMeaning)
	var dist [32]uint8
	for i := range dist {
		dist[i] = 5
	}
	dists.build(dist[:], false, distMeaning)
	return lits, dists
})

// dynamic reads the codes that a block brings (RFC 1951, 3.2.7).
func (f *Reader) dynamic() error {
	v, err := f.take(14)
	if err != nil {
		return err
	}
	lit, dist, n := int(v&31)+257, int(v>>5&31)+1, int(v>>10)+4
	if lit > maxLit || dist > maxDist {
		return errCodes
	}
	var lengths [19]uint8
	for _, i := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}[:n] {
		if v, err = f.take(3); err != nil {
			return err
		}
		lengths[i] = uint8(v)
	}
	literal := func(symbol int) codeword { return newCodeword(kindLiteral, 0, symbol) }
	if !f.lengthCode.build(lengths[:], f.Loose, literal) || !f.Loose && f.lengthCode.single() {
		return errCodes
	}
	all := f.lengths[:lit+dist]
	if err := f.readLengths(all); err != nil {
		return err
	}
	f.lit, f.dist = &f.own[0], &f.own[1]
	if all[256] == 0 && !f.Loose || !f.lit.build(all[:lit], f.Loose, litMeaning) || !f.dist.build(all[lit:], f.Loose, distMeaning) {
		return errCodes
	}
	return nil
}

// single reports whether there is a bit that begins no code.
func (c *codes) single() bool { return c.root[0].kind() == kindNone || c.root[1].kind() == kindNone }

// readLengths reads the lengths of codes, each as a number or as what is repeated.
func (f *Reader) readLengths(all []uint8) error {
	for i := 0; i < len(all); {
		e, err := f.code(&f.lengthCode)
		if err != nil {
			return err
		}
		symbol, value, least, extra := e.value(), uint8(0), 3, uint(0)
		switch symbol {
		case 16:
			if i == 0 {
				return errCodes
			}
			value, extra = all[i-1], 2
		case 17:
			extra = 3
		case 18:
			least, extra = 11, 7
		default:
			all[i] = uint8(symbol)
			i++
			continue
		}
		v, err := f.take(extra)
		if err != nil {
			return err
		}
		n := least + int(v)
		if n > len(all)-i {
			return errCodes
		}
		for range n {
			all[i] = value
			i++
		}
	}
	return nil
}
