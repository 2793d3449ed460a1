package detect

import (
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/modelaudit/action/internal/pickle"
)

// probeOps is how many opcodes are decoded to recognise a pickle that has no
// magic. Text is none after a few: it takes from an empty stack. What goes on
// making sense for so long is one.
const probeOps = 1_000_000

// probeLine is the longest line or text that is skipped over. No text file has
// a longer line that begins with an opcode's letter, or hardly any.
const probeLine = 16 << 20

// Pickle reports whether bytes begin as a pickle does that calls something, or
// that has PROTO. Errors are those of r.
func Pickle(r io.ReaderAt, size int64) (bool, error) {
	head := make([]byte, min(headSize, size))
	if n, err := r.ReadAt(head, 0); n < len(head) && err != nil && err != io.EOF {
		return false, err
	}
	return isPickle(r, head, size, probe{}), nil
}

// isPickle: a PROTO opcode of a known protocol, or opcodes that import or call
// before they stop making sense. A pickle of plain values without PROTO counts
// only under a model's name: any text that begins with "N." is one.
func isPickle(r io.ReaderAt, head []byte, size int64, p probe) bool {
	if len(head) >= 2 && head[0] == 0x80 && head[1] <= 5 {
		if len(head) == 2 {
			return p.plain
		}
		_, known := pickle.Opcode(head[2]).Info()
		return known
	}
	if len(head) == 0 {
		return false
	}
	if _, known := pickle.Opcode(head[0]).Info(); !known {
		return false
	}
	// What takes from an empty stack ends the load, however long its line is.
	if pops, _, marked := effect(pickle.Opcode(head[0])); pops > 0 || marked {
		return false
	}
	opt := pickle.Options{MaxInline: probeLine, MaxLine: probeLine}
	d, again := pickle.NewDecoder(r, 0, size, opt), p
	if p.run(d, r, size) {
		return true
	}
	if !d.Torn() {
		return false
	}
	opt.Drops = true // who drops the rest of a frame may read another pickle
	return again.run(pickle.NewDecoder(r, 0, size, opt), r, size)
}

// A probe follows opcodes as far as they could be executed: it knows the height
// of the stack, not what is on it.
type probe struct {
	lenient bool // an import that can be carried out shows a pickle
	plain   bool // so do plain values and their STOP
	tar     bool // the bytes are a tar archive's, whose first name may begin with any letter
	stack   int
	marks   []int
	memo    map[int64]bool
	imports int
	calls   int
	ops     int
	since   int  // opcodes behind the first import that import nothing
	odd     bool // the first import has a name that is none: this is text, or ends as a pickle does
	loose   bool // an import has a name that no source code can have
}

// sinceLost is how many opcodes behind an import make sense in no text, though
// a later one is none: the import is carried out before the loader gives up.
const sinceLost = 16

// run decodes opcodes from the beginning until it is sure.
func (p *probe) run(d *pickle.Decoder, r io.ReaderAt, size int64) bool {
	p.memo = map[int64]bool{}
	for {
		op, err := d.Next()
		if p.ops == probeOps {
			return true
		}
		// A line too long to be looked at may end where an import begins.
		var fe *pickle.FormatError
		if errors.As(err, &fe) && fe.Limit() {
			return true
		}
		if err != nil || !p.step(op) {
			return p.lost(err != nil && d.Pos() == size)
		}
		switch op.Code {
		case pickle.OpGlobal, pickle.OpStackGlobal, pickle.OpExt1, pickle.OpExt2, pickle.OpExt4:
			p.imports++
		case pickle.OpInst:
			p.imports, p.calls = p.imports+1, p.calls+1
		case pickle.OpReduce, pickle.OpObj, pickle.OpNewObj, pickle.OpNewObjEx, pickle.OpBuild,
			pickle.OpAppend, pickle.OpAppends, pickle.OpAddItems, pickle.OpSetItem, pickle.OpSetItems:
			if p.imports > 0 {
				p.calls++
			}
		case pickle.OpStop:
			// Whoever reads again finds the next pickle; one of plain values
			// executes nothing.
			switch {
			case p.plain && !p.odd, p.imports > 0 && !p.odd && (p.calls > 0 || p.since > 0):
				return true
			case p.imports > 0:
				if blank, text := behind(r, op.End, size); blank || !text && !p.odd {
					return true
				}
			}
			p.stack, p.marks = 0, nil
			p.imports, p.since, p.odd, p.loose = 0, 0, false, false
		}
		p.ops++
		if p.calls > 0 && p.ops > 3 && !p.odd {
			return true
		}
	}
}

