package proof

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/modelaudit/action/internal/safeio"
)

// A recordTable has the members of a torch zip below its root, in some bytes each.
type recordTable struct {
	dirOff int64
	list   []tableRecord
	names  strings.Builder // in lower case, one behind the other
	index  *nameIndex
}

// A tableRecord is a record that is not located, in few bytes, and where its name ends
// in names; it begins where the one before it ends.
type tableRecord struct {
	at, compressed, size int64
	end                  uint32
	method               uint16
	count                uint16 // of those that have the name, or the most that fit
}

// readRecords reads the members below the root of a torch zip. Names are
// compared as miniz does for torch, without regard to ASCII case; the root is
// what stands before the first slash of the first member's name.
func readRecords(r io.ReaderAt, size int64, lim safeio.Limits) (*recordTable, error) {
	if magic, err := safeio.ReadRange(r, size, 0, 4, 4); err != nil || string(magic) != "PK\x03\x04" {
		return nil, fmt.Errorf("zip: does not begin with a local header, as torch wants")
	}
	dir, err := findDirectory(r, size)
	if err != nil {
		return nil, err
	}
	if dir.members > uint64(min(lim.MaxZipped, maxNames)) {
		return nil, fmt.Errorf("zip: %d members: %w", dir.members, safeio.ErrLimit)
	}
	room := min(int(dir.members), int(dir.size/46))
	t := &recordTable{dirOff: dir.off, list: make([]tableRecord, 0, room)}
	t.index = newNameIndex(t.name, room)
	if err := t.read(r, dir); err != nil {
		return nil, fmt.Errorf("zip directory: %w", err)
	}
	return t, nil
}

// read fills the table.
func (t *recordTable) read(r io.ReaderAt, d directory) error {
	in := bufio.NewReaderSize(io.NewSectionReader(r, d.off, d.size), 64<<10)
	root, left := "", d.size
	for i := range d.members {
		name, rec, n, err := readMember(in)
		if err != nil {
			return fmt.Errorf("member %d: %w", i, err)
		}
		left -= n
		name = lower(name)
		if i == 0 {
			first, _, ok := strings.Cut(name, "/")
			if !ok {
				return fmt.Errorf("the first member %q lies in no directory", name)
			}
			root = first + "/"
		}
		below, ok := strings.CutPrefix(name, root)
		if !ok {
			continue
		}
		if int64(t.names.Len()) > math.MaxUint32-int64(len(below)) {
			return fmt.Errorf("names of more than 4 GiB: %w", safeio.ErrLimit)
		}
		t.names.WriteString(below)
		t.list = append(t.list, tableRecord{rec.at, rec.compressed, rec.size, uint32(t.names.Len()), rec.method, 1})
		if before := t.index.add(len(t.list) - 1); before >= 0 {
			t.list[before].count = min(t.list[before].count, math.MaxUint16-1) + 1
		}
	}
	if left != 0 {
		return fmt.Errorf("%d bytes behind the last member", left)
	}
	return nil
}

func (t *recordTable) name(i int) string {
	begin := uint32(0)
	if i > 0 {
		begin = t.list[i-1].end
	}
	return t.names.String()[begin:t.list[i].end]
}

// locate finds a record whose bytes are to be read, and where they are in the zip r; nil
// if there is none of that name. A name that two members have is refused, because
// readers differ about it.
func (t *recordTable) locate(r io.ReaderAt, name string) (*record, error) {
	i := t.index.find(lower(name))
	if i < 0 {
		return nil, nil
	}
	p := &t.list[i]
	rec := &record{method: p.method, at: p.at, compressed: p.compressed, size: p.size, count: int32(p.count)}
	if err := rec.locate(r, t.dirOff); err != nil {
		return nil, fmt.Errorf("zip record %q: %w", name, err)
	}
	return rec, nil
}
