package symbolic

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// An Encoding says how the file spells a run of bytes.
type Encoding uint8

// The encodings.
const (
	Unknown Encoding = iota // in a way that has no one place in the file
	Raw                     // as themselves
	Latin1                  // as UTF-8 text, one code point for each byte
	Escaped                 // as a line of raw-unicode-escape text, one code point for each byte
)

// A Payload is the bytes that a bytes-like value has.
type Payload struct {
	Data io.ReaderAt
	Size int64
	// from is where the spelling begins in the file, text how to find a byte in it.
	from     int64
	to       int64
	encoding Encoding
	text     *latin1Reader
	line     *io.SectionReader // the line of an Escaped text
}

// RawAt returns the size bytes that stand in r at off as themselves.
func RawAt(r io.ReaderAt, off, size int64) *Payload {
	return &Payload{Data: io.NewSectionReader(r, off, size), Size: size, from: off, to: off + size, encoding: Raw}
}

// Place returns where the file spells the n bytes at off, and how.
func (p *Payload) Place(off, n int64) (start, end int64, e Encoding) {
	switch {
	case p.encoding == Raw:
		return p.from + off, p.from + off + n, Raw
	case p.encoding == Latin1 && p.text != nil:
		start, err1 := p.text.position(off)
		end, err2 := p.text.position(off + n)
		if err1 == nil && err2 == nil {
			return p.from + start, p.from + end, Latin1
		}
	case p.encoding == Escaped:
		start, ok1 := escapedPosition(p.line, off)
		end, ok2 := escapedPosition(p.line, off+n)
		if ok1 && ok2 {
			return p.from + start, p.from + end, Escaped
		}
	case p.encoding != Unknown && off == 0 && n == p.Size:
		return p.from, p.to, p.encoding
	}
	return 0, 0, Unknown
}

// PayloadOf returns the bytes of a bytes-like value; r is the file that holds
// the stream. It knows the literal forms, and _codecs.encode(text, "latin1"),
// bytes() and bytearray(bytes), which is how protocols below 3 spell bytes
// (Lib/pickle.py, save_bytes). Nothing is read for a literal; a long text is
// walked once to count its characters.
func PayloadOf(r io.ReaderAt, n *Node) (*Payload, bool) {
	switch n.Kind {
	case Bytes, ByteArray:
		return literal(r, n), true
	case Object:
	default:
		return nil, false
	}
	call := n.Call()
	if call == nil || len(n.States()) > 0 || len(n.Items()) > 0 {
		return nil, false
	}
	encode, array := call.Func.Is("_codecs", "encode"), call.Func.Is("builtins", "bytearray") || dillsArray(call.Func)
	switch {
	case encode && len(call.Args) == 2, array && len(call.Args) == 2:
		return latin1(r, call.Args[0])
	case (call.Func.Is("builtins", "bytes") || array) && len(call.Args) == 0:
		return &Payload{Data: strings.NewReader("")}, true
	case array && len(call.Args) == 1 && call.Args[0].Kind == Bytes:
		return literal(r, call.Args[0]), true
	case array && len(call.Args) == 1 && call.Args[0].Kind == Object && call.Args[0] != n && call.Args[0].Call() != nil && call.Args[0].Call().Func.Is("_codecs", "encode"):
		return PayloadOf(r, call.Args[0])
	}
	return nil, false
}

// dillsArray reports whether a function is the type bytearray as dill looks it up: once
// dill is imported, pickles that are written in Python name types so (dill/_dill.py, save_type).
func dillsArray(fn *Node) bool {
	call := fn.Call()
	return fn.Kind == Object && call != nil && call.Func.Is("dill._dill", "_load_type") && len(call.Args) == 1 && call.Args[0].Kind == String && call.Args[0].Text == "bytearray"
}

func literal(r io.ReaderAt, n *Node) *Payload {
	if n.Lazy {
		d := n.Data()
		return &Payload{Data: io.NewSectionReader(r, d.Off, d.Len), Size: d.Len, from: d.Off, to: d.Off + d.Len, encoding: Raw}
	}
	size := int64(len(n.Text))
	p := &Payload{Data: strings.NewReader(n.Text), Size: size}
	if n.form == formBinary {
		p.from, p.to, p.encoding = n.End-size, n.End, Raw
	}
	return p
}

