package scan

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

// npyFile makes a .npy of a type and a shape, with what stands behind its header.
func npyFile(descr, shape string, data ...[]byte) []byte {
	text := fmt.Sprintf("{'descr': %s, 'fortran_order': False, 'shape': %s, }\n", descr, shape)
	out := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(text)))
	out = append(out, text...)
	for _, d := range data {
		out = append(out, d...)
	}
	return out
}

func TestNpy(t *testing.T) {
	four, code := []byte("\x00\x00\x00\x00"), assemble(t, payload+"STOP")
	objects := npyFile("'|O'", "(1,)", assemble(t, "EMPTY_LIST; STOP"))
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"numbers", npyFile("'<f4'", "()", four), "clean"},
		{"code as numbers", npyFile("'|u1'", fmt.Sprintf("(%d,)", len(code)), code), "clean"},
		{"objects", objects, "clean"},
		{"objects with code", npyFile("'|O'", "(1,)", code), "MA101 os.system"},
		{"objects in a field of a field", npyFile("[('a', '<f4'), ('b', [('c', '|u1'), ('d', '|O', (2,))])]", "(1,)", code), "MA101 os.system"},
		{"code behind numbers", npyFile("'<f4'", "()", four, code), "MA101 os.system"},
		{"code behind zeros", npyFile("'<f4'", "()", four, make([]byte, 4096), code), "MA101 os.system"},
		{"code behind junk", npyFile("'<f4'", "()", four, []byte("junk"), assemble(t, "PROTO 2; "+payload+"STOP")), "MA101 os.system"},
		{"code behind objects", append(append([]byte{}, objects...), code...), "MA101 os.system"},
		{"code in a second array", npyFile("'<f4'", "()", four, npyFile("'|O'", "()", code)), "MA101 os.system"},
		{"junk behind", npyFile("'<f4'", "()", four, []byte("junk")), "unread"},
		{"data that ends early", npyFile("'<f8'", "()", four), "unread"},
		{"a type that numpy knows by another name", npyFile("'object'", "()", code), "MA101 os.system"},
		{"two types", npyFile("'f4,O'", "()", code), "MA101 os.system"},
		{"an expression", npyFile("[('a', '<f4')] * 2", "()", four), "unread"},
		{"a shape that overflows", npyFile("'<f8'", "(1099511627776, 1099511627776)", four), "unread"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, name := range []string{"m.npy", "m.pkl", "m"} {
				expect(t, scanBytes(t, name, test.data), test.want)
			}
			stored := archive(t, 0, member{"a", test.data})
			if r := scanBytes(t, "m.npz", stored); strings.HasPrefix(test.want, "MA") {
				expect(t, r, test.want)
			} else if r.Artifact.Verdict == audit.VerdictFindings {
				t.Error("in an archive:", found(r))
			}
		})
	}
}

// TestNpyFiles scans what numpy 1.16 and 2.4 wrote. That a field holds objects
// is more than the rules know of a type.
func TestNpyFiles(t *testing.T) {
	files, err := filepath.Glob("../../testdata/npy/*/*.np[yz]")
	if err != nil || len(files) < 50 {
		t.Fatal(len(files), err)
	}
	for _, path := range files {
		if !strings.HasSuffix(path, "record_object.npy") {
			expect(t, scanFile(t, path), "clean")
		}
	}
}
