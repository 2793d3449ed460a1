//go:build interop

package symbolic_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

func (g *generator) scalar() {
	switch g.IntN(8) {
	case 0:
		g.emit("N\x88\x89"[g.IntN(3)])
	case 1, 2:
		g.text([]string{"a", "os", "system", "é", "", "'", "append", "__setstate__"}[g.IntN(8)])
	case 3:
		g.bytes()
	case 4:
		g.float()
	default:
		g.integer()
	}
}

// text writes a str by any of the opcodes that make one.
func (g *generator) text(s string) {
	n := len(s)
	ascii := strings.IndexFunc(s, func(r rune) bool { return r > 126 || r < ' ' || r == '\'' || r == '\\' }) < 0
	op := g.IntN(9)
	if !ascii && (op < 4 || g.IntN(10) > 0) {
		op = 5 + op%3
	}
	switch op {
	case 0:
		g.line('S', "%q", s)
	case 1:
		g.line('S', "'%s'", escaped(s, `\x%02x`, g.IntN(n+1)))
	case 2:
		g.emit(append([]byte{'U', byte(n)}, s...)...)
	case 3:
		g.emit(append(binary.LittleEndian.AppendUint32([]byte{'T'}, uint32(n)), s...)...)
	case 4:
		g.line('V', "%s", escaped(s, `\u%04x`, g.IntN(n+1)))
	case 5:
		g.emit(append(binary.LittleEndian.AppendUint32([]byte{'X'}, uint32(n)), s...)...)
	case 6:
		g.emit(append(binary.LittleEndian.AppendUint64([]byte{0x8d}, uint64(n)), s...)...)
	case 7:
		g.emit(append([]byte{0x8c, byte(n)}, s...)...)
	default:
		g.line('V', "%s", s)
	}
}

// escaped spells the byte at position at with a format.
func escaped(s, format string, at int) string {
	if at >= len(s) {
		return s
	}
	return s[:at] + fmt.Sprintf(format, s[at]) + s[at+1:]
}

func (g *generator) bytes() {
	s := []string{"", "a", "\xff\x00", "os"}[g.IntN(4)]
	switch g.IntN(4) {
	case 0:
		g.emit(append([]byte{'C', byte(len(s))}, s...)...)
	case 1:
		g.emit(append(binary.LittleEndian.AppendUint32([]byte{'B'}, uint32(len(s))), s...)...)
	case 2:
		g.emit(append(binary.LittleEndian.AppendUint64([]byte{0x8e}, uint64(len(s))), s...)...)
	default:
		g.emit(append(binary.LittleEndian.AppendUint64([]byte{0x96}, uint64(len(s))), s...)...)
	}
}

func (g *generator) float() {
	if g.IntN(2) == 0 {
		g.line('F', "%s", []string{"1.5", "-0.0", "1e3", " 2.", "inf", "nan", "1_0.5", "0x1p3", "1e400", "Infinity", ".5", "1.5 "}[min(g.IntN(12), g.IntN(12))])
		return
	}
	f := []float64{0, math.Copysign(0, -1), 1, 1.5, math.Inf(1), math.NaN(), 5e-324, 1 << 60}[g.IntN(8)]
	g.emit(binary.BigEndian.AppendUint64([]byte{'G'}, math.Float64bits(f))...)
}

func (g *generator) integer() {
	v := []int64{0, 1, -1, 255, 256, 65535, 1 << 31, -1 << 40, math.MinInt64, math.MaxInt64}[min(g.IntN(10), g.IntN(10))]
	switch g.IntN(7) {
	case 0:
		g.emit('K', byte(v))
	case 1:
		g.emit('M', byte(v), byte(v>>8))
	case 2:
		g.emit(binary.LittleEndian.AppendUint32([]byte{'J'}, uint32(v))...)
	case 3:
		g.line('I', "%s", g.digits(v))
	case 4:
		g.line('L', "%s%s", g.digits(v), []string{"L", "", "l", "LL"}[min(g.IntN(4), g.IntN(4), g.IntN(4))])
	case 5:
		b := binary.LittleEndian.AppendUint64([]byte{0x8a, 8}, uint64(v))
		b[1] = byte(g.IntN(9))
		g.emit(b[:2+b[1]]...)
	default:
		g.emit(0x8b, 3, 0, 0, 0, byte(v), byte(v>>8), byte(v>>16))
	}
}

// digits spells a number in ways that Python reads, and some that it does not.
func (g *generator) digits(v int64) string {
	formats := []string{"%d", "0%d", "00%d", "0x%x", "0X%X", "0o%o", "0b%b", " %d", "%d ", "+%d", "%d_0", "\t%d", "0%o", "%d\x00", "1%de"}
	return fmt.Sprintf(formats[min(g.IntN(len(formats)), g.IntN(len(formats)))], v)
}

func (g *generator) list(depth int) {
	n := g.IntN(4)
	switch g.IntN(3) {
	case 0:
		g.emit('(')
		g.exprs(n, depth)
		g.emit('l')
	case 1:
		g.emit(']')
		g.put()
		g.emit('(')
		g.exprs(n, depth)
		g.emit('e')
	default:
		g.emit(']')
		g.put()
		for range n {
			g.expr(depth)
			g.emit('a')
		}
	}
}

// key writes a value that can nearly always be hashed.
func (g *generator) key(depth int) {
	if g.IntN(6) == 0 {
		g.expr(depth)
		return
	}
	g.scalar()
}

func (g *generator) dict(depth int) {
	n := g.IntN(3)
	pairs := func() {
		for range n {
			g.key(depth)
			g.expr(depth)
		}
	}
	switch g.IntN(3) {
	case 0:
		g.emit('(')
		pairs()
		g.emit('d')
	case 1:
		g.emit('}')
		g.put()
		g.emit('(')
		pairs()
		g.emit('u')
	default:
		g.emit('}')
		g.put()
		for range n {
			g.key(depth)
			g.expr(depth)
			g.emit('s')
		}
	}
}

func (g *generator) tuple(depth int) {
	n := g.IntN(5)
	switch {
	case n == 0:
		g.emit(')')
	case n < 4 && g.IntN(2) == 0:
		g.exprs(n, depth)
		g.emit(0x84 + byte(n))
	default:
		g.emit('(')
		g.exprs(n, depth)
		g.emit('t')
	}
}

func (g *generator) set(depth int) {
	op := byte(0x91)
	if g.IntN(2) == 0 {
		g.emit(0x8f)
		g.put()
		op = 0x90
	}
	g.emit('(')
	for range g.IntN(4) {
		g.key(depth)
	}
	g.emit(op)
}
