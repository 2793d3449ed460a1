package tree

import (
	"encoding/binary"
	"unicode/utf8"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// arrowLabels reads what columns are called where pandas keeps the texts in an array of
// Arrow, as it does since its version 3 beside pyarrow, nil if it is no such array or
// has anything else (pandas/core/arrays/string_arrow.py; pyarrow/array.pxi,
// _restore_array: type, length, number of nulls, offset, buffers, children, dictionary).
func (b *builder) arrowLabels(n *sym.Node) (out []tensor.Key) {
	var held *sym.Node
	for _, p := range attributes(n) {
		if p.Key.Text == "_pa_array" || p.Key.Text == "_data" {
			held = p.Value
		}
	}
	if held == nil || b.in.Unsafe(n) || b.in.Unsafe(held) {
		return nil
	}
	parts := []*sym.Node{held}
	if args, ok := called(held, "chunked_array"); ok && len(args) > 0 {
		parts = args[0].Items()
	}
	for _, p := range parts {
		texts, ok := b.arrowTexts(p)
		if !ok || len(out)+len(texts) > maxNames {
			return nil
		}
		for _, t := range texts {
			out = append(out, tensor.Key{Text: t})
		}
	}
	return out
}

// called is what pyarrow.lib's function of that name was called with.
func called(n *sym.Node, function string) ([]*sym.Node, bool) {
	if n.Kind != sym.Object || n.Call() == nil || !n.Call().Func.Is("pyarrow.lib", function) {
		return nil, false
	}
	return n.Call().Args, true
}

// arrowTexts reads the texts of one array without nulls. Offsets are of 32 bits in a
// string, of 64 in a large_string (Arrow columnar format, variable-size binary layout).
func (b *builder) arrowTexts(n *sym.Node) (out []string, ok bool) {
	args, ok := called(n, "_restore_array")
	if !ok || len(args) != 1 || len(args[0].Items()) != 7 {
		return nil, false
	}
	part := args[0].Items()
	of, known := called(part[0], "type_for_alias")
	length, nulls, from, buffers := part[1], part[2], part[3], part[4].Items()
	if !known || len(of) != 1 || length.Kind != sym.Int || nulls.Kind != sym.Int || from.Kind != sym.Int || len(buffers) != 3 ||
		nulls.Int != 0 || length.Int < 0 || length.Int > maxNames || from.Int < 0 || from.Int > maxNames {
		return nil, false
	}
	width := map[string]int64{"string": 4, "large_string": 8}[of[0].Text]
	offsets, data := b.arrowBuffer(buffers[1]), b.arrowBuffer(buffers[2])
	if width == 0 || int64(len(offsets)) < (from.Int+length.Int+1)*width {
		return nil, false
	}
	at := func(i int64) int64 {
		if width == 4 {
			return int64(binary.LittleEndian.Uint32(offsets[i*4:]))
		}
		return int64(binary.LittleEndian.Uint64(offsets[i*8:]))
	}
	for i := from.Int; i < from.Int+length.Int; i++ {
		start, end := at(i), at(i+1)
		if start < 0 || end < start || end > int64(len(data)) || !utf8.Valid(data[start:end]) {
			return nil, false
		}
		out = append(out, string(data[start:end]))
	}
	return out, true
}

// arrowBuffer is what py_buffer was given, nil if that is not in the file or too long
// for labels.
func (b *builder) arrowBuffer(n *sym.Node) []byte {
	args, ok := called(n, "py_buffer")
	if !ok || len(args) != 1 {
		return nil
	}
	p, ok := sym.PayloadOf(b.in.Data, args[0])
	if !ok || p.Size > maxInline {
		return nil
	}
	buf := make([]byte, p.Size)
	if n, _ := p.Data.ReadAt(buf, 0); int64(n) != p.Size {
		return nil
	}
	return buf
}
