package numpy

import (
	"encoding/binary"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// maxName is how many bytes the name of a field may take that is a scalar of numpy.
const maxName = 4 << 10

// nameOf returns the name of a field: a text, or a text of numpy, which is a str too,
// as numpy.rec.fromarrays takes the names from an array of texts.
func (w *walk) nameOf(n *sym.Node) (string, bool) {
	if n.Kind == sym.String {
		return n.Text, !n.Lazy
	}
	call := n.Call()
	if n.Kind != sym.Object || call == nil || len(n.States()) > 0 || len(call.Args) != 2 || !multiarray(call.Func, "scalar") {
		return "", false
	}
	// The type stands inside the one that is read, and may be of many fields.
	w.left -= partCost
	if w.depth++; w.depth > maxNesting || w.left < 0 {
		return "", false
	}
	d, err := w.dtype(call.Args[0])
	w.depth--
	data := call.Args[1]
	if err != nil || d.Kind != 'U' || data.Kind != sym.Bytes || data.Lazy || int64(len(data.Text)) != d.Size || d.Size > maxName {
		return "", false
	}
	w.left -= len(data.Text)
	return decodeText(data.Text, d.BigEndian)
}

// decodeText reads the UTF-32 that numpy keeps a text in, without the zeros that fill it up.
// It reports false of what is no character.
func decodeText(data string, big bool) (string, bool) {
	var order binary.ByteOrder = binary.LittleEndian
	if big {
		order = binary.BigEndian
	}
	var text strings.Builder
	for at := 0; at+4 <= len(data); at += 4 {
		c := order.Uint32([]byte(data[at : at+4]))
		if c > 0x10FFFF || c >= 0xD800 && c < 0xE000 {
			return "", false
		}
		text.WriteRune(rune(c))
	}
	return strings.TrimRight(text.String(), "\x00"), true
}
