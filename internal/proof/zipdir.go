package proof

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/modelaudit/action/internal/safeio"
)

// A record is a zip member that torch would open.
type record struct {
	method     uint16 // 0 stored, 8 deflated; of a zip that is not torch's also others
	at         int64  // of the local header
	compressed int64
	size       int64
	off        int64 // of the payload, once located
	count      int32 // members of that name
}

// A directory is where a zip's central directory lies.
type directory struct {
	off, size int64
	members   uint64
}

// findDirectory reads the last end record and, where there is one, the zip64
// end record. The directory must end where the end records begin.
func findDirectory(r io.ReaderAt, size int64) (directory, error) {
	n := min(size, 22+math.MaxUint16)
	tail, err := safeio.ReadRange(r, size, size-n, n, n)
	if err != nil {
		return directory{}, fmt.Errorf("zip: %w", err)
	}
	i := len(tail) - 22
	for i >= 0 && !bytes.HasPrefix(tail[i:], []byte("PK\x05\x06")) {
		i--
	}
	if i < 0 {
		return directory{}, fmt.Errorf("zip: no end record")
	}
	end, e := size-n+int64(i), tail[i:]
	d := directory{members: uint64(binary.LittleEndian.Uint16(e[10:])), size: int64(binary.LittleEndian.Uint32(e[12:])), off: int64(binary.LittleEndian.Uint32(e[16:]))}
	disks := uint32(binary.LittleEndian.Uint16(e[4:])) | uint32(binary.LittleEndian.Uint16(e[6:]))
	if i >= 20 && bytes.HasPrefix(tail[i-20:], []byte("PK\x06\x07")) {
		end = int64(binary.LittleEndian.Uint64(tail[i-20+8:]))
		e, err := safeio.ReadRange(r, size, end, 56, 56)
		if err != nil || !bytes.HasPrefix(e, []byte("PK\x06\x06")) {
			return directory{}, fmt.Errorf("zip: no zip64 end record at %d", end)
		}
		long := directory{members: binary.LittleEndian.Uint64(e[32:]), size: int64(binary.LittleEndian.Uint64(e[40:])), off: int64(binary.LittleEndian.Uint64(e[48:]))}
		if !saturatedOrEqual(d.members, long.members, math.MaxUint16) ||
			!saturatedOrEqual(uint64(d.size), uint64(long.size), math.MaxUint32) ||
			!saturatedOrEqual(uint64(d.off), uint64(long.off), math.MaxUint32) {
			return directory{}, fmt.Errorf("zip: the two end records disagree")
		}
		d, disks = long, binary.LittleEndian.Uint32(e[16:])|binary.LittleEndian.Uint32(e[20:])
	}
	if disks != 0 || d.off < 0 || d.size < 0 || d.off > end || end-d.off != d.size {
		return directory{}, fmt.Errorf("zip: the directory [%d,+%d) does not end at the end record at %d", d.off, d.size, end)
	}
	return d, nil
}

func saturatedOrEqual(short, long, most uint64) bool { return short == most || short == long }

// readMember reads one entry of the central directory and its length.
func readMember(in *bufio.Reader) (name string, rec record, n int64, err error) {
	var h [46]byte
	if _, err := io.ReadFull(in, h[:]); err != nil {
		return "", rec, 0, io.ErrUnexpectedEOF
	}
	if !bytes.HasPrefix(h[:], []byte("PK\x01\x02")) {
		return "", rec, 0, fmt.Errorf("no signature")
	}
	lengths := [3]int{int(binary.LittleEndian.Uint16(h[28:])), int(binary.LittleEndian.Uint16(h[30:])), int(binary.LittleEndian.Uint16(h[32:]))}
	n = int64(lengths[0] + lengths[1] + lengths[2])
	rest, _ := in.Peek(int(min(n, int64(in.Size())))) // what it lacks, ReadFull finds missing
	if int64(len(rest)) < n {                         // longer than the buffer, or cut off
		rest = make([]byte, n)
		if _, err := io.ReadFull(in, rest); err != nil {
			return "", rec, 0, io.ErrUnexpectedEOF
		}
	} else if _, err = in.Discard(int(n)); err != nil {
		return "", rec, 0, err
	}
	name = string(rest[:lengths[0]])
	rec = record{
		method:     binary.LittleEndian.Uint16(h[10:]),
		compressed: int64(binary.LittleEndian.Uint32(h[20:])),
		size:       int64(binary.LittleEndian.Uint32(h[24:])),
		at:         int64(binary.LittleEndian.Uint32(h[42:])),
	}
	if flags := binary.LittleEndian.Uint16(h[8:]); flags&(1|1<<6|1<<13) != 0 {
		return "", rec, 0, fmt.Errorf("%q is encrypted", name)
	}
	if err := rec.zip64(rest[lengths[0]:][:lengths[1]]); err != nil {
		return "", rec, 0, fmt.Errorf("%q: %w", name, err)
	}
	return name, rec, int64(len(h)) + n, nil
}

// zip64 takes from the extra field (id 1) the values that were too large for
// their 32 bits, in the order that APPNOTE 4.5.3 gives.
func (rec *record) zip64(extra []byte) error {
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if n > len(extra)-4 {
			return fmt.Errorf("extra field of %d bytes, %d are left", n, len(extra)-4)
		}
		field := extra[4:][:n]
		extra = extra[4+n:]
		if id != 1 {
			continue
		}
		for _, v := range []*int64{&rec.size, &rec.compressed, &rec.at} {
			if *v == math.MaxUint32 && len(field) >= 8 {
				*v, field = int64(binary.LittleEndian.Uint64(field)), field[8:]
			}
		}
		return nil
	}
	return nil
}

// locate finds the payload of a record that torch would open.
func (rec *record) locate(r io.ReaderAt, dirOff int64) error {
	if rec.count < 2 && rec.method != 0 && rec.method != 8 {
		return fmt.Errorf("compression method %d", rec.method)
	}
	return rec.place(r, dirOff)
}

// place finds the payload behind the local header; it must end before the directory.
func (rec *record) place(r io.ReaderAt, dirOff int64) error {
	if rec.count > 1 {
		return fmt.Errorf("%d members have that name", rec.count)
	}
	if rec.method == 0 && rec.size != rec.compressed {
		return fmt.Errorf("stored, but %d bytes are to become %d", rec.compressed, rec.size)
	}
	h, err := safeio.ReadRange(r, dirOff, rec.at, 30, 30)
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(h, []byte("PK\x03\x04")) {
		return fmt.Errorf("no local header at %d", rec.at)
	}
	rec.off = rec.at + 30 + int64(binary.LittleEndian.Uint16(h[26:])) + int64(binary.LittleEndian.Uint16(h[28:]))
	if rec.compressed < 0 || rec.size < 0 || rec.off > dirOff || rec.compressed > dirOff-rec.off {
		return fmt.Errorf("%d bytes at %d do not end before the directory at %d", rec.compressed, rec.off, dirOff)
	}
	return nil
}

// lower is miniz's MZ_TOLOWER: ASCII only.
func lower(s string) string {
	if strings.IndexFunc(s, func(c rune) bool { return 'A' <= c && c <= 'Z' }) < 0 {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
