package zipfile

import (
	"iter"
	"strings"
)

// A table holds entries in few bytes each, for an archive may have a million.
type table struct {
	list  []packedEntry
	names strings.Builder // one behind the other
	upper bool            // a name has a capital letter
	lower string          // names in lower case, if upper and once asked for
}

// A packedEntry is an Entry without its name.
type packedEntry struct {
	compressed, size, header int64
	name                     uint32 // where it begins in names; it ends where the next one begins
	payload                  uint32 // from the local header to the payload, 0 without one
	crc, time                uint32
	method, flags            uint16
	directory                bool
}

func (t *table) len() int { return len(t.list) }

func (t *table) append(e *Entry) {
	at := uint32(t.names.Len())
	t.names.WriteString(e.Name)
	t.upper = t.upper || foldName(e.Name) != e.Name
	t.list = append(t.list, packedEntry{e.CompressedSize, e.Size, e.HeaderOffset, at, 0, e.CRC32, e.DOSTime, e.Method, e.Flags, e.directory})
	t.located(len(t.list)-1, e)
}

// located notes where the payload of an entry is.
func (t *table) located(i int, e *Entry) {
	t.list[i].payload = 0
	if e.DataOffset >= 0 {
		t.list[i].payload = uint32(e.DataOffset - e.HeaderOffset)
	}
}

func (t *table) at(i int) Entry {
	p := &t.list[i]
	e := Entry{Name: t.name(i), Method: p.method, Flags: p.flags, DOSTime: p.time, CRC32: p.crc,
		CompressedSize: p.compressed, Size: p.size, HeaderOffset: p.header, DataOffset: -1, Index: i, directory: p.directory}
	if p.payload > 0 {
		e.DataOffset = p.header + int64(p.payload)
	}
	return e
}

func (t *table) name(i int) string { return t.part(t.names.String(), i) }

// folded is the name in lower case.
func (t *table) folded(i int) string {
	if !t.upper {
		return t.name(i)
	}
	if t.lower == "" {
		t.lower = foldName(t.names.String())
	}
	return t.part(t.lower, i)
}

func (t *table) part(names string, i int) string {
	end := uint32(len(names))
	if i+1 < len(t.list) {
		end = t.list[i+1].name
	}
	return names[t.list[i].name:end]
}

// Held is about how many bytes of memory the entries take.
func (f *File) Held() int64 {
	const lookup, each = 8, 48
	return int64(f.Len())*(each+lookup) + int64(f.entries.names.Len()+len(f.entries.lower))
}

// Len is the number of entries.
func (f *File) Len() int { return f.entries.len() }

// At is the entry of that index.
func (f *File) At(i int) Entry { return f.entries.at(i) }

// All yields the entries in the order of their indexes.
func (f *File) All() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for i := range f.entries.list {
			if !yield(f.entries.at(i)) {
				return
			}
		}
	}
}
