package rules

import (
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// An arrowForm says what an array of a type of Arrow is made of (Arrow's columnar format,
// "Buffer listing for each layout").
type arrowForm struct {
	bits       int64 // of an element of the second buffer, 0 if there is no second
	extra      int64 // how many elements it has more than the array
	texts      bool  // a third buffer holds what the elements point to
	children   int
	dictionary bool
}

// arrowWidths are the types without arguments by the bits of an element.
var arrowWidths = map[string]int64{
	"bool": 1, "int8": 8, "uint8": 8, "int16": 16, "uint16": 16, "halffloat": 16, "int32": 32, "uint32": 32, "float": 32, "date32[day]": 32, "time32[s]": 32, "time32[ms]": 32,
	"int64": 64, "uint64": 64, "double": 64, "date64[ms]": 64, "time64[us]": 64, "time64[ns]": 64, "duration[s]": 64, "duration[ms]": 64, "duration[us]": 64, "duration[ns]": 64,
}

// arrowLayout returns the layout of a type, if it is one of those whose buffers can be counted.
func arrowLayout(n *sym.Node) (arrowForm, bool) {
	a := n.Call().Args
	if len(a) == 0 {
		return arrowForm{}, false
	}
	switch name := n.Call().Func.Name(); name {
	case "type_for_alias":
		return aliasLayout(a)
	case "timestamp":
		return arrowForm{bits: 64}, true
	case "decimal128":
		return arrowForm{bits: 128}, true
	case "decimal256":
		return arrowForm{bits: 256}, true
	case "binary":
		return arrowForm{bits: 8 * a[0].Int}, len(a) == 1 && upToInt(1<<20)(a[0]) && a[0].Int > 0
	case "struct":
		return arrowForm{children: len(a[0].Items())}, len(a) == 1
	case "list_", "map_":
		return arrowForm{bits: 32, extra: 1, children: 1}, name == "map_" || len(a) == 1
	case "large_list":
		return arrowForm{bits: 64, extra: 1, children: 1}, len(a) == 1
	case "dictionary":
		if !madeBy(arrow, "type_for_alias")(a[0]) {
			return arrowForm{}, false
		}
		l, ok := aliasLayout(a[0].Call().Args)
		l.dictionary = true
		return l, ok && !l.texts && l.bits >= 8
	}
	return arrowForm{}, false
}

func aliasLayout(a []*sym.Node) (arrowForm, bool) {
	if len(a) != 1 || !shortText(a[0]) {
		return arrowForm{}, false
	}
	switch name := a[0].Text; name {
	case "null":
		return arrowForm{}, true
	case "string", "binary":
		return arrowForm{bits: 32, extra: 1, texts: true}, true
	case "large_string", "large_binary":
		return arrowForm{bits: 64, extra: 1, texts: true}, true
	default:
		bits, ok := arrowWidths[strings.ToLower(name)]
		return arrowForm{bits: bits}, ok
	}
}

// fits reports whether there are as many buffers as the layout has, each long enough.
// The first says which elements are missing; it may itself be, if none is.
func (l arrowForm) fits(buffers []*sym.Node, length, nulls, offset int64) bool {
	want := 1
	if l.bits > 0 {
		want++
	}
	if l.texts {
		want++
	}
	end := length + offset
	if len(buffers) != want || buffers[0].Kind == sym.None && nulls > 0 && want > 1 || nulls > length {
		return false
	}
	if buffers[0].Kind != sym.None && bufferSize(buffers[0]) < (end+7)/8 {
		return false
	}
	return l.bits == 0 || end == 0 || buffers[1].Kind != sym.None && bufferSize(buffers[1]) >= ((end+l.extra)*l.bits+7)/8
}

// bufferSize is the number of bytes that py_buffer was given, as each protocol writes them.
func bufferSize(n *sym.Node) int64 {
	for range 3 { // py_buffer(bytearray(bytes)), each of which may be a call
		if n.Kind != sym.Object || n.Call() == nil || len(n.Call().Args) == 0 {
			break
		}
		n = n.Call().Args[0]
	}
	switch n.Kind {
	case sym.Bytes, sym.ByteArray, sym.String: // _codecs.encode(text, "latin1"): a byte a character
		return n.Least()
	}
	return 0
}
