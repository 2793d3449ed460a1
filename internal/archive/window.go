package archive

// A window holds the last bytes that were decompressed, in a ring that grows
// with them up to its bound, whatever size a file claims.
type window struct {
	buf     []byte
	pos     int    // where the next byte goes
	full    bool   // the ring has been filled once
	bound   int    // the ring's largest size
	claimed uint32 // the size that the file claims
	total   int64  // bytes since the last reset
}

// newWindow makes a window for a dictionary of the claimed size.
func newWindow(claimed uint32) window {
	claimed = max(claimed, 4<<10)
	return window{claimed: claimed, bound: int(min(claimed, maxDictionary))}
}

// room makes the ring ready for n bytes in one piece at pos, and returns how
// many there is room for.
func (w *window) room(n int) int {
	if w.pos == len(w.buf) {
		if len(w.buf) < w.bound {
			grown := make([]byte, min(max(2*len(w.buf), 64<<10), w.bound))
			copy(grown, w.buf)
			w.buf = grown
		} else {
			w.pos, w.full = 0, true
		}
	}
	return min(n, len(w.buf)-w.pos)
}

// has reports whether the byte that many places before the last one is kept.
func (w *window) has(distance uint32) bool {
	if int64(distance) >= w.total {
		return false
	}
	return int64(distance) < int64(w.pos) || w.full && int64(distance) < int64(len(w.buf))
}

// at returns a byte that the window has.
func (w *window) at(distance uint32) byte {
	i := w.pos - 1 - int(distance)
	if i < 0 {
		i += len(w.buf)
	}
	return w.buf[i]
}

func (w *window) put(b byte) {
	w.buf[w.pos] = b
	w.pos++
	w.total++
}

// copy repeats n bytes from a distance that the window has, for which there is
// room, and returns n.
func (w *window) copy(distance uint32, n int) int {
	from := w.pos - 1 - int(distance)
	if from < 0 {
		from += len(w.buf)
	}
	if from+n <= w.pos || from > w.pos && from+n <= len(w.buf) {
		copy(w.buf[w.pos:w.pos+n], w.buf[from:from+n])
		w.pos += n
	} else {
		for range n {
			w.buf[w.pos] = w.buf[from]
			w.pos++
			if from++; from == len(w.buf) {
				from = 0
			}
		}
	}
	w.total += int64(n)
	return n
}

// last returns the n bytes before pos, which room promised in one piece.
func (w *window) last(n int) []byte { return w.buf[w.pos-n : w.pos] }
