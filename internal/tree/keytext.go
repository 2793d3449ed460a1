package tree

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// Limits of a tuple that is a key, so that its text is a name.
const (
	maxKeyDepth = 4
	maxKeyItems = 32
)

// KeyOf is the step of a path that a key of a mapping is: a text or an integer
// itself, and of None, truth values, floats and tuples what Python's str() gives.
func KeyOf(v *Value) (tensor.Key, bool) {
	switch k := v.Plain.(type) {
	case string:
		return tensor.Key{Text: k}, v.Tag == ""
	case int64:
		return tensor.Key{Text: strconv.FormatInt(k, 10), Int: true}, v.Tag == ""
	}
	text, ok := spelled(v, 0)
	return tensor.Key{Text: text}, ok
}

// spelled is Python's repr() of a plain value, for texts of ordinary letters.
func spelled(v *Value, depth int) (string, bool) {
	if v.Tag == TagTuple {
		return spelledTuple(v.Items, depth)
	}
	if v.Tag != "" {
		return "", false
	}
	switch k := v.Plain.(type) {
	case nil:
		return "None", true
	case bool:
		return map[bool]string{true: "True", false: "False"}[k], true
	case int64:
		return strconv.FormatInt(k, 10), true
	case *big.Int:
		return k.String(), k.BitLen() < 1<<10
	case float64:
		return spelledFloat(k), !math.IsNaN(k)
	case string:
		ordinary := func(r rune) bool { return r < ' ' || r > '~' || r == '\'' || r == '\\' }
		return "'" + k + "'", len(k) < 1<<10 && !strings.ContainsFunc(k, ordinary)
	}
	return "", false
}

func spelledTuple(items []*Value, depth int) (string, bool) {
	if depth == maxKeyDepth || len(items) > maxKeyItems {
		return "", false
	}
	var out []string
	for _, item := range items {
		text, ok := spelled(item, depth+1)
		if !ok {
			return "", false
		}
		out = append(out, text)
	}
	if len(out) == 1 {
		return "(" + out[0] + ",)", true
	}
	return "(" + strings.Join(out, ", ") + ")", true
}

// spelledFloat writes a float as Python does: with an exponent below 1e-4 and from
// 1e16 on, and always with one or a point (CPython, Python/pystrtod.c, format 'r').
func spelledFloat(f float64) string {
	if a := math.Abs(f); math.IsInf(f, 0) {
		return strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(f, 'g', -1, 64)), "+")
	} else if a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// plainKeyOf is a key that is a plain value, or a tuple of such, as a value of the
// tree. No key of another kind is equal to one.
func plainKeyOf(n *sym.Node, depth int) (*Value, bool) {
	switch {
	case n.Lazy:
		return nil, false
	case n.Kind == sym.Tuple && depth < maxKeyDepth && len(n.Items()) <= maxKeyItems:
		v := &Value{Tag: TagTuple}
		for _, i := range n.Items() {
			item, ok := plainKeyOf(i, depth+1)
			if !ok {
				return nil, false
			}
			v.Items = append(v.Items, item)
		}
		return v, true
	case n.Kind == sym.None:
		return &Value{}, true
	case n.Kind == sym.Bool:
		return &Value{Plain: n.Int != 0}, true
	case n.Kind == sym.Int && n.Big() != nil:
		return &Value{Plain: n.Big()}, true
	case n.Kind == sym.Int:
		return &Value{Plain: n.Int}, true
	case n.Kind == sym.Float:
		return &Value{Plain: n.Float()}, true
	case n.Kind == sym.String:
		return &Value{Plain: n.Text}, true
	}
	return nil, false
}
