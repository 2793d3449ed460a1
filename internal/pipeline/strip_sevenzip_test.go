package pipeline

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters/strip"
)

// A packedFile is a file of an archive.
type packedFile struct {
	name string
	data []byte
}

// sevenZipped is a 7z archive, not compressed, with files and an empty one
// (7zFormat.txt of the LZMA SDK).
func sevenZipped(files ...packedFile) []byte {
	number := func(n int) []byte { return binary.BigEndian.AppendUint16(nil, 0x8000|uint16(n)) } // below 1 << 14
	var data, sizes []byte
	names := []byte{0}
	for _, f := range append(files, packedFile{name: "empty"}) {
		for _, u := range utf16.Encode([]rune(f.name + "\x00")) {
			names = binary.LittleEndian.AppendUint16(names, u)
		}
		if data = append(data, f.data...); f.data != nil {
			sizes = append(sizes, number(len(f.data))...)
		}
	}
	head := []byte{0x01, 0x04, 0x06, 0, 1, 0x09}
	head = append(append(head, number(len(data))...), 0, 0x07, 0x0b, 1, 0, 1, 0x01, 0x00, 0x0c)
	head = append(append(head, number(len(data))...), 0, 0x08, 0x0d, byte(len(files)))
	if rest := sizes[:len(sizes)-2]; len(rest) > 0 { // the last one is what is left
		head = append(append(head, 0x09), rest...)
	}
	without := make([]byte, len(files)/8+1) // a bit for each file: it has no content
	without[len(files)/8] = 0x80 >> (len(files) % 8)
	head = append(append(head, 0, 0, 0x05, byte(len(files)+1), 0x0e, byte(len(without))), without...)
	head = append(head, 0x0f, 1, 0x80)
	head = append(append(append(head, 0x11), number(len(names))...), names...)
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
	a := audited(t, "m.7z", sevenZipped(packedFile{"d/m.pkl", injected(clean, harmful(t))}))
	if a.Artifact.Verdict != audit.VerdictFindings {
		t.Fatal(a.Artifact)
	}
	opt := StripOptions{Dir: t.TempDir(), Perm: 0o600}
	if _, err := Strip(t.Context(), a, opt); err == nil || !strings.Contains(err.Error(), "can be read and not written") {
		t.Errorf("in its own format: %v", err)
	}
	opt.AsZip = true
	out, data := strippedWith(t, a, opt.Options)
	if !out.AsZip || len(member(t, data, "empty")) > 0 {
		t.Errorf("%+v", out)
	}
	if got := member(t, data, "d/m.pkl"); !bytes.Equal(got, clean) {
		t.Error("the file is another one")
	}

	// One inside another archive becomes a zip under its name.
	inside := wrapped(t, "tar", "m.7z", sevenZipped(packedFile{"m.pkl", injected(clean, harmful(t))}))
	b := audited(t, "m.tar", inside)
	out, _ = strippedWith(t, b, opt.Options)
	if out.AsZip || len(out.Rezipped) != 1 || out.Rezipped[0] != "m.7z" {
		t.Errorf("%t, %q", out.AsZip, out.Rezipped)
	}
}

// TestStripSevenZipOfTorch: the files of a torch checkpoint, packed as 7z so that
// no scanner of zips sees them, become a zip that torch opens.
func TestStripSevenZipOfTorch(t *testing.T) {
	zipped := testdata(t, "torch/zip-2.15/state_dict.pt")
	in, err := zip.NewReader(bytes.NewReader(zipped), int64(len(zipped)))
	if err != nil {
		t.Fatal(err)
	}
	var files []packedFile
	for _, f := range in.File {
		body := member(t, zipped, f.Name)
		if strings.HasSuffix(f.Name, "/data.pkl") {
			body = injected(body, harmful(t))
		}
		files = append([]packedFile{{f.Name, body}}, files...) // the last one first
	}
	out, data := strippedWith(t, audited(t, "m.7z", sevenZipped(files...)), strip.Options{AsZip: true})
	again := audited(t, "m.zip", data)
	if !slices.Contains(again.Artifact.Formats, audit.FormatTorchZip) || again.Artifact.Verdict != audit.VerdictClean || out.Proof.Tensors == 0 {
		t.Errorf("%+v, %+v", again.Artifact, out.Proof)
	}
	if got := member(t, data, "state_dict/data.pkl"); !bytes.Equal(got, member(t, zipped, "state_dict/data.pkl")) {
		t.Error("the record is another one")
	}
}
