package pipeline

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters/strip"
	"github.com/modelaudit/action/internal/archive"
	"github.com/modelaudit/action/internal/pickle"
	"github.com/modelaudit/action/internal/safeio"
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
	return changedZip(t, data, func(stream []byte) []byte { return injected(stream, what) }, nil)
}

// changedZip changes the data.pkl of a checkpoint, and adds members.
func changedZip(t *testing.T, data []byte, change func([]byte) []byte, more map[string][]byte) []byte {
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
			body = change(body)
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Store})
		if err == nil {
			_, err = w.Write(body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, body := range more {
		w, err := z.Create(name)
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
	return strippedWith(t, audited(t, name, data), strip.Options{})
}

// strippedWith is stripped with options; both give nil where there is nothing to remove.
func strippedWith(t *testing.T, a *Audited, opt strip.Options) (*Stripped, []byte) {
	t.Helper()
	out, b, err := outcome(t, a, opt)
	if err != nil {
		t.Fatalf("%s: %v", a.Artifact.Path, err)
	}
	return out, b
}

// outcome is strippedWith where it may be refused.
func outcome(t *testing.T, a *Audited, opt strip.Options) (*Stripped, []byte, error) {
	t.Helper()
	out, err := Strip(t.Context(), a, StripOptions{Dir: t.TempDir(), Perm: 0o644, Options: opt})
	if out == nil {
		return nil, nil, err
	}
	b := make([]byte, out.Size)
	if _, err := out.File.ReadAt(b, 0); err != nil {
		t.Fatal(err)
	}
	return out, b, out.File.Discard()
}

// becomes strips programs, each of which must become another one, byte for byte, or
// with "" be refused, and not only by the proof.
func becomes(t *testing.T, programs map[string]string) {
	t.Helper()
	for program, want := range programs {
		data := snippet(t, `PROTO 2; `+program+`STOP`)
		_, got, err := outcome(t, audited(t, "m.pkl", data), strip.Options{})
		if want == "" || err != nil {
			if err == nil || want != "" || strings.Contains(err.Error(), "the proof failed") {
				t.Errorf("%s: %v", program, err)
			}
			continue
		}
		if exact := snippet(t, `PROTO 2; `+want+`STOP`); !bytes.Equal(got, exact) {
			t.Errorf("%s became %q, want %q", program, got, exact)
		}
	}
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

// wrapped puts bytes into a container.
func wrapped(t testing.TB, kind string, name string, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	var err error
	switch kind {
	case "zip":
		z := zip.NewWriter(&out)
		for _, body := range [][]byte{[]byte("hello"), data} {
			n := name
			if len(body) == 5 {
				n = "first.txt"
			}
			w, e := z.Create(n)
			if e == nil {
				_, e = w.Write(body)
			}
			err = cmpErr(err, e)
		}
		err = cmpErr(err, z.Close())
	case "tar":
		w := tar.NewWriter(&out)
		for _, body := range [][]byte{[]byte("hello"), data} {
			n := name
			if len(body) == 5 {
				n = "first.txt"
			}
			err = cmpErr(err, w.WriteHeader(&tar.Header{Name: n, Mode: 0o644, Size: int64(len(body))}))
			_, e := w.Write(body)
			err = cmpErr(err, e)
		}
		err = cmpErr(err, w.Close())
	default:
		w, e := archive.NewWriter(archive.Method(kind), &out, int64(len(data)))
		if e != nil {
			t.Fatal(e)
		}
		_, err = w.Write(data)
		err = cmpErr(err, w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestStripContainers: the same in every container that can be written again,
// and in one inside another.
func TestStripContainers(t *testing.T) {
	pickled := testdata(t, "pickle/numpy-2.4/arrays-p4.pkl")
	zipped := testdata(t, "torch/zip-2.15/state_dict.pt")
	for _, kinds := range [][]string{{"gzip"}, {"zlib"}, {"bzip2"}, {"xz"}, {"lzma"}, {"zstd"}, {"lz4"}, {"joblib-zfile"}, {"tar"}, {"zip"}, {"tar", "gzip"}, {"zip", "xz"}, {"gzip", "zip"}} {
		for name, bad := range map[string][]byte{"m.pkl": injected(pickled, harmful(t)), "m.pt": injectedZip(t, zipped, harmful(t))} {
			data := bad
			for _, k := range kinds {
				data = wrapped(t, k, name, data)
				name += "." + k
			}
			out, got := stripped(t, name, data)
			if out == nil {
				t.Errorf("%s: nothing to remove", name)
				continue
			}
			if again := audited(t, name, got); again.Artifact.Verdict == audit.VerdictFindings {
				t.Errorf("%s: %v", name, again.Artifact.Findings)
			}
		}
	}
}

// TestStripNameless: a member without a name is a member.
func TestStripNameless(t *testing.T) {
	clean := testdata(t, "pickle/numpy-2.4/arrays-p2.pkl")
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range []string{"", "b.pkl"} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name})
		if err == nil {
			_, err = w.Write(injected(clean, harmful(t)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, got := stripped(t, "m.zip", out.Bytes())
	if bytes.Count(got, clean) != 2 {
		t.Error("a member is not what it was")
	}
}

// TestStripProofFails: a result in which one thing is other than it should be is
// no result.
func TestStripProofFails(t *testing.T) {
	data := wrapped(t, "tar", "m.pt", injectedZip(t, testdata(t, "torch/zip-2.15/state_dict.pt"), harmful(t)))
	a := audited(t, "m.tar", data)
	var held holders
	defer held.close()
	streams, err := a.pickles(t.Context(), nil, true, &held)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := planStrip(t.Context(), a, streams, nil, strip.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	var whole bytes.Buffer
	if _, err := plan.WriteTo(&whole); err != nil {
		t.Fatal(err)
	}
	prove := func(b []byte) error {
		f, err := safeio.Create(t.TempDir(), 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Discard()
		if _, err := f.Write(b); err != nil {
			t.Fatal(err)
		}
		return proveStrip(t.Context(), a, streams, plan, &Stripped{Candidate: &Candidate{File: f, Size: int64(len(b))}}, nil, &held)
	}
	if err := prove(whole.Bytes()); err != nil {
		t.Fatalf("what was not touched: %v", err)
	}
	if err := prove(data); err == nil {
		t.Error("the source itself passes")
	}
	// Every byte that means something must not be another one.
	missed := 0
	for at := 0; at < whole.Len(); at += 7 {
		b := bytes.Clone(whole.Bytes())
		if b[at] ^= 0x41; prove(b) == nil {
			missed++
		}
	}
	if all := whole.Len() / 7; missed > all/2 { // headers, padding, dates and checksums
		t.Errorf("%d of %d changed bytes pass", missed, all)
	}
	at := bytes.Index(whole.Bytes(), []byte("hello"))
	b := bytes.Clone(whole.Bytes())
	b[at] = 'j'
	if prove(b) == nil {
		t.Error("another file in the archive may change")
	}
}

// FuzzStrip: what is stripped is clean, and has nothing more to remove.
func FuzzStrip(f *testing.F) {
	bad, err := pickle.Assemble("GLOBAL \"posix\" \"system\"\nMARK\nBINUNICODE \"true\"\nTUPLE\nREDUCE\n")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("\x80\x02]q\x00("+string(bad)+"K\x01e."), uint8(0))
	f.Add([]byte("\x80\x02"+string(bad)+"0}q\x00(X\x01\x00\x00\x00aK\x01X\x01\x00\x00\x00b"+string(bad)+"u."), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, kind uint8) {
		name, given := "m.pkl", data
		switch kind % 4 {
		case 1:
			data, name = wrapped(t, "zip", name, data), "m.zip"
		case 2:
			data, name = wrapped(t, "gzip", name, data), "m.pkl.gz"
		case 3:
			data, name = wrapped(t, "tar", name, data), "m.tar"
		}
		a, err := (&Auditor{Today: time.Unix(0, 0)}).Audit(t.Context(), Source{Path: name, R: bytes.NewReader(data), Size: int64(len(data))})
		if err != nil {
			t.Fatal(err)
		}
		out, err := Strip(t.Context(), a, StripOptions{Dir: t.TempDir(), Perm: 0o600})
		if err != nil || out == nil {
			return
		}
		defer out.File.Discard()
		again, err := (&Auditor{Today: time.Unix(0, 0)}).Audit(t.Context(), Source{Path: name, R: out.File, Size: out.Size})
		if err != nil {
			t.Fatal(err)
		}
		if more, err := Strip(t.Context(), again, StripOptions{Dir: t.TempDir(), Perm: 0o600}); more != nil || err != nil {
			t.Fatalf("%s of %q: a second time: %v, %v", name, given, more, err)
		}
	})
}
