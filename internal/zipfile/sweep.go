package zipfile

import (
	"cmp"
	"io"
	"slices"

	"github.com/modelaudit/action/internal/safeio"
)

// A region is a run of bytes that a record of the archive itself claims.
type region struct {
	start, end int64
	name       string
}

// A sweeper walks the archive once from front to back.
type sweeper struct {
	f      *File
	log    *anomalyLog
	win    window
	pos    int64    // everything before it is accounted for
	owner  string   // the region that ends at pos
	prev   *Entry   // likewise, if it is an entry
	entry  [2]Entry // where prev is, and the entry at hand
	claims int      // regions claimed
	budget int64    // gap bytes that may still be inspected
}

// sweep reads the local headers in file order, compares them with the
// directory, and accounts for the bytes between the regions.
func (f *File) sweep(e ends, log *anomalyLog) error {
	s := &sweeper{f: f, log: log, budget: f.lim.MaxAlloc, win: window{r: f.r, size: f.size}}
	records := f.records(e)
	for _, i := range f.byHeader(log) {
		at := f.entries.list[i].header
		for ; len(records) > 0 && records[0].start < at; records = records[1:] {
			if err := s.claim(records[0], nil, records[0].end); err != nil {
				return err
			}
		}
		if err := s.claimEntry(int(i)); err != nil {
			return err
		}
	}
	for _, reg := range records {
		if err := s.claim(reg, nil, reg.end); err != nil {
			return err
		}
	}
	return s.gap(f.size)
}

// byHeader lists the entries by where their local headers are. Those whose header
// cannot be in the file are reported and left out.
func (f *File) byHeader(log *anomalyLog) []int32 {
	order := make([]int32, 0, f.Len())
	for i := range f.entries.list {
		if at := f.entries.list[i].header; at < 0 || at > f.size-localLen {
			log.add(UnreadableEntry, f.entries.name(i), 0, f.size, "its local header at %d lies outside the file", at)
			continue
		}
		order = append(order, int32(i))
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		return cmp.Compare(f.entries.list[a].header, f.entries.list[b].header)
	})
	return order
}

// records lists what the archive's own records claim, ordered by start.
func (f *File) records(e ends) []region {
	var list []region
	for i, d := range []directory{e.torch, e.python} {
		if d.end < 0 || i == 1 && d.sameRecords(e.torch) {
			continue
		}
		list = append(list, region{d.end, d.end + endLen + d.comment, "end record"})
		if d.end64 >= 0 {
			list = append(list, region{d.end64, d.end64 + end64Len, "zip64 end record"},
				region{d.end - locatorLen, d.end, "zip64 locator"})
		}
		if d.err == nil {
			list = append(list, region{d.start, d.start + d.used, "directory"})
		}
	}
	slices.SortStableFunc(list, func(a, b region) int { return cmp.Compare(a.start, b.start) })
	return slices.Compact(list)
}

func (d directory) sameRecords(o directory) bool {
	return d.end == o.end && d.end64 == o.end64 && d.start == o.start && d.size == o.size
}

// claimEntry accounts for the local header and the payload of an entry, and for
// the gap before them.
func (s *sweeper) claimEntry(i int) error {
	e := &s.entry[0]
	if e == s.prev {
		e = &s.entry[1]
	}
	*e = s.f.At(i)
	ok, err := s.local(e)
	if err != nil || !ok {
		return err
	}
	s.f.entries.located(i, e)
	reg := region{e.HeaderOffset, e.DataOffset + e.CompressedSize, e.Name}
	if e.CompressedSize > s.f.size-e.DataOffset {
		reg.end = s.f.size
		s.log.add(UnreadableEntry, reg.name, e.DataOffset, s.f.size, "its %d bytes run past the end of the file", e.CompressedSize)
	}
	return s.claim(reg, e, e.DataOffset)
}

// claim accounts for reg, whose payload begins at data, and the gap before it.
func (s *sweeper) claim(reg region, e *Entry, data int64) error {
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
		s.pos, s.owner, s.prev = reg.end, reg.name, e
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
