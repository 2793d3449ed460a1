package zipfile

import arc "github.com/modelaudit/action/internal/archive"

// knownFlags are the general purpose bits that change nothing in how a stored
// or DEFLATE payload is read: compression level (1, 2), data descriptor (3),
// UTF-8 (11). Bits 0, 6 and 13 mean encryption, bit 5 a patch (APPNOTE 4.4.4).
const knownFlags = 1<<1 | 1<<2 | 1<<3 | 1<<11

const (
	flagDescriptor = 1 << 3
	dosDirectory   = 0x10
)

// local reads the local header of e, fills DataOffset, and reports what differs from the directory. It returns false if
// there is no local header.
func (s *sweeper) local(e *Entry) (bool, error) {
	from := max(min(s.pos, e.HeaderOffset), e.HeaderOffset-64)
	if _, err := s.win.at(from, e.HeaderOffset-from+localLen); err != nil {
		return false, err
	}
	h, err := s.win.at(e.HeaderOffset, localLen)
	if err != nil {
		return false, err
	}
	n := localLen + int64(le.Uint16(h[26:])) + int64(le.Uint16(h[28:]))
	if string(h[:4]) != sigLocal || n > s.f.size-e.HeaderOffset {
		s.log.add(UnreadableEntry, e.Name, e.HeaderOffset, e.HeaderOffset+localLen, "no local header where the directory says")
		return false, nil
	}
	if h, err = s.win.at(e.HeaderOffset, n); err != nil {
		return false, err
	}
	name := h[localLen:][:le.Uint16(h[26:])]
	e.DataOffset = e.HeaderOffset + n
	s.compareNames(e, name, le.Uint16(h[6:]))
	s.compareSizes(e, h, h[localLen+len(name):])
	return true, nil
}

// compareNames checks the directory against the name and the flags of the local
// header.
func (s *sweeper) compareNames(e *Entry, name []byte, flags uint16) {
	report := func(kind AnomalyKind, format string, args ...any) {
		s.log.add(kind, e.Name, e.HeaderOffset, e.DataOffset, format, args...)
	}
	if string(name) != e.Name {
		report(NameMismatch, "the local header names it %q", name)
	}
	if cutNUL(e.Name) != e.Name {
		report(NameMismatch, "the name holds a NUL, where Python's reader cuts it")
	}
	if odd := (e.Flags | flags) &^ knownFlags; odd != 0 {
		report(OddFlags, "flag bits %#x (directory %#x, local header %#x)", odd, e.Flags, flags)
	}
	if e.directory && e.Size != 0 {
		report(OddFlags, "it is marked as a directory and holds %d bytes, which torch does not read", e.Size)
	}
	if arc.ZipMethod(e.Method) {
		report(UnusualMethod, "compression method %d, which torch does not read", e.Method)
	} else if e.Method != methodStored && e.Method != methodDeflate {
		report(UnsupportedMethod, "compression method %d", e.Method)
	}
}

// compareSizes checks method, CRC and sizes of the local header h, whose extra
// fields follow the name, against the directory. With a data descriptor the
// local values may be zero, or one of them, as macOS writes it.
func (s *sweeper) compareSizes(e *Entry, h, extra []byte) {
	report := func(kind AnomalyKind, format string, args ...any) {
		s.log.add(kind, e.Name, e.HeaderOffset, e.DataOffset, format, args...)
	}
	if m := le.Uint16(h[8:]); m != e.Method {
		report(HeaderMismatch, "method %d in the directory, %d in the local header", e.Method, m)
	}
	if crc := le.Uint32(h[14:]); crc != 0 && e.CRC32 != 0 && crc != e.CRC32 {
		report(CRCMismatch, "CRC %08x in the directory, %08x in the local header", e.CRC32, crc)
	}
	l := Entry{CompressedSize: int64(le.Uint32(h[18:])), Size: int64(le.Uint32(h[22:]))}
	for x := extra; len(x) >= 4 && int(le.Uint16(x[2:])) <= len(x)-4; x = x[4+int(le.Uint16(x[2:])):] {
		if le.Uint16(x) == extraZip64 {
			l.zip64(x[4:][:le.Uint16(x[2:])])
			break
		}
	}
	unknown := le.Uint16(h[6:])&flagDescriptor != 0 && (l.CompressedSize == 0 || l.CompressedSize == e.CompressedSize) && (l.Size == 0 || l.Size == e.Size)
	if !unknown && (l.CompressedSize != e.CompressedSize || l.Size != e.Size) {
		report(SizeMismatch, "%d bytes for %d in the directory, %d for %d in the local header", e.CompressedSize, e.Size, l.CompressedSize, l.Size)
	}
	if e.Method == methodStored && e.CompressedSize != e.Size {
		report(SizeMismatch, "stored, yet %d bytes for %d", e.CompressedSize, e.Size)
	} else if e.CompressedSize == 0 && e.Size != 0 {
		report(SizeMismatch, "no bytes for %d", e.Size)
	}
}
