package archive

import (
	"bytes"
	"maps"
	"strconv"
	"strings"
)

// maxName bounds the names that are kept.
const maxName = 4096

// maxExtended is how many headers may describe one member; Python's recursion
// ends before.
const maxExtended = 1000

// member reads the member whose first header is at an offset, and returns where
// the next one begins. An error with a member says that tarfile refuses a field
// that other readers do not look at. Without one, it returns the header that is
// none.
func (p *tarParser) member(at int64) (*Member, int64, error) {
	at = min(at, p.in.size)
	p.seek(at)
	var extended []func(*Member) // what the headers before say, outermost first
	pax := maps.Clone(p.global)
	local := false
	for range maxExtended {
		here := p.in.pos()
		h, err := p.read()
		if h == nil {
			return nil, here, err
		}
		switch h.Type {
		case 'L', 'K':
			b, derr := p.data(h)
			if derr != nil {
				return nil, here, derr
			}
			if name := cString(b); h.Type == 'L' {
				extended = append(extended, func(m *Member) { m.Name = name })
			}
		case 'x', 'X', 'g':
			b, derr := p.data(h)
			if derr != nil {
				return nil, here, derr
			}
			records, ok := paxRecords(b)
			if !ok {
				return nil, here, errNoHeader
			}
			if h.Type == 'g' {
				maps.Copy(p.global, flat(records))
			} else {
				local = true
			}
			maps.Copy(pax, flat(records))
			sparse00(pax, records)
		default:
			m, next, merr := p.content(h, pax, local)
			for i := len(extended) - 1; i >= 0; i-- {
				extended[i](m)
			}
			m.Name = strings.Clone(m.Name[:min(len(m.Name), maxName)])
			if merr == nil {
				merr = err
			}
			return m, next, merr
		}
		if err != nil {
			return nil, here, err
		}
	}
	return nil, p.in.pos(), errNoHeader
}

// content finds the data of the member that a header stands for.
func (p *tarParser) content(h *header, pax map[string]string, local bool) (*Member, int64, error) {
	m := &h.Member
	m.Offset, m.Size = p.in.pos(), h.size
	next := m.Offset
	switch {
	case h.Type == 'S':
		p.oldSparse(h)
		next = m.Offset + blocks(h.size)
	case m.Regular():
		next += blocks(h.size)
	}
	if !p.paxSparse(m, pax) {
		return m, next, errNoHeader
	}
	if v, ok := pax["path"]; ok {
		m.Name = strings.TrimRight(v, "/")
	}
	if v, ok := pax["GNU.sparse.name"]; ok {
		m.Name = v
	}
	for _, key := range []string{"size", "GNU.sparse.size", "GNU.sparse.realsize"} {
		v, ok := pax[key]
		if !ok {
			continue
		}
		n, good := pythonInt(v, 10)
		if n < 0 || !good && key != "size" {
			return m, next, errNoHeader
		}
		m.Size = n
		if key == "size" && local && m.Regular() {
			next = m.Offset + blocks(n)
		}
	}
	if next < m.Offset { // more bytes than there can be
		next = p.in.size
	}
	return m, next, nil
}

// paxRecords splits "LENGTH KEY=VALUE\n" records (tarfile._proc_pax).
func paxRecords(b []byte) (out [][2]string, ok bool) {
	for len(b) > 0 && b[0] != 0 {
		digits, _, found := bytes.Cut(b[:min(len(b), 21)], []byte(" "))
		n, err := strconv.ParseUint(string(digits), 10, 31)
		if !found || err != nil || int(n) > len(b) || int(n) < len(digits)+2 {
			return nil, false
		}
		key, value, found := bytes.Cut(b[len(digits)+1:n-1], []byte("="))
		if !found {
			return nil, false
		}
		out = append(out, [2]string{string(key), string(value)})
		b = b[n:]
	}
	return out, true
}

// flat is the records that matter here, as a map; the last one of a key counts.
func flat(records [][2]string) map[string]string {
	out := make(map[string]string, len(records))
	for _, r := range records {
		if r[0] == "path" || r[0] == "size" || strings.HasPrefix(r[0], "GNU.sparse.") && len(r[0]) < 24 {
			out[r[0]] = r[1]
		}
	}
	return out
}

// sparse00 turns the records of GNU sparse format 0.0 into those of 0.1.
func sparse00(pax map[string]string, records [][2]string) {
	if _, ok := pax["GNU.sparse.map"]; ok || pax["GNU.sparse.size"] == "" {
		return
	}
	var offsets, sizes []string
	for _, r := range records {
		switch r[0] {
		case "GNU.sparse.offset":
			offsets = append(offsets, r[1])
		case "GNU.sparse.numbytes":
			sizes = append(sizes, r[1])
		}
	}
	var pairs []string
	for i := range min(len(offsets), len(sizes)) {
		pairs = append(pairs, offsets[i], sizes[i])
	}
	pax["GNU.sparse.map"] = strings.Join(pairs, ",")
}
