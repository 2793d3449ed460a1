package slice

import (
	"encoding/binary"
	"io"
	"math"
	"slices"

	p "github.com/modelaudit/action/internal/pickle"
)

// A Text is what is written as the payload of a literal in place of its own.
type Text struct {
	Data io.ReaderAt
	Size int64
}

// A Literal is bytes that an instruction of the stream spells.
type Literal struct {
	At     int64 // of the instruction, for Request.Texts
	Data   p.Range
	Latin1 bool // as UTF-8 text, one code point for each byte
}

// Literal finds the bytes that the value made at a place is: of a bytes literal,
// or of _codecs.encode(text, "latin1"), as protocols below 3 spell them.
func (pr *Program) Literal(pos int64) (Literal, bool) {
	k, ok := slices.BinarySearchFunc(pr.instrs, pos, func(i instr, pos int64) int { return int(min(max(i.pos-pos, -1), 1)) })
	if !ok {
		return Literal{}, false
	}
	i := &pr.instrs[k]
	if i.code != p.OpReduce {
		return pr.literal(i, false)
	}
	args := pr.made(pr.inputs[i.in+1])
	g := pr.made(pr.inputs[i.in])
	if g.code != p.OpGlobal && g.code != p.OpStackGlobal || pr.spelled(g) != "_codecs encode" || args.n == 0 {
		return Literal{}, false
	}
	return pr.literal(pr.made(pr.ins(args)[0]), true)
}

func (pr *Program) literal(i *instr, text bool) (Literal, bool) {
	switch i.code {
	case p.OpBinBytes, p.OpShortBinBytes, p.OpBinBytes8:
		if text {
			return Literal{}, false
		}
	case p.OpBinUnicode, p.OpShortBinUnicode, p.OpBinUnicode8:
		if !text {
			return Literal{}, false
		}
	default:
		return Literal{}, false
	}
	op, err := pr.decode(i)
	if err != nil {
		return Literal{}, false
	}
	return Literal{At: i.pos, Data: op.Data, Latin1: text}, true
}

// replaced writes a literal with another payload.
func (e *emitter) replaced(i *instr, t Text) error {
	short, long, longest := p.OpShortBinBytes, p.OpBinBytes, p.OpBinBytes8
	switch i.code {
	case p.OpBinUnicode, p.OpShortBinUnicode, p.OpBinUnicode8:
		short, long, longest = p.OpShortBinUnicode, p.OpBinUnicode, p.OpBinUnicode8
	}
	var head []byte
	switch {
	case t.Size <= math.MaxUint8 && i.code == short:
		head = []byte{byte(short), byte(t.Size)}
	case t.Size <= math.MaxUint32 && i.code != longest:
		head = binary.LittleEndian.AppendUint32([]byte{byte(long)}, uint32(t.Size))
	default:
		head = binary.LittleEndian.AppendUint64([]byte{byte(longest)}, uint64(t.Size))
	}
	if t.Size <= frameTarget {
		b := append(head, make([]byte, t.Size)...)
		if _, err := t.Data.ReadAt(b[len(head):], 0); err != nil && err != io.EOF {
			return err
		}
		return e.out.op(b)
	}
	if err := e.out.flush(); err != nil {
		return err
	}
	if err := e.out.write(head); err != nil {
		return err
	}
	n, err := io.Copy(e.out.w, io.NewSectionReader(t.Data, 0, t.Size))
	e.out.n += n
	return err
}
