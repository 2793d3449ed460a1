package hdf5

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// firstString finds an attribute with a string, of the object with the least path.
func firstString(f *File, variable bool) (*Object, *Attribute) {
	for _, o := range f.Objects {
		for i := range o.Attributes {
			a := &o.Attributes[i]
			fixed := a.Type.Class == String && a.Type.Size > 0
			if n, _ := a.Space.Elements(); n > 0 && !a.shared && (variable && a.Type.Text || !variable && fixed) {
				return o, a
			}
		}
	}
	return nil, nil
}

// edited returns the file with another value of the attribute's first string.
func edited(t *testing.T, b []byte, f *File, a *Attribute, value string) []byte {
	t.Helper()
	e, err := f.Edit([]Change{{a, 0, value}})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if n, err := e.WriteTo(&out); n != e.Size() || err != nil {
		t.Fatalf("%d bytes of %d, %v", n, e.Size(), err)
	}
	old := slices.Clone(b)
	for _, r := range e.Changed() {
		copy(old[r.Start:r.End], out.Bytes()[r.Start:r.End])
	}
	if !bytes.HasPrefix(out.Bytes(), old) {
		t.Fatal("bytes changed that Changed does not list")
	}
	return out.Bytes()
}

// values are new values for a string of n bytes: of its length, longer and shorter.
func values(n int) map[string]string {
	return map[string]string{"same": strings.Repeat("=", n), "longer": strings.Repeat("+", n+5000), "shorter": "-", "none": ""}
}

// TestEdit changes a string in each file. Everything else reads as before, and
// nothing of the old value is left.
func TestEdit(t *testing.T) {
	for name, b := range samples(t) {
		f := open(t, b)
		o, a := firstString(f, true)
		if a == nil || path.Base(name) == "bomb.h5" {
			continue
		}
		texts, err := f.Strings(a)
		if err != nil {
			t.Fatal(err)
		}
		for kind, value := range values(len(texts[0].Value)) {
			t.Run(path.Base(name)+" "+kind, func(t *testing.T) {
				out := edited(t, b, f, a, value)
				if old := texts[0]; old.Value != "" && string(out[old.Start:old.End]) == old.Value {
					t.Error("the old value is still there")
				}
				want, got := all(t, f), all(t, open(t, out))
				setString(want, o.Path, a.Name, value)
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("(-want +got):\n%.3000s", d)
				}
			})
		}
	}
}

func all(t *testing.T, f *File) map[string]oracleObject {
	t.Helper()
	out := map[string]oracleObject{}
	for _, o := range f.Objects {
		out[o.Path] = describe(t, f, o)
	}
	return out
}

func setString(objects map[string]oracleObject, path, name, value string) {
	for i, a := range objects[path].Attributes {
		if a.Name == name {
			objects[path].Attributes[i].Strings[0] = hex.EncodeToString([]byte(value))
		}
	}
}

// TestEditFixed changes a string of fixed length, which has its room and no more.
func TestEditFixed(t *testing.T) {
	b := sample(t, "keras-earliest.h5")
	f := open(t, b)
	a := f.Lookup("model_weights").Attribute("layer_names")
	g := open(t, edited(t, b, f, a, "dnse"))
	texts, err := g.Strings(g.Lookup("model_weights").Attribute("layer_names"))
	if err != nil || texts[0].Value != "dnse" || texts[1].Value != "dense_1" {
		t.Errorf("%v, %v", texts, err)
	}
	if _, err := f.Edit([]Change{{a, 0, "much too long"}}); err == nil || !strings.Contains(err.Error(), "room for 7") {
		t.Error(err)
	}
}

// TestEditRefused has files in which a change would reach further than asked.
func TestEditRefused(t *testing.T) {
	b := slices.Clone(sample(t, "keras-earliest.h5"))
	f := open(t, b)
	config, other := f.Root.Attribute("model_config"), f.Root.Attribute("training_config")
	if _, err := f.Edit([]Change{{config, 1, "x"}}); err == nil {
		t.Error("a string that is not there was changed")
	}
	if _, err := f.Edit([]Change{{config, 0, "x"}, {config, 0, "y"}}); err == nil {
		t.Error("a string was changed twice")
	}
	copy(b[other.Start:other.End], b[config.Start:config.End])
	f = open(t, b)
	if _, err := f.Edit([]Change{{f.Root.Attribute("model_config"), 0, "x"}}); err == nil || !strings.Contains(err.Error(), "other attributes") {
		t.Errorf("a shared value: %v", err)
	}
	b[after(t, b, "SNOD\x01\x00")] = 200
	if _, err := open(t, b).Edit(nil); err == nil {
		t.Error("a file with problems was changed")
	}
}

// TestEditSeveral changes two attributes at once.
func TestEditSeveral(t *testing.T) {
	b := sample(t, "userblock-3.h5")
	f := open(t, b)
	var changes []Change
	for i, name := range []string{"model_config", "training_config", "keras_version"} {
		changes = append(changes, Change{f.Root.Attribute(name), 0, fmt.Sprint(strings.Repeat("v", 100), i)})
	}
	e, err := f.Edit(changes)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := e.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	g := open(t, out.Bytes())
	for _, c := range changes {
		if texts, err := g.Strings(g.Root.Attribute(c.Attribute.Name)); err != nil || texts[0].Value != c.Value {
			t.Errorf("%s: %v, %v", c.Attribute.Name, texts, err)
		}
	}
}
