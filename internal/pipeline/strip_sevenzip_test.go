package pipeline

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters/strip"
)

// sevenZipped is a 7z archive, not compressed, with one file and an empty one
// (7zFormat.txt of the LZMA SDK).
func sevenZipped(name string, data []byte) []byte {
	size := binary.BigEndian.AppendUint16(nil, 0x8000|uint16(len(data))) // a number below 1 << 14
	head := []byte{0x01, 0x04, 0x06, 0, 1, 0x09}
	head = append(append(head, size...), 0, 0x07, 0x0b, 1, 0, 1, 0x01, 0x00, 0x0c)
	head = append(append(head, size...), 0, 0, 0x05, 2, 0x0e, 1, 0x40, 0x0f, 1, 0x80)
	names := []byte{0}
	for _, u := range utf16.Encode([]rune(name + "\x00empty\x00")) {
		names = binary.LittleEndian.AppendUint16(names, u)
	}
	head = append(append(head, 0x11, byte(len(names))), names...)
	head = append(head, 0, 0)
	start := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	start = binary.LittleEndian.AppendUint64(start, uint64(len(head)))
	start = binary.LittleEndian.AppendUint32(start, crc32.ChecksumIEEE(head))
	out := append([]byte("7z\xbc\xaf\x27\x1c\x00\x04"), binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(start))...)
	return append(append(append(out, start...), data...), head...)
}

// TestStripSevenZip: a 7z archive becomes a zip with the same files where that is
// asked for, and is refused else.
func TestStripSevenZip(t *testing.T) {
	clean := testdata(t, "pickle/numpy-2.4/arrays-p2.pkl")
	a := audited(t, "m.7z", sevenZipped("d/m.pkl", injected(clean, harmful(t))))
	if a.Artifact.Verdict != audit.VerdictFindings {
		t.Fatal(a.Artifact)
	}
	opt := StripOptions{Dir: t.TempDir(), Perm: 0o600}
	if _, err := Strip(t.Context(), a, opt); err == nil || !strings.Contains(err.Error(), "can be read and not written") {
		t.Errorf("in its own format: %v", err)
	}
	opt.Options = strip.Options{AsZip: true}
	out, err := Strip(t.Context(), a, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer out.File.Discard()
	data := make([]byte, out.Size)
	if _, err := out.File.ReadAt(data, 0); err != nil {
		t.Fatal(err)
	}
	if !out.AsZip || len(member(t, data, "empty")) > 0 {
		t.Errorf("%+v", out)
	}
	if got := member(t, data, "d/m.pkl"); !bytes.Equal(got, clean) {
		t.Error("the file is another one")
	}
}