// latin1 gives the bytes that a text of code points below 256 encodes to.
func latin1(r io.ReaderAt, n *Node) (*Payload, bool) {
	if n.Kind != String {
		return nil, false
	}
	if n.Lazy || n.form == formBinary {
		from, to := n.End-int64(len(n.Text)), n.End
		if n.Lazy {
			from, to = n.Data().Off, n.Data().Off+n.Data().Len
		}
		l := n.extra().text // one text may stand for many bytes objects
		if l == nil {
			l = &latin1Reader{r: io.NewSectionReader(r, from, to-from), size: to - from}
			l.err = l.index()
			n.more.rare.text = l
		}
		if l.err != nil {
			return nil, false
		}
		return &Payload{Data: l, Size: l.total, from: from, to: to, encoding: Latin1, text: l}, true
	}
	b := make([]byte, 0, len(n.Text))
	for _, c := range n.Text {
		if c > 0xff {
			return nil, false
		}
		b = append(b, byte(c))
	}
	p := &Payload{Data: strings.NewReader(string(b)), Size: int64(len(b))}
	if n.form == formLine {
		p.from, p.to, p.encoding = n.Pos+1, n.End-1, Escaped
		p.line = io.NewSectionReader(r, p.from, p.to-p.from)
	}
	return p, true
}

// step is how many decoded bytes lie between two entries of the index.
const step = 64 << 10

// A latin1Reader decodes UTF-8 text of code points below 256, with random
// access: marks[i] is where in the text the decoded byte i*step begins.
type latin1Reader struct {
	r     *io.SectionReader
	size  int64
	total int64
	marks []int64
	err   error // of index
}

var errNotLatin1 = errors.New("text has characters that latin1 lacks")

func (l *latin1Reader) index() error {
	l.marks = append(l.marks, 0)
	buf := make([]byte, step)
	var next int64 = step
	for off := int64(0); off < l.size; {
		m, err := l.r.ReadAt(buf[:min(step, l.size-off)], off)
		if err != nil && err != io.EOF {
			return err
		}
		if m == 0 {
			return io.ErrUnexpectedEOF
		}
		for i, b := range buf[:m] {
			switch {
			case b >= 0x80 && b < 0xc0:
				continue // second byte of a pair
			case b >= 0xc4:
				return errNotLatin1
			}
			if l.total == next {
				l.marks = append(l.marks, off+int64(i))
				next += step
			}
			l.total++
		}
		off += int64(m)
	}
	return nil
}

// ReadAt implements io.ReaderAt over the decoded bytes.
func (l *latin1Reader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off > l.total {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && off < l.total {
		m, err := l.readBlock(p[n:], off)
		n, off = n+m, off+int64(m)
		if err != nil {
			return n, err
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// readBlock decodes from the block of step bytes that off lies in.
func (l *latin1Reader) readBlock(p []byte, off int64) (int, error) {
	block := off / step
	from, to := l.marks[block], l.size
	if int(block)+1 < len(l.marks) {
		to = l.marks[block+1]
	}
	raw := make([]byte, to-from)
	if m, err := l.r.ReadAt(raw, from); int64(m) != to-from {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return 0, err
	}
	skip, n := off-block*step, 0
	for len(raw) > 0 && n < len(p) {
		c, w := utf8.DecodeRune(raw)
		raw = raw[w:]
		if skip > 0 {
			skip--
			continue
		}
		if c > 0xff {
			return n, errNotLatin1
		}
		p[n] = byte(c)
		n++
	}
	return n, nil
}

// position is where in the text the decoded byte off begins.
func (l *latin1Reader) position(off int64) (int64, error) {
	if off == l.total {
		return l.size, nil
	}
	block := off / step
	at, left := l.marks[block], off-block*step
	buf := make([]byte, 4<<10)
	for {
		m, err := l.r.ReadAt(buf[:min(int64(len(buf)), l.size-at)], at)
		if m == 0 {
			return 0, err
		}
		for i, c := range buf[:m] {
			if c >= 0x80 && c < 0xc0 {
				continue
			}
			if left == 0 {
				return at + int64(i), nil
			}
			left--
		}
		at += int64(m)
	}
}
