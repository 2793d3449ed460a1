package zipfile

import (
	"io"

	"github.com/modelaudit/action/internal/safeio"
)

// endFields are the fields that the end record and its zip64 form share.
type endFields struct {
	disk, diskDir uint32
	onDisk, total uint64
	size, offset  uint64
}

// compare reports fields of the end record that neither say "see zip64" nor
// equal the zip64 record's: readers without zip64 believe them.
func (f endFields) compare(f64 endFields, d *directory, log *anomalyLog) {
	differ := func(v, v64, full uint64) bool { return v != full && v != v64 }
	if differ(f.total, f64.total, max16) || differ(f.onDisk, f64.onDisk, max16) ||
		differ(f.size, f64.size, max32) || differ(f.offset, f64.offset, max32) {
		log.add(DirectoryDisagreement, "", d.end64, d.end+endLen,
			"end record and zip64 end record describe different directories")
	}
}

// locate64 returns the zip64 end record that the reader uses, or nil. Torch
// follows the locator's absolute offset; Python takes the bytes before the
// locator (versions since 2025 refuse a locator that points elsewhere).
func (d *directory) locate64(r io.ReaderAt, size int64, torch bool, log *anomalyLog) (*endFields, error) {
	if d.end < locatorLen+end64Len {
		return nil, nil
	}
	loc, err := safeio.ReadRange(r, size, d.end-locatorLen, locatorLen, locatorLen)
	if err != nil || string(loc[:4]) != sigLocator {
		return nil, err
	}
	at := d.end - locatorLen - end64Len
	claimed := le.Uint64(loc[8:])
	disks := le.Uint32(loc[16:])
	if torch {
		if claimed > uint64(size-end64Len) {
			d.err = &FormatError{Offset: d.end - locatorLen, Msg: "the zip64 end record lies outside the file"}
			return nil, nil
		}
		if int64(claimed) != at {
			log.add(DirectoryDisagreement, "", d.end-locatorLen, d.end, "the locator points to %d, not to the zip64 end record before it at %d", claimed, at)
		}
		at = int64(claimed)
	} else if le.Uint32(loc[4:]) != 0 || disks > 1 {
		d.err = &FormatError{Offset: d.end - locatorLen, Msg: "the archive has several disks"}
		return nil, nil
	}
	rec, err := safeio.ReadRange(r, size, at, end64Len, end64Len)
	if err != nil || string(rec[:4]) != sigEnd64 {
		return nil, err
	}
	recLen := le.Uint64(rec[4:])
	switch {
	case torch && recLen < end64Len-12:
		d.err = &FormatError{Offset: at, Msg: "the zip64 end record is too short"}
		return nil, nil
	case torch && disks != 1:
		d.err = &FormatError{Offset: d.end - locatorLen, Msg: "the archive has several disks"}
		return nil, nil
	case torch && recLen != end64Len-12:
		log.add(DirectoryDisagreement, "", at, at+end64Len, "the zip64 end record claims %d bytes instead of %d", recLen, end64Len-12)
	}
	d.end64 = at
	return fields64(rec), nil
}

func fields64(rec []byte) *endFields {
	return &endFields{
		disk: le.Uint32(rec[16:]), diskDir: le.Uint32(rec[20:]),
		onDisk: le.Uint64(rec[24:]), total: le.Uint64(rec[32:]),
		size: le.Uint64(rec[40:]), offset: le.Uint64(rec[48:]),
	}
}
