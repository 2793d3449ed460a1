package pipeline

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/converters/strip"
)

// A namedMember is a member of an archive.
type namedMember struct {
	name string
	data []byte
}

func zipOf(t *testing.T, members ...namedMember) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name})
		if err == nil {
			_, err = w.Write(m.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tarOf(t *testing.T, members ...namedMember) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		err := w.WriteHeader(&tar.Header{Name: m.name, Mode: 0o644, Size: int64(len(m.data))})
		if err == nil {
			_, err = w.Write(m.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// payloads are pickles of which nothing can be kept.
func payloads(t *testing.T) map[string][]byte {
	whole := snippet(t, `GLOBAL "posix" "system"; UNICODE "true"; TUPLE1; REDUCE; STOP`)
	return map[string][]byte{"whole": whole, "broken": append(bytes.Clone(whole[:len(whole)-1]), 'X', 5)}
}

// TestStripUnnamedRecord: a record that no tensor names and no loader of a
// checkpoint reads goes with the pickle that it is.
func TestStripUnnamedRecord(t *testing.T) {
	zipped := testdata(t, "torch/zip-2.15/state_dict.pt")
	for _, name := range []string{"data/99", "data/a/b", "extra/notes", "code/x.py", "constants/7"} {
		for kind, payload := range payloads(t) {
			_, got := stripped(t, "m.pt", changedZip(t, zipped, bytes.Clone, map[string][]byte{"state_dict/" + name: payload}))
			if bytes.Contains(got, []byte(name)) {
				t.Errorf("%s, %s: it is still there", name, kind)
			}
		}
	}
}

// TestStripSpareMember: a member of an archive of any kind of files goes with all
// of its pickle only where that is asked for.
func TestStripSpareMember(t *testing.T) {
	good := testdata(t, "pickle/numpy-2.4/arrays-p2.pkl")
	array := testdata(t, "npy/numpy-2.4.6-py3.11/float32.npy")
	for kind, payload := range payloads(t) {
		for name, make := range map[string]func(...namedMember) []byte{
			"m.zip": func(m ...namedMember) []byte { return zipOf(t, m...) },
			"m.tar": func(m ...namedMember) []byte { return tarOf(t, m...) },
			"m.npz": func(m ...namedMember) []byte { m[0] = namedMember{"w.npy", array}; return zipOf(t, m...) },
		} {
			data := make(namedMember{"a.pkl", good}, namedMember{"b.pkl", payload})
			a := audited(t, name, data)
			if _, err := Strip(t.Context(), a, StripOptions{Dir: t.TempDir(), Perm: 0o600}); err == nil || strings.Contains(err.Error(), "the proof failed") {
				t.Errorf("%s, %s: %v", name, kind, err)
			}
			_, got := strippedWith(t, audited(t, name, data), strip.Options{DropUnread: true})
			if bytes.Contains(got, []byte("b.pkl")) || !bytes.Contains(got, array) && !bytes.Contains(got, good) {
				t.Errorf("%s, %s: %d bytes became %d", name, kind, len(data), len(got))
			}
		}
	}
}

// TestStripMendedMember: a pickle that breaks off in an archive of several has an
// end afterwards, so that there are two models and none is the archive's.
func TestStripMendedMember(t *testing.T) {
	good := testdata(t, "pickle/numpy-2.4/arrays-p2.pkl")
	broken := append(injected(good[:len(good)-1:len(good)-1], harmful(t)), 0xff)
	_, got := stripped(t, "m.zip", zipOf(t, namedMember{"a.pkl", good}, namedMember{"b.pkl", broken}))
	if n := bytes.Count(got, good); n != 2 {
		t.Errorf("%d members are the pickle", n)
	}
}

// TestStripShadowed: of two members with one name the one stays that the loader of
// the archive reads.
func TestStripShadowed(t *testing.T) {
	zipped := testdata(t, "torch/zip-2.15/state_dict.pt")
	record := member(t, zipped, "state_dict/data.pkl")
	all := []namedMember{}
	r, err := zip.NewReader(bytes.NewReader(zipped), int64(len(zipped)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.File {
		all = append(all, namedMember{f.Name, member(t, zipped, f.Name)})
	}
	payload := payloads(t)["whole"]
	for _, name := range []string{"state_dict/data.pkl", "state_dict/DATA.PKL"} {
		data := zipOf(t, slices.Concat(all, []namedMember{{name, payload}})...)
		_, got := stripped(t, "m.pt", data)
		if bytes.Contains(got, payload) || !bytes.Equal(member(t, got, "state_dict/data.pkl"), record) {
			t.Errorf("%s: the wrong one stayed", name)
		}
	}
	// Python reads the last one.
	first, last := testdata(t, "npy/numpy-2.4.6-py3.11/float32.npy"), testdata(t, "npy/numpy-2.4.6-py3.11/int8.npy")
	_, got := stripped(t, "m.npz", zipOf(t, namedMember{"a.npy", first}, namedMember{"a.npy", last}))
	if bytes.Contains(got, first) || !bytes.Equal(member(t, got, "a.npy"), last) {
		t.Error("the wrong array stayed")
	}
}

// TestStripBehindArray: a pickle behind an array, which numpy.load does not read,
// goes as one does behind a pickle.
func TestStripBehindArray(t *testing.T) {
	array := testdata(t, "npy/numpy-2.4.6-py3.11/float32.npy")
	all := payloads(t)
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		data := slices.Concat(array, all[kind])
		_, got := strippedWith(t, audited(t, "m.npy", data), strip.Options{DropUnread: true})
		if !bytes.Equal(got, array) {
			t.Errorf("%s: %d bytes became %d", kind, len(data), len(got))
		}
	}
	if _, got := stripped(t, "m.npy", slices.Concat(array, all["whole"])); !bytes.Equal(got, array) {
		t.Errorf("it became %d bytes", len(got))
	}
}

// TestStripInsideArray: a call in the pickle that joblib reads from between the
// instructions of another one, of an array of objects, goes; the other one is as it was.
func TestStripInsideArray(t *testing.T) {
	for _, name := range []string{"joblib/joblib-0.11-py3.6/objects.joblib", "joblib/joblib-1.2.0-py3.8/objects.joblib", "joblib/joblib-1.6.0-py3.11/objects.joblib"} {
		data := testdata(t, name)
		var held holders
		streams, err := audited(t, name, data).pickles(t.Context(), nil, false, &held)
		at := slices.IndexFunc(streams, func(s judged) bool { return s.enclosed })
		if err != nil || at < 0 {
			t.Fatalf("%s: no pickle in another; %v", name, err)
		}
		start := streams[at].Trace.Start
		if _, got := stripped(t, name, slices.Concat(data[:start], injected(data[start:], harmful(t)))); !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes, want the %d before the injection", name, len(got), len(data))
		}
	}
}
