package proof

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/flate"

	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
)

// A source is the bytes that claims are about. Several workers ask it.
type source struct {
	r       io.ReaderAt
	size    int64
	lent    bool         // r is what one claim lends
	records *recordTable // nil if no claim named a record so far
	big     bool         // the zip's byteorder record says "big"
}

// A spot is where the bytes of a claim are: in its source, or a record of it.
type spot struct {
	*source
	rec    record // where the claim names one
	exists bool   // that there is
}

// find finds the record that a claim names, of which it reads the local header from r.
// One that is not there is a mismatch, as extent says.
func (s *source) find(r io.ReaderAt, key string, lim safeio.Limits) (spot, error) {
	rec, err := s.records.locate(r, key)
	if err != nil || rec == nil {
		return spot{source: s}, err
	}
	return spot{s, *rec, true}, rec.bounded(key, lim)
}

// bounded reports a record that expands to more than may be.
func (rec *record) bounded(key string, lim safeio.Limits) error {
	if rec.method == 8 && (rec.size > lim.MaxExpand || rec.size/lim.MaxRatio > rec.compressed) {
		return fmt.Errorf("zip record %q expands from %d to %d bytes: %w", key, rec.compressed, rec.size, safeio.ErrLimit)
	}
	return nil
}

// openZip reads the directory, and the record that says in which order the
// bytes of elements are.
func (s *source) openZip(lim safeio.Limits) error {
	const order = "byteorder" // torch/serialization.py, _load
	records, err := readRecords(s.r, s.size, lim)
	if err != nil {
		return err
	}
	rec, err := records.locate(s.r, order)
	if err != nil {
		return err
	}
	if rec == nil {
		s.records = records
		return nil
	}
	if err := rec.bounded(order, lim); err != nil {
		return err
	}
	text := make([]byte, min(rec.size, 8))
	if _, err := rec.open(s.r).ReadAt(text, 0); err != nil && err != io.EOF {
		return fmt.Errorf("zip record %q: %w", order, err)
	}
	if s.big = string(text) == "big"; !s.big && string(text) != "little" {
		return fmt.Errorf("zip record %q is %q", order, text)
	}
	s.records = records
	return nil
}

// extent returns the length of the bytes that the claim's offset counts in,
// for a region of text an upper bound of it.
func (s *spot) extent(c *Claim) (int64, error) {
	size := s.size
	if c.Key != "" {
		if !s.exists {
			return 0, fmt.Errorf("the zip has no record %q", c.Key)
		}
		size = s.rec.size
	} else if c.Region == nil {
		return 0, fmt.Errorf("neither a record nor a region is claimed")
	}
	if g := c.Region; g != nil {
		if g.Off < 0 || g.Len < 0 || g.Off > size || g.Len > size-g.Off {
			return 0, fmt.Errorf("region [%d,+%d) lies outside %d bytes", g.Off, g.Len, size)
		}
		size = g.Len
	}
	return size, nil
}

// of returns the region's bytes in r, all of r without a region.
func (g *Region) of(r io.ReaderAt) io.ReaderAt {
	if g == nil {
		return r
	}
	part := io.NewSectionReader(r, g.Off, g.Len)
	if !g.spelled() {
		return part
	}
	return newRewinder(g.Len, func() io.Reader {
		in := bufio.NewReaderSize(io.NewSectionReader(part, 0, g.Len), 64<<10)
		switch {
		case g.Escaped:
			return &escaped{in: in}
		case g.Quoted:
			return &quoted{in}
		}
		return &latin1{in}
	})
}

// small is what is inflated at once; longer records are inflated again and again.
const small = 1 << 20

// open returns the content of a record of the zip r.
func (rec *record) open(r io.ReaderAt) io.ReaderAt {
	if rec.method == 0 {
		return io.NewSectionReader(r, rec.off, rec.size)
	}
	inflate := newRewinder(rec.size, func() io.Reader {
		return flate.NewReader(bufio.NewReaderSize(io.NewSectionReader(r, rec.off, rec.compressed), 64<<10))
	})
	if rec.size > small {
		return inflate
	}
	all := make([]byte, rec.size)
	if _, err := inflate.ReadAt(all, 0); err != nil && err != io.EOF {
		return failing{err}
	}
	return bytes.NewReader(all)
}

// failing is a reader of what could not be inflated.
type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }

// A rewinder gives random access to what can only be read forwards, by
// reading it again from its start.
type rewinder struct {
	start func() io.Reader
	size  int64 // at most so many bytes may come
	left  int64 // how many bytes may yet be read, skipped ones included
	r     io.Reader
	pos   int64
}

func newRewinder(size int64, start func() io.Reader) *rewinder {
	return &rewinder{start: start, size: size, left: 64*size + 1<<30}
}

func (w *rewinder) ReadAt(p []byte, off int64) (int, error) {
	if w.r == nil || off < w.pos {
		w.r, w.pos = w.start(), 0
	}
	if w.left -= off - w.pos + int64(len(p)); w.left < 0 {
		return 0, fmt.Errorf("compressed bytes would be read too often: %w", safeio.ErrLimit)
	}
	skipped, err := io.CopyN(io.Discard, w.r, off-w.pos)
	w.pos += skipped
	if err != nil {
		return 0, err
	}
	n, err := io.ReadFull(w.r, p)
	w.pos += int64(n)
	if err == nil && w.pos == w.size {
		if more, _ := w.r.Read(make([]byte, 1)); more > 0 {
			return n, fmt.Errorf("more than the %d bytes that the record should have", w.size)
		}
	}
	return n, err
}

// typed reports whether torch has a storage class of the type. Others lie in
// untyped storages, which torch.load does not swap (UntypedStorage.byteswap
// gets the storage's type, not the tensor's).
func typed(d tensor.DType) bool {
	switch d {
	case tensor.U16, tensor.U32, tensor.U64, tensor.C32, tensor.BC32, tensor.Bits16:
		return false
	}
	return true
}

// storage reports whether key names a record that torch swaps by byteorder.
func storage(key string) bool { return strings.HasPrefix(lower(key), "data/") }
