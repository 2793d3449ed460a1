package symbolic

import (
	"io"
	"strings"
)

// An Encoding says how the file spells a run of bytes.
type Encoding uint8

// The encodings.
const (
	Unknown Encoding = iota // in a way that has no one place in the file
	Raw                     // as themselves
	Latin1                  // as UTF-8 text, one code point for each byte
	Escaped                 // as a line of raw-unicode-escape text, one code point for each byte
	Quoted                  // as Python 2 writes a str between quotes
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
	file     io.ReaderAt
	line     *lineReader // of an Escaped or Quoted text, once asked for
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
	case p.encoding != Unknown && off == 0 && n == p.Size:
		return p.from, p.to, p.encoding
	case p.encoding == Escaped || p.encoding == Quoted:
		if p.line == nil {
			l, err := readLine(io.NewSectionReader(p.file, p.from, p.to-p.from), p.encoding == Quoted)
			if err != nil {
				return 0, 0, Unknown
			}
			p.line = l
		}
		start, ok1 := p.line.position(off)
		end, ok2 := p.line.position(off + n)
		if ok1 && ok2 {
			return p.from + start, p.from + end, p.encoding
		}
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
		return literal(r, n)
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
		return literal(r, call.Args[0])
	case array && len(call.Args) == 1 && call.Args[0].Kind == Object && call.Args[0] != n && call.Args[0].Call() != nil && call.Args[0].Call().Func.Is("_codecs", "encode"):
		return PayloadOf(r, call.Args[0])
	}
	return nil, false
}

// ElementsOf returns the bytes of an array: those of a bytes-like value, or what numpy
// encodes of a text, which Python 2's bytes are where the loader can decode them.
func ElementsOf(r io.ReaderAt, n *Node) (*Payload, bool) {
	if n.Kind == String {
		return latin1(r, n)
	}
	return PayloadOf(r, n)
}

// dillsArray reports whether a function is the type bytearray as dill looks it up: once
// dill is imported, pickles that are written in Python name types so (dill/_dill.py, save_type).
func dillsArray(fn *Node) bool {
	call := fn.Call()
	return fn.Kind == Object && call != nil && call.Func.Is("dill._dill", "_load_type") && len(call.Args) == 1 && call.Args[0].Kind == String && call.Args[0].Text == "bytearray"
}

func literal(r io.ReaderAt, n *Node) (*Payload, bool) {
	switch {
	case n.Lazy && n.form == formQuoted:
		return longLine(r, n)
	case n.Lazy:
		d := n.Data()
		return &Payload{Data: io.NewSectionReader(r, d.Off, d.Len), Size: d.Len, from: d.Off, to: d.Off + d.Len, encoding: Raw}, true
	}
	size := int64(len(n.Text))
	p := &Payload{Data: strings.NewReader(n.Text), Size: size}
	if n.form == formBinary {
		p.from, p.to, p.encoding = n.End-size, n.End, Raw
	}
	p.spelledBy(r, n)
	return p, true
}

// spelledBy notes the line that spells a text.
func (p *Payload) spelledBy(r io.ReaderAt, n *Node) {
	switch n.form {
	case formLine:
		p.file, p.from, p.to, p.encoding = r, n.Pos+1, n.End-1, Escaped
	case formQuoted:
		p.file, p.from, p.to, p.encoding = r, n.Pos+2, n.End-2, Quoted
	}
}

// longLine is the text of a line that is not held; one may stand for many bytes objects.
func longLine(r io.ReaderAt, n *Node) (*Payload, bool) {
	d, p := n.Data(), &Payload{}
	p.spelledBy(r, n)
	l := n.extra().line
	if l == nil {
		var err error
		if l, err = readLine(io.NewSectionReader(r, d.Off, d.Len), n.form == formQuoted); err != nil {
			l = &lineReader{}
		}
		n.more.rare.line = l
	}
	p.Data, p.Size, p.line = l, l.total, l
	p.from, p.to = d.Off, d.Off+d.Len
	return p, l.line != nil
}

// latin1 gives the bytes that a text of code points below 256 encodes to.
func latin1(r io.ReaderAt, n *Node) (*Payload, bool) {
	switch {
	case n.Kind != String:
		return nil, false
	case n.Lazy && n.form == formLine:
		return longLine(r, n)
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
	p.spelledBy(r, n)
	return p, true
}
