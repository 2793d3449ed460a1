package archive

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
)

func zeroBlock(b []byte) bool { return len(bytes.TrimLeft(b, "\x00")) == 0 }

// checksumFits: as the sum of the bytes, signed or not, with the field itself
// as spaces (tarfile.calc_chksums), to tarfile or to others.
func checksumFits(b []byte) bool {
	var unsigned, signed int64
	for _, c := range b[:148] {
		unsigned, signed = unsigned+int64(c), signed+int64(int8(c))
	}
	for _, c := range b[156:block] {
		unsigned, signed = unsigned+int64(c), signed+int64(int8(c))
	}
	fits := func(sum int64, ok bool) bool { return ok && (sum == unsigned+8*' ' || sum == signed+8*' ') }
	return fits(tarNumber(b[148:156])) || fits(otherNumber(b[148:156]))
}

// tarNumber reads a number field as tarfile.nti does: base 256 behind a byte
// 0200 or 0377, else octal as Python's int reads it, which takes a prefix, a
// sign and underscores.
func tarNumber(b []byte) (int64, bool) {
	if b[0] == 0o200 || b[0] == 0o377 {
		var n int64
		for i, c := range b[1:] {
			if i < len(b)-8 && c != b[0]<<1>>7*0xff {
				return 0, false // more than 63 bits
			}
			n = n<<8 | int64(c)
		}
		if b[0] == 0o377 && len(b) <= 8 {
			n -= 1 << (8 * (len(b) - 1))
		}
		return n, true
	}
	s, _, _ := strings.Cut(string(b), "\x00")
	return pythonInt(s, 8)
}

// otherNumber reads an octal field as other readers do, which pass over zero
// bytes in front of it too.
func otherNumber(b []byte) (int64, bool) {
	s, _, _ := strings.Cut(strings.Trim(string(b), " \x00"), "\x00")
	n, err := strconv.ParseInt(strings.TrimSpace(s), 8, 64)
	return n, err == nil
}

// pythonInt is int(s.strip() or "0", base) for base 8 and 10.
func pythonInt(s string, base int) (int64, bool) {
	s = strings.Trim(s, " \t\n\v\f\r\x1c\x1d\x1e\x1f")
	if s == "" {
		return 0, true
	}
	sign := ""
	if s[0] == '-' || s[0] == '+' {
		sign, s = s[:1], s[1:]
	}
	if base == 8 && len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'o' {
		s = strings.TrimPrefix(s[2:], "_")
	}
	if s == "" || s[0] == '_' || s[len(s)-1] == '_' || strings.Contains(s, "__") || s[0] == '-' || s[0] == '+' {
		return 0, false
	}
	n, err := strconv.ParseInt(sign+strings.ReplaceAll(s, "_", ""), base, 64)
	return n, err == nil
}

// errNoHeader: the block is no header.
var errNoHeader = errors.New("no header")

// A tarParser reads headers, one after another.
type tarParser struct {
	in     *input
	global map[string]string // from global pax headers
	max    int64
}

// seek moves to an offset.
func (p *tarParser) seek(at int64) {
	if d := at - p.in.pos(); d < 0 || d > int64(len(p.in.buf)-p.in.i) {
		p.in.off, p.in.buf, p.in.i = at, p.in.buf[:0], 0
	} else {
		p.in.i += int(d)
	}
}

// nextHeader returns the offset of the first block from at on that has a
// fitting checksum, or the size.
func (p *tarParser) nextHeader(at int64) int64 {
	p.seek(min(at, p.in.size))
	for {
		b, err := p.in.take(block)
		if err != nil {
			return p.in.size
		}
		if checksumFits(b) {
			return p.in.pos() - block
		}
	}
}

// A header is what one block says.
type header struct {
	Member
	block [block]byte
	size  int64 // of the data
}

// read reads the header at the input's place. A header with a fitting checksum
// that tarfile refuses for another field comes with errNoHeader.
func (p *tarParser) read() (*header, error) {
	b, err := p.in.take(block)
	if err != nil {
		return nil, err
	}
	if !checksumFits(b) {
		return nil, errNoHeader
	}
	h := &header{block: [block]byte(b)}
	b = h.block[:]
	h.Header = p.in.pos() - block
	h.Type = b[156]
	h.Name = cString(b[:100])
	var ok bool
	if h.size, ok = tarNumber(b[124:136]); !ok || h.size < 0 {
		h.size, err = -1, errNoHeader
	}
	if _, ok := tarNumber(b[148:156]); !ok {
		err = errNoHeader
	}
	if n, ok := otherNumber(b[124:136]); ok && n > h.size && b[124]&0x80 == 0 {
		h.size, err = n, errNoHeader // readers differ: the longer one, and every block behind
	}
	if h.size < 0 {
		return nil, errNoHeader
	}
	for _, f := range [][2]int{{100, 108}, {108, 116}, {116, 124}, {136, 148}, {329, 337}, {337, 345}} {
		if _, ok := tarNumber(b[f[0]:f[1]]); !ok {
			err = errNoHeader
		}
	}
	if h.Type == 0 && strings.HasSuffix(h.Name, "/") {
		h.Type = '5'
	}
	if prefix := cString(b[345:500]); prefix != "" && !strings.ContainsRune("LKS", rune(h.Type)) {
		h.Name = prefix + "/" + h.Name
	}
	return h, err
}

func cString(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return s
}

// blocks rounds up to whole blocks.
func blocks(n int64) int64 { return (n + block - 1) &^ (block - 1) }

// data reads the data of a header that describes the next one.
func (p *tarParser) data(h *header) ([]byte, error) {
	n := blocks(h.size)
	if n > p.max || n < 0 {
		return nil, errNoHeader
	}
	b, err := p.in.read(nil, int(n))
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil // tarfile takes what is there
	}
	return b, err
}
