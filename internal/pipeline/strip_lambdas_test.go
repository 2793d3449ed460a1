package pipeline

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/action/converters/keras"
	"github.com/modelaudit/action/internal/hdf5"
	"github.com/modelaudit/action/internal/safeio"
)

// TestSameConfig: the proof finds whatever a config has lost or gained beside the
// layers that were replaced.
func TestSameConfig(t *testing.T) {
	const lambda, other = `{"class_name": "Lambda", "config": {"name": "l"}}`, `{"class_name": "Add", "config": {"name": "l"}}`
	was := `[{"a": 1}, ` + lambda + `, {"b": 2}]`
	start := strings.Index(was, lambda)
	layers := func(text string) []keras.Layer {
		return []keras.Layer{{Name: "l", Start: start, End: start + len(lambda), Text: text}}
	}
	for _, c := range []struct {
		name, now, text string
		same            bool
	}{
		{"replaced", `[{"a": 1}, ` + other + `, {"b": 2}]`, other, true},
		{"padded", `[{"a": 1}, ` + other + `, {"b": 2}]   `, other, true},
		{"changed before", `[{"a": 3}, ` + other + `, {"b": 2}]`, other, false},
		{"changed behind", `[{"a": 1}, ` + other + `, {"b": 3}]`, other, false},
		{"longer", `[{"a": 1}, ` + other + `, {"b": 2}]x`, other, false},
		{"shorter", `[{"a": 1}, ` + other + `, {"b": 2}`, other, false},
		{"a Lambda still", was, lambda, false},
		{"another name", strings.Replace(was, lambda, `{"class_name": "Add", "config": {"name": "m"}}`, 1), `{"class_name": "Add", "config": {"name": "m"}}`, false},
	} {
		if err := sameConfig(was, c.now, layers(c.text)); (err == nil) != c.same {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := sameConfig(was, was, []keras.Layer{{Start: 1, End: 9, Text: was[1:9]}}); err == nil {
		t.Error("a layer that is no Lambda was replaced")
	}
}

// TestSameTraining: nothing but what only training needs may be dropped as such.
func TestSameTraining(t *testing.T) {
	const was = `{"units": 3, "kernel_initializer": {"class_name": "f"}, "bias_constraint" : {"class_name": "g"}}`
	place := func(of, object, text string) (string, []keras.Layer) {
		at := strings.Index(was, object)
		return was[:at] + text + was[at+len(object):], []keras.Layer{{Name: "l", Of: of, Start: at, End: at + len(object), Text: text}}
	}
	const f, g = `{"class_name": "f"}`, `{"class_name": "g"}`
	for _, c := range []struct {
		of, object, text string
		same             bool
	}{
		{"kernel_initializer", f, `"zeros"`, true},
		{"bias_constraint", g, `null`, true},
		{"loss", g, `null`, true},
		{"kernel_initializer", f, `"ones"`, false},
		{"bias_constraint", g, `"zeros"`, false},
		{"kernel_regularizer", f, `null`, false}, // another parameter
		{"units", `3`, `null`, false},
		{"loss", f, `"zeros"`, false},
	} {
		now, layers := place(c.of, c.object, c.text)
		if err := sameConfig(was, now, layers); (err == nil) != c.same {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestSameActivation: the name of an activation of Keras may take the place of code, and nothing else
// may, nor anywhere else.
func TestSameActivation(t *testing.T) {
	const code, was = `{"value": ["4w==", null, null]}`, `{"units": 3, "activation": {"value": ["4w==", null, null]}, "other": 1}`
	at := strings.Index(was, code)
	for text, c := range map[string]struct {
		of   string
		same bool
	}{`"relu"`: {"activation", true}, `"linear"`: {"activation", true}, `"system"`: {"activation", false}, `{"a": 1}`: {"activation", false}, `"tanh"`: {"units", false}, `"selu"`: {"recurrent_activation", false}} {
		layers := []keras.Layer{{Name: "l", Of: c.of, Start: at, End: at + len(code), Text: text}}
		if err := sameConfig(was, was[:at]+text+was[at+len(code):], layers); (err == nil) != c.same {
			t.Errorf("%s as %s: %v", text, c.of, err)
		}
	}
}

// TestLambdaSabotage: a result in which anything beside the Lambda differs is no proof.
func TestLambdaSabotage(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "keras", "keras-3.15", "lambda.h5"))
	if err != nil {
		t.Fatal(err)
	}
	result, err := keras.Open(bytes.NewReader(data), int64(len(data)), safeio.Limits{}, keras.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := result.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	prove := func(now []byte) error {
		m := &members{ctx: t.Context(), lim: safeio.Limits{}.WithDefaults(), lambdas: result}
		return m.hdf5(run{bytes.NewReader(data), int64(len(data))}, run{bytes.NewReader(now), int64(len(now))})
	}
	if err := prove(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"an attribute": "tensorflow", "a config": `"units"`} {
		now := bytes.Clone(b.Bytes())
		at := bytes.LastIndex(now, []byte(text))
		if at < 0 {
			t.Fatalf("no %s", text)
		}
		now[at+1]++
		if prove(now) == nil {
			t.Errorf("%s differs, and nobody sees it", name)
		}
	}
	now := bytes.Clone(b.Bytes())
	now[firstData(t, now)]++
	if prove(now) == nil {
		t.Error("a weight differs, and nobody sees it")
	}
}

// firstData is where the first byte of a dataset lies.
func firstData(t *testing.T, b []byte) int64 {
	t.Helper()
	f, err := hdf5.Open(bytes.NewReader(b), int64(len(b)), safeio.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range f.Regions {
		if r.Kind == hdf5.Data {
			return r.Start
		}
	}
	t.Fatal("there are no weights")
	return 0
}
