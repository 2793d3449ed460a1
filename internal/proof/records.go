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

// A tableRecord is a record and where its name ends in names; it begins where
// the one before it ends.
type tableRecord struct {
	record
	end uint32
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
	if dir.members > uint64(lim.MaxZipped) {
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
		rec.count = 1
		t.list = append(t.list, tableRecord{rec, uint32(t.names.Len())})
		if before := t.index.add(len(t.list) - 1); before >= 0 {
			t.list[before].count++
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

// get returns a record, nil if there is none of that name.
func (t *recordTable) get(name string) *record {
	if t == nil {
		return nil
	}
	i := t.index.find(lower(name))
	if i < 0 {
		return nil
	}
	return &t.list[i].record
}

// locate is get for a record whose bytes are to be read: it finds out where they
// are, in the zip r. A name that two members have is refused, because readers differ
// about it.
func (t *recordTable) locate(r io.ReaderAt, name string) (*record, error) {
	found := t.get(name)
	if found == nil {
		return nil, nil
	}
	rec := *found // which other workers look at
	if err := rec.locate(r, t.dirOff); err != nil {
		return nil, fmt.Errorf("zip record %q: %w", name, err)
	}
	return &rec, nil
}
