package archive

import (
	"bytes"
	"strings"
)

// maxExtents bounds the runs of a sparse member.
const maxExtents = 100_000

// oldSparse reads the map of GNU's first sparse format, which begins in the
// header and goes on in blocks behind it.
func (p *tarParser) oldSparse(h *header) {
	m := &h.Member
	m.mapped = true
	m.sparse = sparseFields(nil, h.block[386:386+4*24])
	more := h.block[482] != 0
	if real, ok := tarNumber(h.block[483:495]); ok && real >= 0 {
		m.Size = real
	}
	for more && len(m.sparse) < maxExtents {
		b, err := p.in.take(block)
		if err != nil {
			break
		}
		m.sparse = sparseFields(m.sparse, b[:21*24])
		more = b[504] != 0
	}
	m.Offset = p.in.pos()
}

func sparseFields(list []extent, b []byte) []extent {
	for ; len(b) >= 24; b = b[24:] {
		offset, ok1 := tarNumber(b[:12])
		size, ok2 := tarNumber(b[12:24])
		if !ok1 || !ok2 {
			break
		}
		if size > 0 {
			list = append(list, extent{offset, size})
		}
	}
	return list
}

// paxSparse reads the map of a sparse member that pax records describe, and
// reports whether it is one that tarfile reads.
func (p *tarParser) paxSparse(m *Member, pax map[string]string) bool {
	if text, ok := pax["GNU.sparse.map"]; ok {
		m.mapped = true
		return m.pairs(strings.Split(text, ","), text != "")
	}
	if pax["GNU.sparse.major"] != "1" || pax["GNU.sparse.minor"] != "0" {
		return true
	}
	// Format 1.0: the map is lines of text at the beginning of the data.
	var numbers []string
	var rest []byte
	line := func() (string, bool) {
		for bytes.IndexByte(rest, '\n') < 0 {
			b, err := p.in.take(block)
			if err != nil || len(rest) > block {
				return "", false
			}
			rest = append(rest, b...)
		}
		text, after, _ := bytes.Cut(rest, []byte("\n"))
		rest = after
		return string(text), true
	}
	text, ok := line()
	n, good := pythonInt(text, 10)
	if !ok || !good || n < 0 || n > maxExtents {
		return false
	}
	for int64(len(numbers)) < 2*n {
		if text, ok = line(); !ok {
			return false
		}
		numbers = append(numbers, text)
	}
	m.mapped = true
	m.Offset = p.in.pos()
	return m.pairs(numbers, true)
}

// pairs turns numbers into extents.
func (m *Member) pairs(numbers []string, some bool) bool {
	m.sparse = nil
	if len(numbers) > 2*maxExtents {
		return false
	}
	for i := 0; some && i < len(numbers); i++ {
		n, ok := pythonInt(numbers[i], 10)
		if !ok || n < 0 {
			return false
		}
		if i%2 == 0 {
			m.sparse = append(m.sparse, extent{offset: n})
		} else {
			m.sparse[i/2].size = n
		}
	}
	return true
}
