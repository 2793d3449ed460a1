package rules

import (
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/ascii85"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"io"
	"strings"
)

// expand decompresses zlib, gzip or bzip2 data as far as limit and as it goes.
func expand(b []byte, limit int) (plain []byte, format string) {
	var r io.Reader
	var err error
	switch in := bytes.NewReader(b); {
	case len(b) < 6:
		return nil, ""
	case b[0] == 0x1f && b[1] == 0x8b:
		r, err = gzip.NewReader(in)
		format = "gzip"
	case b[0]&0x0f == 8 && binary.BigEndian.Uint16(b)%31 == 0: // RFC 1950, 2.2
		r, err = zlib.NewReader(in)
		format = "zlib"
	case string(b[:3]) == "BZh":
		r, format = bzip2.NewReader(in), "bzip2"
	default:
		return nil, ""
	}
	if err != nil {
		return nil, ""
	}
	plain, err = io.ReadAll(io.LimitReader(r, int64(max(limit, 0))))
	if _, damaged := err.(flate.CorruptInputError); damaged && len(plain) == 0 || len(plain) == 0 {
		return nil, ""
	}
	return plain, format
}

// Runs of encoded text that are worth decoding, and how many of them.
const (
	minBase64 = 16
	minHex    = 24
	maxRuns   = 16
)

// encoded looks for texts in base64, hexadecimal or ascii85 in a text.
func (u *unpacker) encoded(text, how string, depth int) {
	runs := 0
	for run := range strings.FieldsFuncSeq(text, notBase64) {
		if len(run) < minBase64 {
			continue
		}
		if runs++; runs > maxRuns || u.left < 0 {
			return
		}
		for _, d := range []struct {
			how    string
			decode func(string) ([]byte, bool)
		}{{"hexadecimal", unhex}, {"base64", unbase64}, {"base85", unbase85}} {
			if b, ok := d.decode(run); ok && telling(b) {
				u.bytes(b, joined(how, d.how), depth+1)
				break
			}
		}
	}
}

func notBase64(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("+/-_=", r)
}

// telling reports whether decoded bytes are what somebody would encode: by
// chance, words and numbers decode too.
func telling(b []byte) bool {
	if _, format := expand(b, 64); format != "" {
		return true
	}
	return len(b) > 8 && (readable(b) && strings.ContainsAny(string(b), " ()./\n") || len(compiled(b)) > 0 || b[0] == 0x80 && b[1] <= 5 && b[len(b)-1] == '.')
}

func unhex(s string) ([]byte, bool) {
	if len(s) < minHex || len(s)%2 != 0 {
		return nil, false
	}
	b, err := hex.DecodeString(s)
	return b, err == nil
}

func unbase64(s string) ([]byte, bool) {
	s = strings.TrimRight(s, "=")
	enc := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		enc = base64.RawURLEncoding
	}
	b, err := enc.DecodeString(s[:len(s)-len(s)%4])
	if rest, err2 := enc.DecodeString(s); err2 == nil {
		b, err = rest, nil
	}
	return b, err == nil
}

// unbase85 decodes Python's base64.a85encode without its marks.
func unbase85(s string) ([]byte, bool) {
	out := make([]byte, len(s))
	n, _, err := ascii85.Decode(out, []byte(s), true)
	return out[:n], err == nil && n > 0
}

// compiled returns the names and texts in marshalled Python code, nil if the
// bytes are none. It follows no version's layout of a code object: it walks
// over the bytes and takes what is written as a text (CPython, Python/marshal.c,
// w_object: a type byte, perhaps with FLAG_REF, and a length), so that it may
// miss one or see one too many.
func compiled(b []byte) (names []string) {
	if len(b) > 20 && b[2] == '\r' && b[3] == '\n' { // the header of a .pyc
		b = b[16:]
	}
	if len(b) < 20 || b[0]&0x7f != 'c' {
		return nil
	}
	for at := 1; at < len(b) && len(names) < 512; {
		text, end := marshalled(b, at)
		if end == 0 {
			at++
			continue
		}
		at = end
		if len(text) > 1 && readable(text) {
			names = append(names, string(text))
		}
	}
	return names
}

// marshalled returns the text that is written at an offset, and where it ends;
// 0 if none is.
func marshalled(b []byte, at int) (text []byte, end int) {
	var n, from int
	switch b[at] & 0x7f {
	case 'z', 'Z': // short ASCII
		if at+2 > len(b) {
			return nil, 0
		}
		n, from = int(b[at+1]), at+2
	case 'a', 'A', 'u', 't', 's':
		if at+5 > len(b) || b[at+4] != 0 || b[at+3] > 3 {
			return nil, 0
		}
		n, from = int(binary.LittleEndian.Uint32(b[at+1:])), at+5
	default:
		return nil, 0
	}
	if n == 0 || from+n > len(b) {
		return nil, 0
	}
	text = b[from : from+n]
	if b[at]&0x7f != 's' && !readable(text) {
		return nil, 0
	}
	return text, from + n
}
