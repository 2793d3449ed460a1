package pipeline

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pickle"
)

// harmful is a call whose result is thrown away, as injection tools put it in
// front of an object.
func harmful(t *testing.T) []byte {
	t.Helper()
	b, err := pickle.Assemble("GLOBAL \"posix\" \"system\"\nMARK\nBINUNICODE \"true\"\nTUPLE\nREDUCE\nPOP\n")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// injected puts bytes behind the PROTO of a pickle.
func injected(stream, what []byte) []byte {
	at := 0
	if len(stream) > 2 && stream[0] == 0x80 {
		at = 2
	}
	return append(append(append([]byte{}, stream[:at]...), what...), stream[at:]...)
}

// injectedLegacy puts bytes into the fourth pickle of torch's older format.
func injectedLegacy(t *testing.T, data, what []byte) []byte {
	t.Helper()
	dec := pickle.NewDecoder(bytes.NewReader(data), 0, int64(len(data)), pickle.Options{})
	for stops := 0; stops < 3; {
		op, err := dec.Next()
		if err != nil {
			t.Fatal(err)
		}
		if op.Code == pickle.OpStop {
			stops++
		}
	}
	at := dec.Pos()
	return append(data[:at:at], injected(data[at:], what)...)
}

// injectedZip puts bytes into the data.pkl of a checkpoint.
func injectedZip(t *testing.T, data, what []byte) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f.Name, "/data.pkl") {
			body = injected(body, what)
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Store})
		if err == nil {
			_, err = w.Write(body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func stripped(t *testing.T, name string, data []byte) (*Stripped, []byte) {
	t.Helper()
	out, err := Strip(t.Context(), audited(t, name, data), StripOptions{Dir: t.TempDir(), Perm: 0o644})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if out == nil {
		return nil, nil
	}
	b := make([]byte, out.Size)
	if _, err := out.File.ReadAt(b, 0); err != nil {
		t.Fatal(err)
	}
	if err := out.File.Discard(); err != nil {
		t.Fatal(err)
	}
	return out, b
}

// TestStripRealFiles: a call in front of the object of a real file goes, and
// what is left has the file's tensors; outside of a zip it is the file as it was.
func TestStripRealFiles(t *testing.T) {
	for _, name := range realFiles {
		data := testdata(t, name)
		var bad []byte
		zipped := bytes.HasPrefix(data, []byte("PK"))
		switch {
		case zipped:
			bad = injectedZip(t, data, harmful(t))
		case strings.Contains(name, "legacy"):
			bad = injectedLegacy(t, data, harmful(t))
		default:
			bad = injected(data, harmful(t))
		}
		out, got := stripped(t, name, bad)
		if out == nil {
			t.Errorf("%s: nothing to remove", name)
			continue
		}
		if !zipped && !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes, want the %d before the injection", name, len(got), len(data))
		}
		if out.Proof.Rescan != audit.VerdictClean || out.Proof.Tensors == 0 {
			t.Errorf("%s: proof %+v", name, out.Proof)
		}
		if again, _ := stripped(t, name, got); again != nil {
			t.Errorf("%s: a second time there is something to remove: %+v", name, again.Removed)
		}
	}
}
