package zipfile

import (
	"bytes"
	"io"

	"github.com/modelaudit/action/internal/safeio"
)

// maxArchives bounds the archives that one file may hold one behind another,
// as a shard of a distributed checkpoint holds one for each tensor.
const maxArchives = 100_000

// searchBack is how far before an archive the end of another one is looked for.
const searchBack = 16 << 20

// Concatenated returns the places of the archives of which a file consists, in
// order; there are at least two, each without a comment and with a directory
// that fits the archive's own first byte. It returns nil for any other file.
// Bytes between them belong to none. It fails with safeio.ErrLimit if there are
// too many, or with r's error.
func Concatenated(r io.ReaderAt, size int64) ([]Range, error) {
	var out []Range
	for end := size; end > 0; {
		start, ok, err := archiveBefore(r, size, end)
		if err != nil {
			return nil, err
		}
		if !ok {
			if len(out) == 0 {
				return nil, nil
			}
			if end, err = endBefore(r, size, end); err != nil || end == 0 {
				break
			}
			continue
		}
		if out = append(out, Range{start, end}); len(out) > maxArchives {
			return nil, safeio.ErrLimit
		}
		end = start
	}
	if len(out) < 2 {
		return nil, nil
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out, nil
}

// archiveBefore gives the first byte of the archive whose end record ends at
// end.
func archiveBefore(r io.ReaderAt, size, end int64) (start int64, ok bool, err error) {
	const zip64 = 56 + 20 // end record and locator
	n := min(end, zip64+22)
	if n < 22 {
		return 0, false, nil
	}
	b, err := safeio.ReadRange(r, size, end-n, n, n)
	if err != nil {
		return 0, false, err
	}
	eocd := b[n-22:]
	if string(eocd[:4]) != "PK\x05\x06" || le.Uint16(eocd[20:]) != 0 {
		return 0, false, nil
	}
	dirSize, dirOffset, records := int64(le.Uint32(eocd[12:])), int64(le.Uint32(eocd[16:])), int64(22)
	if n == zip64+22 && string(b[:4]) == "PK\x06\x06" && string(b[56:60]) == "PK\x06\x07" {
		dirSize, dirOffset, records = int64(min(le.Uint64(b[40:]), maxOffset)), int64(min(le.Uint64(b[48:]), maxOffset)), n
	}
	start = end - records - dirSize - dirOffset
	if start < 0 || dirOffset == 0 || dirSize == 0 {
		return 0, false, nil
	}
	local, err := safeio.ReadRange(r, size, start, 4, 4)
	if err != nil || string(local) != sigLocal {
		return 0, false, err
	}
	central, err := safeio.ReadRange(r, size, start+dirOffset, 4, 4)
	return start, err == nil && string(central) == "PK\x01\x02", err
}

// endBefore looks backwards for the end of an archive before end, 0 if there
// is none near.
func endBefore(r io.ReaderAt, size, end int64) (int64, error) {
	const chunk = 64 << 10
	for at, stop := end-1, max(0, end-searchBack); at > stop; {
		from := max(stop, at-chunk)
		b, err := safeio.ReadRange(r, size, from, min(at+22, end)-from, chunk+22)
		if err != nil {
			return 0, err
		}
		for i := len(b) - 22; i >= 0; i-- {
			if i = bytes.LastIndex(b[:i+4], []byte("PK\x05\x06")); i < 0 {
				break
			}
			candidate := from + int64(i) + 22
			if _, ok, err := archiveBefore(r, size, candidate); err != nil || ok {
				return candidate, err
			}
		}
		at = from
	}
	return 0, nil
}

// Single returns the place of the one archive that any reader finds in a file
// that begins otherwise; false if there is none, or if readers find different
// ones.
func Single(r io.ReaderAt, size int64) (Range, bool, error) {
	n := min(size, 22+65535)
	tail, err := safeio.ReadRange(r, size, size-n, n, n)
	if err != nil {
		return Range{}, false, err
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || len(tail)-at < 22 {
		return Range{}, false, nil
	}
	end := size - n + int64(at) + 22
	start, ok, err := archiveBefore(r, size, end)
	if !ok || err != nil {
		return Range{}, false, err
	}
	// torch's reader counts from the first byte of the file, wherever the
	// archive is.
	if dir := int64(le.Uint32(tail[at+16:])); dir <= size-4 {
		central, err := safeio.ReadRange(r, size, dir, 4, 4)
		if err != nil || string(central) == "PK\x01\x02" {
			return Range{}, false, err
		}
	}
	return Range{start, end}, true, nil
}
