package proof

import "io"

const (
	pageBytes = 4 << 10
	pageCount = 64
)

// A pager reads small pieces by the page and keeps some pages, so that tensors of a
// few bytes, and the local headers of their records, do not cost a call of the system
// each. It is not safe for concurrent use.
type pager struct {
	r     io.ReaderAt
	pages [pageCount]page // that of number n at n modulo their count
}

// A page is what lies in the file from a multiple of pageBytes on.
type page struct {
	at   int64 // its number plus one, 0 for none
	data []byte
}

// ReadAt implements io.ReaderAt.
func (p *pager) ReadAt(b []byte, off int64) (int, error) {
	n := off / pageBytes
	if off < 0 || len(b) == 0 || (off+int64(len(b))-1)/pageBytes != n {
		return p.r.ReadAt(b, off)
	}
	g := &p.pages[n%pageCount]
	if g.at != n+1 {
		if g.data == nil {
			g.data = make([]byte, pageBytes)
		}
		have, err := p.r.ReadAt(g.data[:pageBytes], n*pageBytes)
		if g.at, g.data = n+1, g.data[:have]; err != nil && err != io.EOF {
			g.at = 0
		}
	}
	from := off - n*pageBytes
	if g.at == 0 || from+int64(len(b)) > int64(len(g.data)) {
		return p.r.ReadAt(b, off) // which says why it cannot be read
	}
	return copy(b, g.data[from:]), nil
}
