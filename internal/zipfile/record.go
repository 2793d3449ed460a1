package zipfile

import (
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"unicode/utf8"
)

// maxOffset bounds every offset and size, so that sums do not overflow.
const maxOffset = 1 << 62

// Extra field ids (APPNOTE 4.5).
const (
	extraZip64       = 0x0001
	extraUnicodePath = 0x7075
)

// A record is one central directory header.
type record struct {
	at, end int64
	size    int64 // of the archive
	inTorch bool  // torch gets as far as here
	cut     bool  // the directory ends inside the record
	head    [centralLen]byte
	rest    []byte // name, extra fields and comment
	extra   []byte // part of rest
	entry   Entry
	log     *anomalyLog
}

// read takes what follows the fixed part, at most left bytes.
func (rec *record) read(r io.Reader, left int64) error {
	name, extra := int(le.Uint16(rec.head[28:])), int(le.Uint16(rec.head[30:]))
	n := name + extra + int(le.Uint16(rec.head[32:]))
	rec.cut = int64(n) > left
	n = int(min(int64(n), left))
	rec.rest = slices.Grow(rec.rest[:0], n)[:n]
	if _, err := io.ReadFull(r, rec.rest); err != nil {
		return err
	}
	name = min(name, n)
	rec.extra = rec.rest[name:min(name+extra, n)]
	rec.entry = entryOf(rec.head[:], string(rec.rest[:name]))
	return nil
}

func entryOf(head []byte, name string) Entry {
	return Entry{
		Name:           name,
		Flags:          le.Uint16(head[8:]),
		Method:         le.Uint16(head[10:]),
		DOSTime:        le.Uint32(head[12:]),
		CRC32:          le.Uint32(head[16:]),
		CompressedSize: int64(le.Uint32(head[20:])),
		Size:           int64(le.Uint32(head[24:])),
		HeaderOffset:   int64(le.Uint32(head[42:])),
		DataOffset:     -1,
		directory:      le.Uint32(head[38:])&dosDirectory != 0,
	}
}

// resolve reads the extra fields and stores in l what makes a reader refuse
// the archive.
func (rec *record) resolve(l *listing) {
	e := &rec.entry
	need := max(e.Size, e.CompressedSize, e.HeaderOffset) == max32
	found, x := false, rec.extra
	for ; len(x) >= 4; x = x[4+int(le.Uint16(x[2:])):] {
		n := int(le.Uint16(x[2:]))
		if n > len(x)-4 {
			rec.refusePython(l, "an extra field is cut off")
			break
		}
		switch data := x[4 : 4+n]; {
		case le.Uint16(x) == extraZip64 && need && found:
			rec.log.add(HeaderMismatch, e.Name, rec.at, rec.end, "two zip64 fields")
		case le.Uint16(x) == extraZip64 && need:
			found = true
			if !e.zip64(data) {
				rec.refusePython(l, "the zip64 field is cut off")
				rec.refuseTorch(l, "the zip64 field is cut off")
			}
		case le.Uint16(x) == extraUnicodePath && n > 5 && data[0] == 1 && string(data[5:]) != e.Name &&
			le.Uint32(data[1:]) == crc32.ChecksumIEEE([]byte(e.Name)):
			rec.log.add(NameMismatch, e.Name, rec.at, rec.end, "the Unicode path field renames it to %q", data[5:])
		}
	}
	if len(x) > 0 && need && !found {
		rec.refuseTorch(l, "an extra field is cut off")
	}
	rec.check(l)
}

// check stores in l what else makes a reader refuse the archive.
func (rec *record) check(l *listing) {
	e := &rec.entry
	switch {
	case rec.cut:
		rec.refuseTorch(l, "the directory ends inside its record")
	case le.Uint16(rec.head[34:]) > 1:
		rec.refuseTorch(l, "it lies on another disk")
	case e.Flags&(1<<13) != 0:
		rec.refuseTorch(l, "its local header is masked")
	case e.CompressedSize != max32 && (e.CompressedSize > rec.size || e.HeaderOffset > rec.size-localLen-e.CompressedSize):
		rec.refuseTorch(l, "it lies outside the file")
	}
	switch {
	case rec.head[6] > 63:
		rec.refusePython(l, fmt.Sprintf("it needs zip version %d.%d", rec.head[6]/10, rec.head[6]%10))
	case e.Flags&(1<<11) != 0 && !utf8.ValidString(e.Name):
		rec.refusePython(l, "its name is not UTF-8")
	}
}

// refuseTorch keeps torch's first reason, if torch gets as far as rec.
func (rec *record) refuseTorch(l *listing, msg string) {
	if l.torch == nil && rec.inTorch {
		l.torch = &FormatError{Member: rec.entry.Name, Offset: rec.at, Msg: msg}
	}
}

// refusePython keeps Python's first reason.
func (rec *record) refusePython(l *listing, msg string) {
	if l.python == nil {
		l.python = &FormatError{Member: rec.entry.Name, Offset: rec.at, Msg: msg}
	}
}

// zip64 replaces the fields that are 0xffffffff, in the order of APPNOTE
// 4.5.3, values over maxOffset by maxOffset. It reports whether data held all.
func (e *Entry) zip64(data []byte) bool {
	for _, v := range []*int64{&e.Size, &e.CompressedSize, &e.HeaderOffset} {
		if *v != max32 {
			continue
		}
		if len(data) < 8 {
			return false
		}
		*v = int64(min(le.Uint64(data), maxOffset))
		data = data[8:]
	}
	return true
}
