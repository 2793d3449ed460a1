package tree

import (
	"encoding/binary"
	"io"
	"math"
	"strconv"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// scalarKeys names the keys of a dict of which some are numpy's scalars, as the
// dicts of scikit-learn have them that hold something for each class. It returns
// nil unless every key is a text or a number, and all their names are different
// so that no two can be equal.
func (b *builder) scalarKeys(from []sym.Pair) []tensor.Key {
	var keys []tensor.Key
	seen := map[string]bool{}
	for _, p := range from {
		k, ok := key(p.Key)
		if p.Key.Kind == sym.Object {
			k, ok = b.scalarKey(p.Key)
		}
		// 1 and 1.0 are one key, and have two names.
		if text := strings.TrimSuffix(k.Text, ".0"); !ok || seen[text] {
			return nil
		} else {
			seen[text] = true
		}
		keys = append(keys, k)
	}
	return keys
}

// scalarKey names a numpy scalar that is a key.
func (b *builder) scalarKey(n *sym.Node) (tensor.Key, bool) {
	a, err := b.arrays.ArrayOf(n)
	if err != nil || !a.Scalar || b.in.Unsafe(n) || a.Data.Size > 1<<10 {
		return tensor.Key{}, false
	}
	buf := make([]byte, a.Data.Size)
	if m, err := a.Data.Data.ReadAt(buf, 0); m < len(buf) && err != io.EOF {
		return tensor.Key{}, false
	}
	return scalarName(a.DType.Kind, a.DType.BigEndian, buf)
}

// stepsOf are the steps of a path that the keys of a mapping are, nil for one that is
// none. plain says that all of them are plain values.
func stepsOf(pairs [][2]*Value, plain bool) []*tensor.Key {
	out := make([]*tensor.Key, len(pairs))
	var scalars []tensor.Key
	if !plain {
		scalars = scalarPlaces(pairs)
	}
	for i, p := range pairs {
		if scalars != nil {
			out[i] = &scalars[i]
		} else if k, ok := KeyOf(p[0]); ok && plain {
			out[i] = &k
		}
	}
	return out
}

// scalarPlaces are the names that scalarKeys gave to the keys of a mapping that is
// read back, nil if it would have given none.
func scalarPlaces(pairs [][2]*Value) []tensor.Key {
	var keys []tensor.Key
	seen, scalars := map[string]bool{}, false
	for _, p := range pairs {
		k, ok := KeyOf(p[0])
		switch v := p[0].Plain.(type) {
		case string, int64:
		default:
			scalars = true
			ok = v == nil && p[0].Tag == TagScalar && len(p[0].Class) > 2 && len(p[0].Bytes) <= 1<<10
			if ok {
				k, ok = scalarName(p[0].Class[1], p[0].Class[0] == '>', p[0].Bytes)
			}
		}
		text := strings.TrimSuffix(k.Text, ".0")
		if !ok || seen[text] {
			return nil
		}
		seen[text] = true
		keys = append(keys, k)
	}
	if !scalars {
		return nil
	}
	return keys
}

// scalarName names the bytes of a numpy scalar as Python writes it: an integer, a text
// or a float.
func scalarName(kind byte, bigEndian bool, buf []byte) (tensor.Key, bool) {
	var order binary.ByteOrder = binary.LittleEndian
	if bigEndian {
		order = binary.BigEndian
	}
	switch {
	case (kind == 'i' || kind == 'u') && len(buf) > 0 && len(buf) <= 8:
		return integerKey(kind, buf, order), true
	case kind == 'f' && len(buf) == 8:
		f := math.Float64frombits(order.Uint64(buf))
		text := strconv.FormatFloat(f, 'g', -1, 64)
		if f == math.Trunc(f) && math.Abs(f) < 1e15 {
			text = strconv.FormatFloat(f, 'f', 1, 64)
		}
		// Another number than these can have another text and be equal.
		return tensor.Key{Text: text}, math.Abs(f) < 1e15 && !(f == 0 && math.Signbit(f))
	case kind == 'U':
		var s strings.Builder
		for i := 0; i+4 <= len(buf); i += 4 {
			if r := order.Uint32(buf[i:]); r != 0 {
				s.WriteRune(rune(r))
			}
		}
		return tensor.Key{Text: s.String()}, true
	}
	return tensor.Key{}, false
}

// integerKey names an integer of any width.
func integerKey(kind byte, buf []byte, order binary.ByteOrder) tensor.Key {
	var u uint64
	for i := range buf {
		c := buf[len(buf)-1-i]
		if order == binary.BigEndian {
			c = buf[i]
		}
		u = u<<8 | uint64(c)
	}
	if kind == 'u' {
		return tensor.Key{Text: strconv.FormatUint(u, 10), Int: true}
	}
	shift := 64 - 8*len(buf)
	return tensor.Key{Text: strconv.FormatInt(int64(u<<shift)>>shift, 10), Int: true}
}
