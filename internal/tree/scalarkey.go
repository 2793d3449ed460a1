package tree

import (
	"encoding/binary"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/modelaudit/action/internal/numpy"
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

// scalarKey names a numpy scalar as Python writes it: an integer, a text or a float.
func (b *builder) scalarKey(n *sym.Node) (tensor.Key, bool) {
	a, err := b.arrays.ArrayOf(n)
	if err != nil || !a.Scalar || b.in.Unsafe(n) || a.Data.Size > 1<<10 {
		return tensor.Key{}, false
	}
	buf := make([]byte, a.Data.Size)
	if m, err := a.Data.Data.ReadAt(buf, 0); m < len(buf) && err != io.EOF {
		return tensor.Key{}, false
	}
	var order binary.ByteOrder = binary.LittleEndian
	if a.DType.BigEndian {
		order = binary.BigEndian
	}
	switch {
	case a.DType.Kind == 'i', a.DType.Kind == 'u':
		return integerKey(a.DType, buf, order)
	case a.DType.Kind == 'f' && a.DType.Size == 8:
		f := math.Float64frombits(order.Uint64(buf))
		text := strconv.FormatFloat(f, 'g', -1, 64)
		if f == math.Trunc(f) && math.Abs(f) < 1e15 {
			text = strconv.FormatFloat(f, 'f', 1, 64)
		}
		// Another number than these can have another text and be equal.
		return tensor.Key{Text: text}, math.Abs(f) < 1e15 && !(f == 0 && math.Signbit(f))
	case a.DType.Kind == 'U':
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
func integerKey(d numpy.DType, buf []byte, order binary.ByteOrder) (tensor.Key, bool) {
	var u uint64
	for i := range buf {
		c := buf[len(buf)-1-i]
		if order == binary.BigEndian {
			c = buf[i]
		}
		u = u<<8 | uint64(c)
	}
	if d.Kind == 'u' {
		return tensor.Key{Text: strconv.FormatUint(u, 10), Int: true}, true
	}
	shift := 64 - 8*len(buf)
	return tensor.Key{Text: strconv.FormatInt(int64(u<<shift)>>shift, 10), Int: true}, true
}
