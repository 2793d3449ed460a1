package scan

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/detect"
	"github.com/modelaudit/action/internal/safeio"
)

// A searchKind says what is looked for.
type searchKind uint8

const (
	inUnread     searchKind = iota // any pickle that imports something
	withProto                      // those that begin with PROTO, in plain data
	withoutProto                   // those that do not, and call something by name
)

// next is the first place from i on at which look has something to do, or len(buf).
func (s *search) next(buf []byte, i int) int {
	switch s.kind {
	case withProto:
		if n := bytes.IndexByte(buf[i:], 0x80); n >= 0 {
			return i + n
		}
		return len(buf)
	case withoutProto:
		for i < len(buf) && buf[i] != 'c' && buf[i] != 'i' && buf[i] != 0x93 {
			i++
		}
	}
	return i
}

// What a pickle may begin with that pushes a text, and with what else it pushes a value.
const (
	textOpcodes  = "(STUVX\x8c\x8d"
	valueOpcodes = textOpcodes + "])}NIJKMLFGBC\x88\x89\x8a\x8e\x8f"
)

// before tries the pickles that begin with one of the opcodes before buf[i].
func (s *search) before(buf []byte, i int, at int64, opcodes string) {
	for k := max(i-maxBefore, int(s.done-at), 0); k < i && s.done <= at+int64(i); k++ {
		if strings.IndexByte(opcodes, buf[k]) >= 0 && (s.kind == inUnread || opcodes == valueOpcodes || pushesName(buf[k:i])) {
			s.try(at + int64(k))
		}
	}
}

// endsOperand reports whether b may end in what pushed the name that STACK_GLOBAL takes:
// a text, or an instruction about the memo.
func endsOperand(b []byte) bool {
	last, n := b[len(b)-1], len(b)
	return wordByte(last) || last == '\n' || last == 0x94 || n > 1 && (b[n-2] == 'h' || b[n-2] == 'q') || n > 4 && (b[n-5] == 'j' || b[n-5] == 'r')
}

// pushesName reports whether b begins with a text that could be the name of a module,
// behind a MARK or not, and goes on behind it.
func pushesName(b []byte) bool {
	if b[0] == '(' && len(b) > 1 {
		b = b[1:]
	}
	var text []byte
	switch head := textHead(b[0]); {
	case head > 0 && len(b) > head && len(b) > head+int(b[1]):
		text = b[head : head+int(b[1])]
	case head == 0:
		text, _, _ = bytes.Cut(b[1:], []byte("\n"))
		text = bytes.Trim(text, `'"`)
	}
	return len(text) > 0 && bytes.IndexFunc(text, func(c rune) bool { return c >= 0x80 || c != '\\' && !wordByte(byte(c)) }) < 0
}

// textHead is how many bytes are before the text that an opcode with a length pushes, 0 for
// another opcode.
func textHead(c byte) int {
	switch c {
	case 0x8c, 'U':
		return 2
	case 'T', 'X':
		return 5
	case 0x8d:
		return 9
	}
	return 0
}

// searchPlain looks for pickles in a part that is plain data, or of a format that is not
// read: first those that begin with PROTO, then in what is no text those of older protocols
// that call something, which any text could hold. It takes nothing from the search of what
// is unread. With grave, only those are told of that begin in the first 4 KiB and call what is
// known to do harm: nothing else shows that the part has to do with pickles.
func (w *walk) searchPlain(p part, grave bool) {
	size := min(p.size, maxSearch, maxPlain-w.plainBytes)
	if grave {
		size = min(size, maxPrefix)
	}
	w.plainBytes += size
	if detect.WholeText(safeio.WithContext(w.ctx, io.NewSectionReader(p.r, 0, size))) {
		return // in which PROTO does not stand either
	}
	s := search{walk: w, part: p, tries: maxTries, kind: withProto, grave: grave}
	err := s.run(0, size)
	if err == nil {
		s.kind, s.tries, s.done = withoutProto, maxTries, 0
		err = s.run(0, size)
	}
	if err != nil {
		w.unread(p.member, 0, p.size, err.Error())
	}
}

// inside reports whether a place is in a pickle that was found.
func (s *search) inside(at int64) bool {
	i, ok := slices.BinarySearchFunc(s.found, at, func(f [2]int64, at int64) int { return cmp.Compare(f[0], at) })
	return ok || i > 0 && at < s.found[i-1][1]
}
