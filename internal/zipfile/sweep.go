package zipfile

import (
	"cmp"
	"io"
	"slices"

	"github.com/modelaudit/action/internal/safeio"
)

// A region is a run of bytes that an entry or a record claims.
type region struct {
	start, end int64 // end of an entry is known once its local header is read
	name       string
	entry      *Entry
}

// A sweeper walks the archive once from front to back.
type sweeper struct {
	f      *File
	log    *anomalyLog
	win    window
	pos    int64  // everything before it is accounted for
	owner  string // the region that ends at pos
	prev   *Entry // likewise, if it is an entry
	claims int    // regions claimed
	budget int64  // gap bytes that may still be inspected
}

// sweep reads the local headers in file order, compares them with the
// directory, and accounts for the bytes between the regions.
func (f *File) sweep(e ends, log *anomalyLog) error {
	s := &sweeper{f: f, log: log, budget: f.lim.MaxAlloc, win: window{r: f.r, size: f.size}}
	for _, reg := range f.regions(e, log) {
		if err := s.claim(reg); err != nil {
			return err
		}
	}
	return s.gap(f.size)
}

// regions lists what claims bytes, ordered by start. Entries whose local header
// cannot be in the file are reported and left out.
func (f *File) regions(e ends, log *anomalyLog) []region {
	list := make([]region, 0, len(f.Entries)+8)
	for i := range f.Entries {
		en := &f.Entries[i]
		if en.HeaderOffset < 0 || en.HeaderOffset > f.size-localLen {
			log.add(UnreadableEntry, en.Name, 0, f.size, "its local header at %d lies outside the file", en.HeaderOffset)
			continue
		}
		list = append(list, region{en.HeaderOffset, 0, en.Name, en})
	}
	for i, d := range []directory{e.torch, e.python} {
		if d.end < 0 || i == 1 && d.sameRecords(e.torch) {
			continue
		}
		list = append(list, region{d.end, d.end + endLen + d.comment, "end record", nil})
		if d.end64 >= 0 {
			list = append(list, region{d.end64, d.end64 + end64Len, "zip64 end record", nil},
				region{d.end - locatorLen, d.end, "zip64 locator", nil})
		}
		if d.err == nil {
			list = append(list, region{d.start, d.start + d.used, "directory", nil})
		}
	}
	slices.SortStableFunc(list, func(a, b region) int { return cmp.Compare(a.start, b.start) })
	return slices.CompactFunc(list, func(a, b region) bool { return a == b && a.entry == nil })
}

func (d directory) sameRecords(o directory) bool {
	return d.end == o.end && d.end64 == o.end64 && d.start == o.start && d.size == o.size
}

// claim accounts for reg and the gap before it.
func (s *sweeper) claim(reg region) error {
	data := reg.end // first payload byte
	if reg.entry != nil {
		ok, err := s.local(reg.entry)
		if err != nil || !ok {
			return err
		}
		data = reg.entry.DataOffset
		reg.end = data + reg.entry.CompressedSize
		if reg.entry.CompressedSize > s.f.size-data {
			reg.end = s.f.size
			s.log.add(UnreadableEntry, reg.name, data, s.f.size, "its %d bytes run past the end of the file", reg.entry.CompressedSize)
		}
	}
	if reg.start == reg.end {
		return nil
	}
	if reg.start > s.pos {
		if err := s.gap(reg.start); err != nil {
			return err
		}
	} else if reg.start < s.pos {
		s.log.add(Overlap, reg.name, reg.start, min(reg.end, s.pos), "%q begins before the end of %q", reg.name, s.owner)
	}
	s.claims++
	cov := &s.f.coverage
	cov.Structure += max(data-max(reg.start, s.pos), 0)
	cov.Payload += max(reg.end-max(data, s.pos), 0)
	if reg.end > s.pos {
		s.pos, s.owner, s.prev = reg.end, reg.name, reg.entry
	}
	return nil
}

// A window is a small read-ahead buffer: the descriptor behind one payload and
// the local header of the next entry usually cost one read.
type window struct {
	r    io.ReaderAt
	size int64
	off  int64
	buf  []byte
}

const windowLen = 4096

// at returns the n bytes at off, valid until the next call.
func (w *window) at(off, n int64) ([]byte, error) {
	if off < w.off || n > int64(len(w.buf))-(off-w.off) {
		buf, err := safeio.ReadRange(w.r, w.size, off, max(n, min(windowLen, w.size-off)), 1<<20)
		if err != nil {
			return nil, err
		}
		w.off, w.buf = off, buf
	}
	return w.buf[off-w.off:][:n], nil
}
