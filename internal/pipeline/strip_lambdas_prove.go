package pipeline

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/action/converters/keras"
	"github.com/modelaudit/action/internal/hdf5"
)

// sameConfig compares a config with what it became: they are equal but for the layers
// that were replaced, each of which was a Lambda, and whose place is taken by layers
// that are none, the last under its name.
func sameConfig(was, now string, layers []keras.Layer) error {
	at, to := 0, 0
	for _, l := range layers {
		before := l.Start - at
		if before < 0 || l.End > len(was) || to+before+len(l.Text) > len(now) || was[at:l.Start] != now[to:to+before] {
			return fmt.Errorf("the config differs before the layer %q", l.Name)
		}
		to += before
		if l.Of == keras.Call && was[l.Start:l.End] == "0" && now[to:to+len(l.Text)] == "1" {
			at, to = l.End, to+len(l.Text)
			continue
		}
		if (onlyTraining(was[:l.Start], &l) || activation(was[:l.Start], &l)) && now[to:to+len(l.Text)] == l.Text {
			at, to = l.End, to+len(l.Text)
			continue
		}
		if err := sameLayer(was[l.Start:l.End], now[to:to+len(l.Text)]); err != nil {
			return fmt.Errorf("the layer %q: %w", l.Name, err)
		}
		at, to = l.End, to+len(l.Text)
	}
	if rest, ok := strings.CutPrefix(now[to:], was[at:]); !ok || strings.Trim(rest, " ") != "" {
		return fmt.Errorf("the config differs behind its last Lambda layer")
	}
	return nil
}

// onlyTraining reports what only training needs: a loss or metric, or of a layer what stands
// behind the name of such a parameter.
func onlyTraining(before string, l *keras.Layer) bool {
	if l.Compiled() {
		return l.Text == "null"
	}
	named := keras.Untrained(l.Of) && underKey(before, l.Of)
	return named && (l.Text == "null" || l.Text == keras.Zeros && strings.HasSuffix(l.Of, "initializer"))
}

// activation reports the name of one of Keras' own activations where the layer has one.
func activation(before string, l *keras.Layer) bool {
	return keras.Activates(l.Of) && underKey(before, l.Of) && keras.Activation(l.Text) != ""
}

// underKey reports a text that ends with a key and its colon.
func underKey(text, key string) bool {
	return strings.HasSuffix(strings.TrimRight(text, ": \t\r\n"), `"`+key+`"`)
}

// sameLayer checks what stands in the place of one layer.
func sameLayer(was, now string) error {
	type layer struct {
		Class  string `json:"class_name"`
		Config struct {
			Name string `json:"name"`
		} `json:"config"`
	}
	var old layer
	var new []layer
	if err := json.Unmarshal([]byte(was), &old); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte("["+now+"]"), &new); err != nil {
		return err
	}
	if old.Class != "Lambda" || len(new) == 0 || new[len(new)-1].Config.Name != old.Config.Name {
		return fmt.Errorf("another layer took its place")
	}
	for _, l := range new {
		if l.Class == "Lambda" {
			return fmt.Errorf("it is a Lambda still")
		}
	}
	return nil
}

// configMember compares the member of an archive that has the config.
func (m *members) configMember(x, y run) error {
	was, err := io.ReadAll(io.NewSectionReader(x.r, 0, x.size))
	if err != nil {
		return err
	}
	now, err := io.ReadAll(io.NewSectionReader(y.r, 0, y.size))
	if err != nil {
		return err
	}
	return sameConfig(string(was), string(now), m.lambdas.Texts[0].Layers)
}

// count notes the tensors of a member that is compared byte by byte.
func (m *members) count(x run) {
	m.compared += x.size
	f, err := hdf5.Open(x.r, x.size, m.lim)
	if err != nil {
		return // no weights, or of another format
	}
	for _, o := range f.Objects {
		if o.Kind == hdf5.Dataset {
			m.tensors++
		}
	}
}

// hdf5 compares two HDF5 files: the same objects with the same attributes and
// elements, but for the configs in which layers were replaced.
func (m *members) hdf5(x, y run) error {
	f, err := hdf5.Open(x.r, x.size, m.lim)
	if err != nil {
		return err
	}
	g, err := hdf5.Open(y.r, y.size, m.lim)
	if err != nil {
		return err
	}
	if len(f.Problems)+len(g.Problems) > 0 || len(f.Objects) != len(g.Objects) {
		return fmt.Errorf("the result has not the objects of the source")
	}
	for i, o := range f.Objects {
		if err := m.object(f, g, o, g.Objects[i], o == f.Root); err != nil {
			return fmt.Errorf("%q: %w", o.Path, err)
		}
	}
	for _, r := range f.Regions {
		if r.Kind != hdf5.Data && r.Kind != hdf5.Unused {
			continue
		}
		if err := equalRanges(m.ctx, x.r, r.Start, r.End, y.r, r.Start, r.End); err != nil {
			return fmt.Errorf("the bytes at %#x: %w", r.Start, err)
		}
	}
	return nil
}

func (m *members) object(f, g *hdf5.File, o, p *hdf5.Object, root bool) error {
	if o.Path != p.Path || o.Kind != p.Kind || len(o.Attributes) != len(p.Attributes) || len(o.Links) != len(p.Links) {
		return fmt.Errorf("it became another object")
	}
	for i := range o.Attributes {
		if err := m.attribute(f, g, &o.Attributes[i], &p.Attributes[i], root); err != nil {
			return fmt.Errorf("the attribute %s: %w", o.Attributes[i].Name, err)
		}
	}
	if o.Kind != hdf5.Dataset {
		return nil
	}
	n, ok := o.Bytes()
	k, ok2 := p.Bytes()
	if !ok || !ok2 || n != k || o.Type.String() != p.Type.String() {
		return fmt.Errorf("its type or shape differs")
	}
	a, err := f.Data(o)
	if err != nil {
		return err
	}
	b, err := g.Data(p)
	if err != nil {
		return err
	}
	m.tensors++
	m.compared += n
	return equalRanges(m.ctx, a, 0, n, b, 0, n)
}

func (m *members) attribute(f, g *hdf5.File, a, b *hdf5.Attribute, root bool) error {
	texts, err := f.Strings(a)
	now, err2 := g.Strings(b)
	if (err == nil) != (err2 == nil) || a.Name != b.Name || len(texts) != len(now) {
		return fmt.Errorf("it became another one")
	}
	if err != nil { // no strings
		p, err := f.Raw(a)
		if err != nil {
			return err
		}
		q, err := g.Raw(b)
		if err == nil && string(p) != string(q) {
			err = fmt.Errorf("its value differs")
		}
		return err
	}
	for _, t := range m.lambdas.Texts {
		if root && t.Attribute == a.Name {
			return sameConfig(texts[0].Value, now[0].Value, t.Layers)
		}
	}
	for i := range texts {
		if texts[i].Value != now[i].Value {
			return fmt.Errorf("its text differs")
		}
	}
	return nil
}
