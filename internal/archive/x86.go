package archive

import "encoding/binary"

// An x86 undoes the filter that makes the targets of x86 calls and jumps
// absolute (liblzma:simple/x86.c), which some writers apply to every file.
type x86 struct {
	pos  uint32 // in the stream
	mask uint32 // which of the last bytes looked like an instruction
}

// extreme reports whether b is the high byte of a near target.
func extreme(b byte) bool { return b == 0 || b == 0xff }

// filter converts all but the last bytes of b, and returns how many it did.
func (x *x86) filter(b []byte) int {
	if len(b) <= 4 {
		return 0
	}
	last, i := -1, 0
	mask := x.mask
	for ; i < len(b)-4; i++ {
		if b[i]&0xfe != 0xe8 {
			continue
		}
		gap := i - last
		if last = i; gap > 3 {
			mask = 0
		} else if mask = mask << (gap - 1) & 7; mask != 0 {
			at := []int{0, 1, 2, 2, 3, 3, 3, 3}[mask]
			if mask == 3 || mask > 4 || extreme(b[i+4-at]) {
				mask = mask<<1 | 1
				continue
			}
		}
		if !extreme(b[i+4]) {
			mask = mask<<1 | 1
			continue
		}
		binary.LittleEndian.PutUint32(b[i+1:], relative(binary.LittleEndian.Uint32(b[i+1:]), x.pos+uint32(i)+5, mask))
		i += 4
	}
	x.mask = 0
	if gap := i - last; gap <= 3 {
		x.mask = mask << (gap - 1)
	}
	x.pos += uint32(i)
	return i
}

// relative turns the absolute target of an instruction that ends at an offset
// into a relative one.
func relative(target, end, mask uint32) uint32 {
	for {
		v := target - end
		shift := []uint32{0, 8, 16, 16, 24, 24, 24, 24}[mask]
		if mask == 0 || !extreme(byte(v>>(24-shift))) {
			v &= 0x01ffffff
			return v | -(v & 0x01000000)
		}
		target = v ^ (1<<(32-shift) - 1)
	}
}