// behind looks at what follows a STOP: nothing but white space, or text. Lists
// of names have three lines such as "coverage", "dist" and ".env", which are an
// import, STOP and text.
func behind(r io.ReaderAt, at, size int64) (blank, text bool) {
	rest := make([]byte, min(headSize, size-at))
	if n, err := r.ReadAt(rest, at); n < len(rest) && err != nil {
		return false, false
	}
	blank, text = true, true
	for len(rest) > 0 {
		c, n := utf8.DecodeRune(rest)
		if c == utf8.RuneError && len(rest) >= utf8.UTFMax || c < ' ' && !strings.ContainsRune("\t\n\r\f", c) {
			text = false
		}
		blank = blank && (c == 0 || c == ' ' || strings.ContainsRune("\t\n\r\f", c))
		rest = rest[n:]
	}
	return blank, text
}

// lost decides where opcodes stop making sense, or where the file ends between
// two of them.
func (p *probe) lost(end bool) bool {
	switch {
	case p.odd:
		return false
	case p.calls > 0 || p.lenient && p.imports > 0:
		return true
	}
	return p.imports > 0 && !p.loose && (end && p.since > 0 || p.since >= sinceLost)
}

// step moves the stack's height, and reports whether the opcode can be
// executed at all.
func (p *probe) step(op pickle.Op) bool {
	pops, pushes, marked := effect(op.Code)
	switch {
	case op.Code == pickle.OpMark:
		p.marks = append(p.marks, p.stack)
		return true
	case op.Code == pickle.OpPop && len(p.marks) > 0 && p.marks[len(p.marks)-1] == p.stack:
		p.marks = p.marks[:len(p.marks)-1]
		return true
	case op.Code == pickle.OpGet || op.Code == pickle.OpBinGet || op.Code == pickle.OpLongBinGet:
		p.stack++
		return p.memo[op.Int]
	case op.Code == pickle.OpGlobal || op.Code == pickle.OpInst:
		lead, _, null := strings.Cut(op.Text, "\x00")
		if null && slices.Contains(frozenModules(), lead) {
			op.Text = lead
		} else if null && p.tar && !acts(lead) {
			return false // tar ends a name with zeros: no such module can be imported
		}
		// A module is imported before the name is looked up in it, and may have
		// any name.
		if odd := !identifier(op.Text) || !identifier(op.Name); odd && p.imports > 0 && !p.lenient {
			return false
		} else if odd && !p.lenient {
			p.odd = true
		}
		p.loose = p.loose || !written(op.Text) || !written(op.Name)
	case p.imports > 0 && op.Code != pickle.OpStop:
		p.since++
	}
	if marked {
		if len(p.marks) == 0 {
			return false
		}
		p.stack, p.marks = p.marks[len(p.marks)-1], p.marks[:len(p.marks)-1]
	}
	fence := 0
	if len(p.marks) > 0 {
		fence = p.marks[len(p.marks)-1]
	}
	if p.stack-pops < fence {
		return false
	}
	p.stack += pushes - pops
	switch op.Code {
	case pickle.OpPut, pickle.OpBinPut, pickle.OpLongBinPut:
		p.memo[op.Int] = true
	case pickle.OpMemoize:
		p.memo[int64(len(p.memo))] = true
	}
	return true
}

// effect says how many values an opcode takes from the stack, how many it
// leaves, and whether it takes all above the topmost mark first
// (CPython, Lib/pickletools.py).
func effect(c pickle.Opcode) (pops, pushes int, marked bool) {
	switch c {
	case pickle.OpStop, pickle.OpPop:
		return 1, 0, false
	case pickle.OpPopMark:
		return 0, 0, true
	case pickle.OpDup, pickle.OpMemoize, pickle.OpPut, pickle.OpBinPut, pickle.OpLongBinPut, pickle.OpReadonlyBuffer:
		n := 1
		if c == pickle.OpDup {
			n = 2
		}
		return 1, n, false
	case pickle.OpProto, pickle.OpFrame, pickle.OpMark:
		return 0, 0, false
	case pickle.OpTuple, pickle.OpList, pickle.OpDict, pickle.OpFrozenSet, pickle.OpInst, pickle.OpObj:
		return 0, 1, true
	case pickle.OpAppends, pickle.OpSetItems, pickle.OpAddItems:
		return 1, 1, true
	case pickle.OpTuple1, pickle.OpBinPersID:
		return 1, 1, false
	case pickle.OpTuple2, pickle.OpAppend, pickle.OpBuild, pickle.OpReduce, pickle.OpNewObj, pickle.OpStackGlobal:
		return 2, 1, false
	case pickle.OpTuple3, pickle.OpSetItem, pickle.OpNewObjEx:
		return 3, 1, false
	}
	return 0, 1, false
}

// written reports whether s is a dotted name as source code has it.
func written(s string) bool {
	for _, part := range strings.Split(s, ".") {
		if part == "" || part[0] >= '0' && part[0] <= '9' {
			return false
		}
	}
	return true
}

// identifier reports whether s could be a dotted Python name.
func identifier(s string) bool {
	if s == "" || len(s) > 64<<10 {
		return false
	}
	for _, c := range s {
		if c != '.' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c < 0x80 {
			return false
		}
	}
	return true
}
