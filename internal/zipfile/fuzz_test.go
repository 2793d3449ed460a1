package zipfile

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/modelaudit/action/internal/safeio"
)

// FuzzRead holds that an archive is read without a panic, that every byte has
// an account, that entries lie inside the file, that Open respects the limits,
// and that TorchLookup finds only what Lookup finds.
func FuzzRead(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.[pz][ti]*")
	if err != nil || len(paths) == 0 {
		f.Fatal("no fixtures", err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(build(archive{prefix: []byte("junk"), members: []member{pkl, pkl, version}, zip64: true, tail: []byte("tail")}))
	f.Fuzz(func(t *testing.T, b []byte) {
		size := int64(len(b))
		lim := safeio.Limits{MaxAlloc: 1 << 16, MaxMembers: 1000}
		file, err := Read(bytes.NewReader(b), size, lim)
		if err != nil {
			var fe *FormatError
			if !errors.As(err, &fe) {
				t.Fatalf("error without a place: %v", err)
			}
			return
		}
		checkCoverage(t, file)
		for i := range file.Len() {
			e := file.At(i)
			if e.Index != i || e.DataOffset != -1 && (e.HeaderOffset < 0 || e.DataOffset < e.HeaderOffset+localLen || e.DataOffset > size) {
				t.Errorf("entry %+v in %d bytes", e, size)
			}
			checkOpen(t, file, e, lim)
		}
		for _, a := range file.Anomalies {
			if a.Start < 0 || a.End < a.Start || a.End > size {
				t.Errorf("anomaly %+v in %d bytes", a, size)
			}
		}
		root, err := file.TorchRoot()
		if e, ok := file.TorchLookup("data.pkl"); ok && (err != nil || len(file.Lookup(cutNUL(root+"/data.pkl"))) == 0) {
			t.Errorf("torch finds %+v under %q", e, root)
		}
	})
}

func checkOpen(t *testing.T, f *File, e Entry, lim safeio.Limits) {
	r, n, err := f.Open(e)
	if r == nil {
		if err == nil {
			t.Errorf("Open(%+v) gives nothing", e)
		}
		return
	}
	if e.Method == methodDeflate && n > lim.MaxAlloc || n > e.Size || err == nil && n != e.Size {
		t.Errorf("Open(%+v) gives %d bytes", e, n)
	}
	if m, rerr := io.Copy(io.Discard, io.NewSectionReader(r, 0, n)); rerr != nil || m != n {
		t.Errorf("%d of %d bytes: %v", m, n, rerr)
	}
	if a, cerr := f.CheckCRC(e); err == nil && cerr != nil || err != nil && a == nil && cerr == nil {
		t.Errorf("Open says %v, CheckCRC %v, %v", err, a, cerr)
	}
}
