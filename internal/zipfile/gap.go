package zipfile

import (
	"bytes"

	"github.com/modelaudit/action/internal/safeio"
)

// gap accounts for the bytes [s.pos, to), which no region claims. A data
// descriptor of the entry before and zero padding are ordinary.
func (s *sweeper) gap(to int64) error {
	from, kind := s.pos, GapBytes
	switch {
	case s.claims == 0:
		kind = PrefixBytes
	case to == s.f.size:
		kind = TrailingBytes
	}
	s.pos = to
	if s.prev != nil {
		n, err := s.descriptor(from, to)
		if err != nil {
			return err
		}
		s.f.coverage.Structure += n
		from += n
	}
	if from >= to {
		return nil
	}
	if to-from > s.budget {
		s.f.coverage.Unread = append(s.f.coverage.Unread, Range{from, to})
		s.log.add(kind, "", from, to, "%d bytes that belong to nothing; too many to inspect", to-from)
		return nil
	}
	s.budget -= to - from
	first, headers, err := s.inspect(from, to)
	if err != nil {
		return err
	}
	if kind == PrefixBytes {
		first = from
	}
	s.f.coverage.Structure += first - from
	if first == to {
		return nil
	}
	s.f.coverage.Unread = append(s.f.coverage.Unread, Range{first, to})
	s.log.add(kind, "", first, to, "%d bytes that belong to nothing", to-first)
	return s.hidden(headers, to)
}

// inspect returns the offset of the first non-zero byte of [from, to), or to,
// and the offsets of local header signatures.
func (s *sweeper) inspect(from, to int64) (first int64, headers []int64, err error) {
	const chunk = 64 << 10
	first = to
	for at := from; at < to; at += chunk {
		// Three bytes more, so that a signature across two chunks is seen once.
		b, err := safeio.ReadRange(s.f.r, s.f.size, at, min(chunk+3, to-at), chunk+3)
		if err != nil {
			return 0, nil, err
		}
		if rest := bytes.TrimLeft(b, "\x00"); len(rest) > 0 && first == to {
			first = at + int64(len(b)-len(rest))
		}
		for i := 0; len(headers) < maxAnomaliesPerKind; i += len(sigLocal) {
			j := bytes.Index(b[i:], []byte(sigLocal))
			if j < 0 {
				break
			}
			i += j
			headers = append(headers, at+int64(i))
		}
	}
	return first, headers, nil
}

// hidden reports the local headers that begin at the given offsets, each up to
// the next one or to the end of the gap.
func (s *sweeper) hidden(headers []int64, to int64) error {
	for i, at := range headers {
		end := to
		if i+1 < len(headers) {
			end = headers[i+1]
		}
		if end-at < localLen {
			continue
		}
		h, err := s.win.at(at, localLen)
		if err != nil {
			return err
		}
		n := localLen + int64(le.Uint16(h[26:]))
		if n > end-at {
			continue
		}
		if h, err = s.win.at(at, n); err != nil {
			return err
		}
		s.log.add(HiddenMember, string(h[localLen:]), at, end, "a local header that the directory does not name")
	}
	return nil
}

// descriptor returns the length of the data descriptor that begins at from, or
// 0. APPNOTE 4.3.9 allows it with and without signature, with sizes of four or
// eight bytes; it counts as one only if it says what the directory says.
func (s *sweeper) descriptor(from, to int64) (int64, error) {
	b, err := s.win.at(from, min(24, to-from))
	if err != nil {
		return 0, err
	}
	e := s.prev
	signed := len(b) >= 4 && string(b[:4]) == sigDescriptor
	for _, prefix := range []int{4, 0} {
		if prefix == 4 && !signed {
			continue
		}
		for _, width := range []int{8, 4} {
			n := prefix + 4 + 2*width
			if len(b) >= n && e.describedBy(b[prefix:n], width) {
				return int64(n), nil
			}
		}
	}
	if signed && len(b) >= 16 {
		n := int64(16)
		if to-from == 24 {
			n = 24
		}
		kind := SizeMismatch
		if le.Uint32(b[8:]) == uint32(e.CompressedSize) {
			kind = CRCMismatch
		}
		s.log.add(kind, e.Name, from, from+n, "the data descriptor disagrees with the directory")
		return n, nil
	}
	return 0, nil
}

// describedBy reports whether CRC and sizes, each of width bytes, are e's. A
// CRC of zero on either side is unknown.
func (e *Entry) describedBy(b []byte, width int) bool {
	crc := le.Uint32(b)
	if crc != 0 && e.CRC32 != 0 && crc != e.CRC32 {
		return false
	}
	if width == 8 {
		return le.Uint64(b[4:]) == uint64(e.CompressedSize) && le.Uint64(b[12:]) == uint64(e.Size)
	}
	return le.Uint32(b[4:]) == uint32(e.CompressedSize) && le.Uint32(b[8:]) == uint32(e.Size)
}
