package zipfile

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/modelaudit/action/internal/safeio"
)

// Signatures and sizes of the records (APPNOTE 4.3).
const (
	sigLocal      = "PK\x03\x04"
	sigCentral    = "PK\x01\x02"
	sigEnd        = "PK\x05\x06"
	sigEnd64      = "PK\x06\x06"
	sigLocator    = "PK\x06\x07"
	sigDescriptor = "PK\x07\x08"

	localLen   = 30
	centralLen = 46
	endLen     = 22
	end64Len   = 56
	locatorLen = 20

	max16 = 0xffff
	max32 = 0xffffffff
)

var le = binary.LittleEndian

// A directory is a central directory as one reader locates it.
type directory struct {
	start, size int64
	count       int64 // entries, -1 if the reader takes as many as fit
	base        int64 // added to every local header offset
	end         int64 // offset of the end record
	end64       int64 // offset of the zip64 end record, -1 if it is not used
	comment     int64 // comment bytes that exist
	used        int64 // bytes of the directory that are entries
	err         *FormatError
}

// ends are the two readers' choices.
type ends struct{ torch, python directory }

// findEnds locates the directory for both readers. The result's directories
// carry an err of their own; findEnds fails if both do, or if r does.
func findEnds(r io.ReaderAt, size int64, log *anomalyLog) (ends, error) {
	start := tailStart(size)
	tail, err := safeio.ReadRange(r, size, start, size-start, 1<<20)
	if err != nil {
		return ends{}, err
	}
	e := ends{
		torch:  directory{end: lastEnd(tail, start, size), end64: -1},
		python: directory{end: pythonEnd(tail, start, size), end64: -1, count: -1},
	}
	if e.torch.end < 0 && e.python.end < 0 {
		return ends{}, &FormatError{Offset: start, Msg: "no end record of a central directory", Err: ErrNotZip}
	}
	for _, d := range []*directory{&e.torch, &e.python} {
		if d.end < 0 {
			d.err = &FormatError{Offset: start, Msg: "no end record"}
			continue
		}
		if err := d.locate(r, size, tail[d.end-start:], d == &e.torch, log); err != nil {
			return ends{}, err
		}
	}
	if t, p := e.torch.end, e.python.end; t != p && t >= 0 && p >= 0 {
		log.add(DirectoryDisagreement, "", min(t, p), size, "torch takes the end record at %d, Python the one at %d", t, p)
	}
	return e, nil
}

// tailStart is where miniz stops looking for the end record: it steps back by
// 4,093 bytes with windows of 4,096 until 65,557 bytes are seen
// (mz_zip_reader_locate_header_sig). Python looks at the last 65,558 bytes,
// which is never more.
func tailStart(size int64) int64 {
	at := max(size-4096, 0)
	for at > 0 && size-at < max16+endLen {
		at = max(at-4093, 0)
	}
	return at
}

// lastEnd is the offset of the last signature that has a whole record, or -1.
func lastEnd(tail []byte, start, size int64) int64 {
	for n := len(tail); ; {
		i := bytes.LastIndex(tail[:n], []byte(sigEnd))
		if i < 0 {
			return -1
		}
		if at := start + int64(i); size-at >= endLen {
			return at
		}
		n = i + 3
	}
}

// pythonEnd is the end record that _EndRecData chooses: the last 22 bytes if
// they are a record without comment; else the last signature in the last
// 65,558 bytes, which must have a whole record.
func pythonEnd(tail []byte, start, size int64) int64 {
	if n := len(tail); n >= endLen {
		if last := tail[n-endLen:]; string(last[:4]) == sigEnd && le.Uint16(last[20:]) == 0 {
			return size - endLen
		}
	}
	limit := max(size-(1<<16)-endLen, 0)
	i := bytes.LastIndex(tail, []byte(sigEnd))
	if at := start + int64(i); i >= 0 && at >= limit && size-at >= endLen {
		return at
	}
	return -1
}

// locate fills d from its end record, which begins rec. What the reader would
// refuse is stored in d.err.
func (d *directory) locate(r io.ReaderAt, size int64, rec []byte, torch bool, log *anomalyLog) error {
	comment := int64(le.Uint16(rec[20:]))
	d.comment = min(comment, size-d.end-endLen)
	if torch && comment > d.comment {
		log.add(DirectoryDisagreement, "", d.end, size, "the comment should have %d bytes but the file ends after %d", comment, d.comment)
	}
	f := endFields{
		disk: uint32(le.Uint16(rec[4:])), diskDir: uint32(le.Uint16(rec[6:])),
		onDisk: uint64(le.Uint16(rec[8:])), total: uint64(le.Uint16(rec[10:])),
		size: uint64(le.Uint32(rec[12:])), offset: uint64(le.Uint32(rec[16:])),
	}
	f64, err := d.locate64(r, size, torch, log)
	if err != nil || d.err != nil {
		return err
	}
	if f64 != nil {
		if torch {
			f.compare(*f64, d, log)
		}
		f = *f64
	}
	if torch {
		d.place(f, size)
		return nil
	}
	at := d.end
	if f64 != nil {
		at -= end64Len + locatorLen
	}
	// Python trusts the size and takes the bytes before the end record.
	if f.size > uint64(at) {
		d.err = &FormatError{Offset: d.end, Msg: "the directory begins before the file"}
		return nil
	}
	if f.offset > 1<<62 {
		d.err = &FormatError{Offset: d.end, Msg: "the directory's offset is out of range"}
		return nil
	}
	d.size = int64(f.size)
	d.start = at - d.size
	d.base = d.start - int64(f.offset)
	return nil
}

// place fills d as torch does: the offset is absolute, and the counts must fit
// (mz_zip_reader_read_central_dir).
func (d *directory) place(f endFields, size int64) {
	refuse := func(msg string) { d.err = &FormatError{Offset: d.end, Msg: msg} }
	switch {
	case f.total != f.onDisk:
		refuse("the entry counts differ")
	case f.disk|f.diskDir != 0 && (f.disk != 1 || f.diskDir != 1):
		refuse("the archive has several disks")
	case f.total > max32 || f.size > max32:
		refuse("the directory is too large")
	case f.size < f.total*centralLen:
		refuse("the directory is too short for its entry count")
	case f.offset > uint64(size) || f.size > uint64(size)-f.offset:
		refuse("the directory lies outside the file")
	default:
		d.start, d.size, d.count = int64(f.offset), int64(f.size), int64(f.total)
	}
}
