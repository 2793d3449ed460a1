package rules

import (
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// Pointers are the elements of a buffer of Arrow that say where others lie. Arrow looks
// there without a question; the rules do not read them.
type Pointers struct {
	Buffer *sym.Node // the bytes, as py_buffer was given them
	Mask   *sym.Node // the bits of the elements that are there, nil if all are
	Bits   int64     // of an element
	First  int64     // the first that is used
	Count  int64
	Limit  int64 // what they point into has so many elements
	// Rising says that each element says where the last one ends, so that none may be
	// less than the one before it; else each is the index of an element.
	Rising bool
	Signed bool
	Pos    int64 // of the call
}

// pointers collects what the arrays of an accepted call of _restore_array point with.
func (j *judge) pointers(call *sym.Call, pos int64) {
	if call.Func.Is(arrow, "_restore_array") {
		r := arrowReader{left: 1 << 12}
		j.out.Pointers = r.pointers(call.Args[0], pos, j.out.Pointers)
	}
}

func (r *arrowReader) pointers(n *sym.Node, pos int64, list []Pointers) []Pointers {
	i := n.Items()
	l, _ := arrowLayout(i[0])
	if !r.spend() {
		return list
	}
	buffers, children := i[4].Items(), i[5].Items()
	p := Pointers{Bits: l.bits, First: i[3].Int, Count: i[1].Int, Signed: true, Pos: pos}
	switch {
	case i[1].Int == 0 || l.bits == 0:
		p.Count = 0
	case l.texts:
		p.Rising, p.Limit = true, bufferSize(buffers[2])
	case len(children) == 1 && l.extra == 1:
		p.Rising, p.Limit = true, children[0].Items()[1].Int
	case l.dictionary:
		p.Limit, p.Signed = i[6].Items()[1].Int, !strings.HasPrefix(strings.ToLower(i[0].Call().Args[0].Call().Args[0].Text), "u")
		p.Mask = bufferBytes(buffers[0])
	default:
		p.Count = 0
	}
	if p.Count > 0 {
		p.Count += l.extra
		p.Buffer = bufferBytes(buffers[1])
		list = append(list, p)
	}
	for _, c := range children {
		list = r.pointers(c, pos, list)
	}
	if l.dictionary {
		list = r.pointers(i[6], pos, list)
	}
	return list
}

// bufferBytes is what py_buffer was given.
func bufferBytes(n *sym.Node) *sym.Node {
	if n.Kind != sym.Object || n.Call() == nil || len(n.Call().Args) == 0 {
		return nil
	}
	return n.Call().Args[0]
}
