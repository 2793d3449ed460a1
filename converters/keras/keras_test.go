package keras

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/hdf5"
	"github.com/modelaudit/action/internal/keras"
	"github.com/modelaudit/action/internal/safeio"
)

func open(t testing.TB, name string, opt Options) (*Result, []byte, error) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../testdata/keras", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(bytes.NewReader(b), int64(len(b)), safeio.Limits{}, opt)
	return r, b, err
}

// TestOpen: the Lambda of a file that Keras wrote becomes a layer under its name, and
// every other byte of the config stays.
func TestOpen(t *testing.T) {
	for _, name := range []string{"keras-2.15/lambda.keras", "keras-2.15/lambda.h5", "keras-3.15/lambda.keras", "keras-3.15/lambda.h5"} {
		t.Run(name, func(t *testing.T) {
			r, before, err := open(t, name, Options{})
			if err != nil {
				t.Fatal(err)
			}
			text := r.Texts[0]
			if len(r.Texts) != 1 || len(text.Layers) != 1 {
				t.Fatalf("%d texts, %v", len(r.Texts), text.Layers)
			}
			l := text.Layers[0]
			if l.Code != "lambda x: x / 255.0" || l.Became != "Rescaling in its place" || l.Identity {
				t.Errorf("%+v", l)
			}
			if want := text.Old[:l.Start] + l.Text + text.Old[l.End:]; strings.TrimRight(text.New, " ") != want {
				t.Errorf("other parts of the config changed: %s", text.New)
			}
			var b bytes.Buffer
			if n, err := r.WriteTo(&b); err != nil || n != r.Size {
				t.Fatalf("%d bytes of %d: %v", n, r.Size, err)
			}
			if r.Member == "" {
				checkHDF5(t, b.Bytes(), before, text.New)
			} else if b.String() != text.New {
				t.Errorf("the member is %s", b.String())
			}
		})
	}
}

// checkHDF5: a config that is not longer stands where the old one stood.
func checkHDF5(t *testing.T, after, before []byte, config string) {
	f, err := hdf5.Open(bytes.NewReader(after), int64(len(after)), safeio.Limits{})
	if err != nil || len(f.Problems) > 0 {
		t.Fatal(err, f.Problems)
	}
	texts, err := f.Strings(f.Root.Attribute("model_config"))
	if err != nil || texts[0].Value != config {
		t.Errorf("%v: %s", err, texts[0].Value)
	}
	if len(after) != len(before) || !bytes.Equal(after[:texts[0].Start], before[:texts[0].Start]) || !bytes.Equal(after[texts[0].End:], before[texts[0].End:]) {
		t.Error("bytes outside of the config changed")
	}
}

// TestNothing: models without Lambdas, and a Lambda that is to stay, are left.
func TestNothing(t *testing.T) {
	for _, name := range []string{"keras-2.15/network.h5", "keras-3.15/trained.keras", "keras-3.15/dense.weights.h5"} {
		if r, _, err := open(t, name, Options{}); r != nil || err != nil {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
	r, _, err := open(t, "keras-3.15/lambda.keras", Options{Leave: func(int, int) bool { return true }})
	if r != nil || err != nil {
		t.Errorf("%v, %v", r, err)
	}
}

// model3 is the config of a Functional model of Keras 3 with one Lambda; changes are
// pairs of texts, of which the second takes the first one's place.
func model3(t *testing.T, changes ...string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/functional-3.json")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			t.Fatalf("%q is not in the config", changes[i])
		}
		text = strings.ReplaceAll(text, changes[i], changes[i+1])
	}
	return text
}

