package inflate

import "encoding/binary"

// repeat appends length bytes from so far back to the first w of out.
func repeat(out []byte, w, length, distance int) int {
	if distance >= length {
		copy(out[w:w+length], out[w-distance:])
		return w + length
	}
	if length < 3*distance {
		from, to := out[w-distance:][:length], out[w:][:length]
		for i := range to {
			to[i] = from[i]
		}
		return w + length
	}
	to := out[w-distance:][:distance+length]
	for n := distance; n < len(to); n *= 2 {
		copy(to[n:], to[:n])
	}
	return w + length
}

// quick is symbols with the input that is in memory.
func (f *Reader) quick(buf []byte) (err error) {
	i, bits, n, out, w := 0, f.bits, f.n, f.out, f.w
	lit, dist := f.lit, f.dist
	var e codeword
	for len(buf)-i >= ahead && w < bufferBytes {
		bits |= binary.LittleEndian.Uint64(buf[i:]) << n
		i += int(63-n) / 8
		n |= 56
		// Two literals and a length have at most 50 bits.
		if e = lit.find(bits); e.kind() == kindLiteral {
			bits >>= e.length()
			n -= e.length()
			out[w] = e.literal()
			w++
			if e = lit.find(bits); e.kind() == kindLiteral {
				bits >>= e.length()
				n -= e.length()
				out[w] = e.literal()
				w++
				e = lit.find(bits)
			}
		}
		bits >>= e.length()
		n -= e.length()
		if e.kind() == kindLiteral {
			out[w] = e.literal()
			w++
			continue
		}
		if e.kind() != kindBase {
			break
		}
		length := int(e.value() + uint(bits)&(1<<e.extra()-1))
		bits >>= e.extra()
		n -= e.extra()
		bits |= binary.LittleEndian.Uint64(buf[i:]) << n
		i += int(63-n) / 8
		n |= 56
		e = dist.find(bits)
		distance := int(e.value() + uint(bits>>e.length())&(1<<e.extra()-1))
		bits >>= e.length() + e.extra()
		n -= e.length() + e.extra()
		if e.kind() == kindBase && distance > w {
			e = kindFar
		}
		if e.kind() != kindBase {
			break
		}
		w = repeat(out, w, length, distance)
	}
	i, n = i-int(n/8), n%8 // whole bytes that were not used
	f.bits, f.n, f.w = bits&(1<<n-1), n, w
	if _, err := f.in.Discard(i); err != nil {
		return err
	}
	switch e.kind() {
	case kindEnd:
		f.inCodes = false
	case kindNone:
		err = errSymbol
	case kindFar:
		err = errTooFarBack
	}
	return err
}
