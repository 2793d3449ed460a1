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
	for name, file := range map[string][]byte{
		"behind":              append(assemble(t, "PROTO 3; EMPTY_DICT; STOP"), clean...),
		"of a damaged pickle": carry(clean)[:len(carry(clean))-1],
	} {
		if r := scanBytes(t, "m.pkl", file); len(r.Artifact.Findings) == 0 || !strings.Contains(fmt.Sprint(r.Artifact.Formats), "zip") {
			t.Errorf("an archive %s: %v, %v", name, r.Artifact.Formats, r.Artifact.Verdict)
		}
	}
}
