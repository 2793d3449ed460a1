package marshal

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strconv"
)

// maxDepth is MAX_MARSHAL_STACK_DEPTH of Python/marshal.c.
const maxDepth = 2000

// maxValues is how many values are decoded: a byte may be one, and each takes some 50
// in memory. Functions have hundreds.
const maxValues = 1_000_000

// FormatError says where bytes stop being marshal's.
type FormatError struct {
	Offset int
	Reason string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("not marshalled data at byte %d: %s", e.Offset, e.Reason)
}

// Decode decodes the value at the start of b and returns how many bytes it took.
// Code objects are read in the given layout.
func Decode(b []byte, layout Layout) (v Value, size int, err error) {
	if len(b) > MaxSize {
		return nil, 0, &FormatError{0, fmt.Sprintf("%d bytes, more than %d", len(b), MaxSize)}
	}
	d := decoder{b: b, layout: layout}
	v = d.value(0)
	if d.err != nil {
		return nil, 0, d.err
	}
	return v, d.at, nil
}

// DecodeCode decodes the code object at the start of b in every layout in which
// it makes sense, oldest first; what follows it, Python ignores (see Code.Size).
// With none it returns why the layout that came furthest failed.
func DecodeCode(b []byte) (codes []*Code, err error) {
	var furthest *FormatError
	for _, layout := range Layouts() {
		v, size, err := Decode(b, layout)
		if code, ok := v.(*Code); ok {
			code.Size = size
			codes = append(codes, code)
			continue
		}
		if err == nil {
			err = &FormatError{0, "no code object"}
		}
		if e, ok := err.(*FormatError); ok && (furthest == nil || e.Offset > furthest.Offset) {
			furthest = e
		}
	}
	if len(codes) == 0 {
		return nil, furthest
	}
	return codes, nil
}

// decoder keeps its first error; from then on every read gives nothing.
type decoder struct {
	b      []byte
	at     int
	layout Layout
	values int
	refs   []reference
	err    *FormatError
}

// reference is an object that others may name by its number.
type reference struct {
	value Value
	ready bool
}

// null is marshal's NULL, which ends a dict and may stand nowhere else.
type null struct{}

func (d *decoder) fail(at int, format string, args ...any) Value {
	if d.err == nil {
		d.err = &FormatError{at, fmt.Sprintf(format, args...)}
	}
	return nil
}

func (d *decoder) take(n int) []byte {
	if n < 0 || n > len(d.b)-d.at {
		d.fail(d.at, "%d bytes wanted, %d left", n, len(d.b)-d.at)
	}
	if d.err != nil {
		return nil
	}
	d.at += n
	return d.b[d.at-n : d.at]
}

func (d *decoder) byte() byte {
	if b := d.take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (d *decoder) int32() int {
	if b := d.take(4); len(b) == 4 {
		return int(int32(binary.LittleEndian.Uint32(b)))
	}
	return 0
}

func (d *decoder) float() float64 {
	if b := d.take(8); len(b) == 8 {
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	return 0
}

// floatText reads a number as text, as version 1 of the format has it.
func (d *decoder) floatText() float64 {
	at := d.at
	f, err := strconv.ParseFloat(string(d.take(int(d.byte()))), 64)
	if err != nil && d.err == nil && !math.IsInf(f, 0) {
		d.fail(at, "a number as text that is none")
	}
	return f
}

// value reads one object (r_object).
func (d *decoder) value(depth int) Value {
	start := d.at
	if depth > maxDepth {
		return d.fail(start, "nested deeper than %d", maxDepth)
	}
	if d.values++; d.values > maxValues {
		return d.fail(start, "more than %d values", maxValues)
	}
	code := d.byte()
	if d.err != nil {
		return nil
	}
	kind, flagged := code&0x7f, code&0x80 != 0
	if kind == 'r' {
		return d.refer(start)
	}
	slot := -1
	if flagged && !plain(kind) {
		slot = len(d.refs)
		d.refs = append(d.refs, reference{})
	}
	v, known := d.scalar(kind)
	if !known {
		v = d.composite(kind, depth, start)
	}
	if slot >= 0 {
		d.refs[slot] = reference{v, true}
	}
	return v
}

// plain reports a type that is no object of its own: FLAG_REF means nothing there.
func plain(kind byte) bool {
	switch kind {
	case '0', 'N', 'T', 'F', 'S', '.':
		return true
	}
	return false
}

func (d *decoder) refer(start int) Value {
	n := d.int32()
	switch {
	case d.err != nil:
		return nil
	case n < 0 || n >= len(d.refs):
		return d.fail(start, "reference %d of %d", n, len(d.refs))
	case !d.refs[n].ready:
		return d.fail(start, "reference %d to an object that is not complete", n)
	}
	return d.refs[n].value
}

// scalar reads what contains no other object.
func (d *decoder) scalar(kind byte) (v Value, known bool) {
	switch kind {
	case '0':
		return null{}, true
	case 'N':
		return nil, true
	case 'T', 'F':
		return kind == 'T', true
	case 'S':
		return StopIteration, true
	case '.':
		return Ellipsis, true
	case 'i':
		return big.NewInt(int64(d.int32())), true
	case 'I':
		lo, hi := d.int32(), d.int32()
		return big.NewInt(int64(hi)<<32 | int64(uint32(lo))), true
	case 'l':
		return d.long(), true
	case 'g':
		return d.float(), true
	case 'f':
		return d.floatText(), true
	case 'y':
		re := d.float()
		return complex(re, d.float()), true
	case 'x':
		re := d.floatText()
		return complex(re, d.floatText()), true
	case 's':
		return Bytes(d.take(d.int32())), true
	case 'z', 'Z':
		return d.ascii(int(d.byte())), true
	case 'a', 'A':
		return d.ascii(d.int32()), true
	case 'u', 't':
		return string(d.take(d.int32())), true
	}
	return nil, false
}

func (d *decoder) ascii(n int) string {
	at := d.at
	b := d.take(n)
	for i, c := range b {
		if c >= 0x80 {
			d.fail(at+i, "a byte beyond ASCII in an ASCII text")
			return ""
		}
	}
	return string(b)
}

// long reads an integer of 15-bit digits, least first (r_PyLong).
func (d *decoder) long() *big.Int {
	at := d.at
	n := d.int32()
	count := n
	if n < 0 {
		count = -n
	}
	if count > (len(d.b)-d.at)/2 {
		d.fail(at, "an integer of %d digits", count)
		return new(big.Int)
	}
	digits := d.take(2 * count)
	bits := make([]byte, (15*count+7)/8) // little-endian
	for i := range len(digits) / 2 {
		digit := binary.LittleEndian.Uint16(digits[2*i:])
		if digit > 0x7fff || digit == 0 && i == count-1 {
			d.fail(at, "an integer's digit out of range")
			return new(big.Int)
		}
		for bit := range 15 {
			if digit>>bit&1 != 0 {
				bits[(15*i+bit)/8] |= 1 << ((15*i + bit) % 8)
			}
		}
	}
	for i, j := 0, len(bits)-1; i < j; i, j = i+1, j-1 {
		bits[i], bits[j] = bits[j], bits[i]
	}
	v := new(big.Int).SetBytes(bits)
	if n < 0 {
		v.Neg(v)
	}
	return v
}
