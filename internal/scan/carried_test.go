package scan

import (
	"archive/zip"
	"fmt"
	"strings"
	"testing"
)

// An archive that a pickle carries as a value is content of its own; what can
// be read as a pickle and as an archive is both.
func TestCarriedArchive(t *testing.T) {
	carry := func(archive []byte) []byte {
		return assemble(t, fmt.Sprintf("PROTO 3; EMPTY_DICT; UNICODE %q; BINBYTES %q; SETITEM; STOP", "model", archive))
	}
	clean := archive(t, zip.Store, member{"readme.txt", []byte("hello")}, member{"data.pkl", assemble(t, "PROTO 2; EMPTY_DICT; STOP")})
	bad := archive(t, zip.Store, member{"data.pkl", assemble(t, payload+`STOP`)})
	expect(t, scanBytes(t, "m.pkl", carry(clean)), "clean")
	expect(t, scanBytes(t, "m.pkl", carry(bad)), "MA101 os.system")
	two := func(first, second []byte) []byte {
		return assemble(t, fmt.Sprintf("PROTO 3; MARK; BINBYTES %q; BINBYTES %q; TUPLE; STOP", first, second))
	}
	expect(t, scanBytes(t, "m.pkl", two(clean, clean)), "clean")
	expect(t, scanBytes(t, "m.pkl", two(bad, clean)), "MA101 os.system")
	expect(t, scanBytes(t, "m.pkl", two(clean, bad)), "MA101 os.system")
	// Below protocol 3 bytes are a text, in which numbers of 0x80 and above have two bytes.
	long := archive(t, zip.Store, member{strings.Repeat("n", 200), []byte("hello")})
	asText := func(archive []byte) []byte {
		text := make([]rune, len(archive))
		for i, b := range archive {
			text[i] = rune(b)
		}
		return assemble(t, fmt.Sprintf(`PROTO 2; GLOBAL "_codecs" "encode"; BINUNICODE %q; UNICODE "latin1"; TUPLE2; REDUCE; STOP`, string(text)))
	}
	expect(t, scanBytes(t, "m.pkl", asText(long)), "clean")
	for name, file := range map[string][]byte{
		"behind":              append(assemble(t, "PROTO 3; EMPTY_DICT; STOP"), clean...),
		"of a damaged pickle": carry(clean)[:len(carry(clean))-1],
	} {
		if r := scanBytes(t, "m.pkl", file); len(r.Artifact.Findings) == 0 || !strings.Contains(fmt.Sprint(r.Artifact.Formats), "zip") {
			t.Errorf("an archive %s: %v, %v", name, r.Artifact.Formats, r.Artifact.Verdict)
		}
	}
}
