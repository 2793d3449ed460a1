package pickle

import (
	"encoding/binary"
	"math"
	"math/big"
	"slices"
)

// argument decodes what follows the opcode byte and moves op.End behind it.
func (d *Decoder) argument(op *Op, kind ArgKind) error {
	switch kind {
	case ArgNone:
		return nil
	case ArgUint1, ArgUint2, ArgUint4, ArgInt4, ArgUint8, ArgFloat8:
		return d.fixed(op, kind)
	case ArgLong1, ArgLong4:
		return d.countedLong(op, kind)
	case ArgString1, ArgString4, ArgBytes1, ArgBytes4, ArgBytes8, ArgUnicode1, ArgUnicode4, ArgUnicode8:
		return d.counted(op, kind)
	case ArgGlobalLines, ArgInstLines:
		return d.names(op, kind)
	}
	return d.textLine(op, kind)
}

// width is the number of bytes of a fixed argument, or of a counted one's length.
func (k ArgKind) width() int64 {
	switch k {
	case ArgUint1, ArgLong1, ArgString1, ArgBytes1, ArgUnicode1:
		return 1
	case ArgUint2:
		return 2
	case ArgUint4, ArgInt4, ArgLong4, ArgString4, ArgBytes4, ArgUnicode4:
		return 4
	case ArgUint8, ArgFloat8, ArgBytes8, ArgUnicode8:
		return 8
	}
	return 0
}

// isUnicode reports whether the argument is a str.
func (k ArgKind) isUnicode() bool {
	return k == ArgUnicode1 || k == ArgUnicode4 || k == ArgUnicode8 || k == ArgUnicodeLine
}

// take returns the next n bytes and moves op.End behind them.
func (d *Decoder) take(op *Op, n int64) ([]byte, error) {
	d.drop(op, uint64(n))
	if left := d.in.end - op.End; n > left {
		return nil, op.short(uint64(n), left)
	}
	b, err := d.in.bytes(op.End, n)
	op.End += n
	return b, err
}

// uint reads a little-endian unsigned integer of n bytes.
func (d *Decoder) uint(op *Op, n int64) (uint64, error) {
	b, err := d.take(op, n)
	if err != nil {
		return 0, err
	}
	var full [8]byte
	copy(full[:], b)
	return binary.LittleEndian.Uint64(full[:]), nil
}

func (d *Decoder) fixed(op *Op, kind ArgKind) error {
	if kind == ArgFloat8 {
		b, err := d.take(op, 8)
		if err == nil {
			op.Float = math.Float64frombits(binary.BigEndian.Uint64(b))
		}
		return err
	}
	v, err := d.uint(op, kind.width())
	switch {
	case err != nil:
		return err
	case kind == ArgInt4:
		op.Int = int64(int32(v))
	case v > math.MaxInt64:
		op.Big = new(big.Int).SetUint64(v)
	default:
		op.Int = int64(v)
	}
	return nil
}

// payload checks a claimed length against the input, sets Data and moves
// op.End behind it. It returns nil bytes when the payload is lazy.
func (d *Decoder) payload(op *Op, n uint64, kind ArgKind) ([]byte, error) {
	if kind == ArgBytes1 || kind == ArgBytes4 || kind == ArgBytes8 {
		if op.End < d.frameEnd && d.opt.Drops && n > uint64(d.frameEnd-op.End) {
			d.frameEnd = -1 // _Unpickler_ReadInto takes what there is
		}
	}
	d.drop(op, n)
	if left := d.in.end - op.End; n > uint64(left) {
		return nil, op.short(n, left)
	}
	op.Data = Range{op.End, int64(n)}
	if op.Data.Len > d.opt.MaxInline {
		op.Lazy = true
		op.End += op.Data.Len
		return nil, nil
	}
	return d.take(op, op.Data.Len)
}

// countedLong decodes LONG1 and LONG4 (load_counted_long): two's complement,
// no bytes mean 0, a negative length of LONG4 is an error.
func (d *Decoder) countedLong(op *Op, kind ArgKind) error {
	n, err := d.uint(op, kind.width())
	if err != nil {
		return err
	}
	if kind == ArgLong4 && n > math.MaxInt32 {
		return op.fail("negative length %d", int32(n))
	}
	b, err := d.payload(op, n, kind)
	if err != nil || op.Lazy {
		return err
	}
	op.setInteger(twosComplement(b))
	return nil
}

// twosComplement is the value of little-endian bytes, the last one's top bit
// being the sign.
func twosComplement(b []byte) *big.Int {
	be := slices.Clone(b)
	slices.Reverse(be)
	v := new(big.Int).SetBytes(be)
	if len(be) > 0 && be[0] >= 0x80 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(be))))
	}
	return v
}

// counted decodes a string or bytes argument. Its length is unsigned, that of
// BINSTRING too (calc_binsize on a 64-bit system).
func (d *Decoder) counted(op *Op, kind ArgKind) error {
	n, err := d.uint(op, kind.width())
	if err != nil {
		return err
	}
	b, err := d.payload(op, n, kind)
	if err != nil {
		return err
	}
	if kind == ArgString4 && n > math.MaxInt32 {
		d.anomaly(op.Pos, op.End, OddLength, "length %d is negative when signed", n)
	}
	if op.Lazy {
		return nil
	}
	op.Text = string(b)
	if kind.isUnicode() {
		if at := invalidUTF8(op.Text); at >= 0 {
			return op.fail("byte %d of the text is not UTF-8", at)
		}
	}
	return nil
}

// setInteger stores v in Int if it fits, else in Big.
func (op *Op) setInteger(v *big.Int) {
	if v.IsInt64() {
		op.Int = v.Int64()
	} else {
		op.Big = v
	}
}

// integer returns the value that setInteger stored.
func (op *Op) integer() *big.Int {
	if op.Big != nil {
		return op.Big
	}
	return big.NewInt(op.Int)
}