// TestRefuse: what changes what a layer computes, or holds code elsewhere, is refused
// with the reason, and with the code.
func TestRefuse(t *testing.T) {
	lambda := `{"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAA", "defaults": null, "closure": null}}`
	for _, c := range []struct {
		name, reason string
		changes      []string
	}{
		{"half precision", "computes in mixed_float16", []string{`"config": {"name": "float32"}`, `"config": {"name": "mixed_float16"}`}},
		{"integers", "not known to be float32", []string{`"dtype": "float32", "keras_history": ["d", 0, 0]`, `"dtype": "int32", "keras_history": ["d", 0, 0]`}},
		{"two calls", "calls it 2 times", []string{`"kwargs": {"mask": null}}]`, `"kwargs": {"mask": null}}, {"args": [], "kwargs": {}}]`}},
		{"a mask", "calls it with mask", []string{`"kwargs": {"mask": null}`, `"kwargs": {"mask": [true]}`}},
		{"a function for masks", "gives a mask", []string{`"arguments": {"k": 2.0}`, `"arguments": {"k": 2.0}, "mask": ` + lambda}},
		{"an unknown key", "its config has more", []string{`"arguments": {"k": 2.0}`, `"arguments": {"k": 2.0}, "more": 1`}},
		{"an argument that is missing", "k has no value", []string{`"arguments": {"k": 2.0}`, `"arguments": {}`}},
		{"code elsewhere", "holds code", []string{`"activation": "linear"`, `"activity": ` + lambda}},
		{"a name", `by its name, "os.system"`, []string{`"function": {"class_name": "__lambda__"`, `"function": {"class_name": "function", "config": "os.system"}, "_": {"class_name": "_"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Replace([]byte(model3(t, c.changes...)), Form{3, true}, Options{})
			var no *Refusal
			if !errors.As(err, &no) || !strings.Contains(no.Error(), c.reason) {
				t.Errorf("%v, not %q", err, c.reason)
			}
		})
	}
	if _, err := Replace([]byte(model3(t)), Form{3, true}, Options{}); err != nil {
		t.Errorf("the neighbour: %v", err)
	}
}

// TestNames: steps before the last one have names that no layer has.
func TestNames(t *testing.T) {
	layers, err := Replace([]byte(model3(t, `"name": "e"`, `"name": "lam_truedivide"`, `["e", 0, 0]`, `["lam_truedivide", 0, 0]`)), Form{3, true}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var steps []struct{ Name string }
	if err := json.Unmarshal([]byte("["+layers[0].Text+"]"), &steps); err != nil {
		t.Fatal(err)
	}
	if len(steps) != 2 || steps[0].Name != "lam_truedivide_1" || steps[1].Name != "lam" {
		t.Errorf("%v", steps)
	}
}

// TestIdentity: asked for, a layer passes its input on, if its result has that shape.
func TestIdentity(t *testing.T) {
	missing := []string{`"arguments": {"k": 2.0}`, `"arguments": {}`}
	layers, err := Replace([]byte(model3(t, missing...)), Form{3, true}, Options{Identity: true})
	if err != nil || !layers[0].Identity || !strings.Contains(layers[0].Text, `"Activation"`) || !strings.Contains(layers[0].Became, "something else") {
		t.Errorf("%v, %v", layers, err)
	}
	other := append(missing, `"shape": [null, 3], "dtype": "float32", "keras_history": ["lam", 0, 0]`, `"shape": [null, 5], "dtype": "float32", "keras_history": ["lam", 0, 0]`)
	if _, err := Replace([]byte(model3(t, other...)), Form{3, true}, Options{Identity: true}); err == nil || !strings.Contains(err.Error(), "input's shape") {
		t.Errorf("%v", err)
	}
	understood, err := Replace([]byte(model3(t)), Form{3, true}, Options{Identity: true})
	if err != nil || understood[0].Identity {
		t.Errorf("what is understood is kept: %v, %v", understood, err)
	}
}

// FuzzReplace: what is replaced lies in order in the text, and the new text is JSON
// without code.
func FuzzReplace(f *testing.F) {
	for _, name := range []string{"testdata/functional-3.json", "testdata/functional-2.json", "testdata/sequential-2.json"} {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, 3, true)
		f.Add(b, 2, false)
	}
	f.Fuzz(func(t *testing.T, text []byte, version int, archive bool) {
		layers, err := Replace(text, Form{version, archive}, Options{})
		if err != nil || len(layers) == 0 {
			return
		}
		var b strings.Builder
		at := 0
		for _, l := range layers {
			if l.Start < at || l.End < l.Start || l.End > len(text) {
				t.Fatalf("layers at %d and before %d", l.Start, at)
			}
			b.WriteString(string(text[at:l.Start]) + l.Text)
			at = l.End
		}
		b.Write(text[at:])
		v, err := keras.Parse([]byte(b.String()))
		if err != nil {
			t.Fatalf("%v: %s", err, b.String())
		}
		for _, u := range keras.Uses(v) {
			if u.Kind == keras.Code {
				t.Fatalf("code is left: %s", b.String())
			}
		}
	})
}

// TestWeightsWhereHDF5Looks: an archive whose weights lie at a power of two, where
// HDF5 finds them, is an archive.
func TestWeightsWhereHDF5Looks(t *testing.T) {
	b, err := os.ReadFile("../../testdata/keras/keras-3.15/lambda.keras")
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for padding := range 4096 {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			h := zip.FileHeader{Name: f.Name, Method: zip.Store}
			if f.Name == "metadata.json" {
				content = append(content, bytes.Repeat([]byte(" "), padding)...)
			}
			m, err := w.CreateHeader(&h)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := m.Write(content); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if at, err := hdf5.Find(bytes.NewReader(out.Bytes()), int64(out.Len())); err != nil || at < 0 {
			continue
		}
		r, err := Open(bytes.NewReader(out.Bytes()), int64(out.Len()), safeio.Limits{}, Options{})
		if err != nil || r == nil || r.Member != Member {
			t.Fatalf("%v, %v", r, err)
		}
		return
	}
	t.Error("the weights came to lie nowhere that HDF5 looks")
}
