package safeio

import "io"

// PageBytes is how much a Pager reads at once.
const PageBytes = 4 << 10

// A Pager reads pieces of R of up to a quarter of a page by the page and keeps some
// pages, so that small pieces that lie close together do not cost a call of the system
// each. What lies in two pages is read as it is asked for, and so is what a page could not
// be read for. It is not safe for concurrent use.
type Pager struct {
	R     io.ReaderAt
	pages [64]page // that of number n at n modulo their count
}

// A page is what lies in the file from a multiple of PageBytes on.
type page struct {
	at   int64 // its number plus one, 0 for none
	data []byte
}

// ReadAt implements io.ReaderAt.
func (p *Pager) ReadAt(b []byte, off int64) (int, error) {
	n := off / PageBytes
	if off < 0 || len(b) == 0 || len(b) > PageBytes/4 || (off+int64(len(b))-1)/PageBytes != n {
		return p.R.ReadAt(b, off)
	}
	g := &p.pages[n%int64(len(p.pages))]
	if g.at != n+1 {
		if g.data == nil {
			g.data = make([]byte, PageBytes)
		}
		have, err := p.R.ReadAt(g.data[:PageBytes], n*PageBytes)
		if g.at, g.data = n+1, g.data[:have]; err != nil && err != io.EOF {
			g.at = 0
		}
	}
	from := off - n*PageBytes
	if g.at == 0 || from+int64(len(b)) > int64(len(g.data)) {
		return p.R.ReadAt(b, off) // which says why it cannot be read
	}
	return copy(b, g.data[from:]), nil
}
