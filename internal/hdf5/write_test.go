package hdf5

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
)

// number returns a dataset of n numbers of a type, and its bytes.
func numbers(code string, dims ...int64) (*NewData, []byte) {
	t := Number(code)
	n, _ := product(dims)
	b := make([]byte, n*t.Size)
	for i := range b {
		b[i] = byte(i % 64)
	}
	return &NewData{Type: t, Dims: dims, Write: func(w io.Writer) error { _, err := w.Write(b); return err }}, b
}

// written makes a file much as Keras makes one, with all types that can be written.
func written(t *testing.T) ([]byte, map[string][]byte) {
	t.Helper()
	root := &Node{Attributes: []NewAttribute{
		{Name: "model_config", Type: Words(), Texts: []string{strings.Repeat(`{"ü": 1}`, 10_000)}},
		{Name: "keras_version", Type: Words(), Texts: []string{"3.15.0"}},
		{Name: "empty", Type: Words(), Texts: []string{""}},
		{Name: "epoch", Type: Number("i8"), Raw: binary.LittleEndian.AppendUint64(nil, 7)},
		{Name: "rate", Type: Number("f4"), Dims: []int64{1}, Raw: binary.LittleEndian.AppendUint32(nil, math.Float32bits(0.5))},
	}}
	layers := &Node{Name: "layers", Attributes: []NewAttribute{
		{Name: "layer_names", Type: FixedBytes(7), Dims: []int64{2}, Texts: []string{"dense", "dense_1"}},
		{Name: "none", Type: FixedBytes(1), Dims: []int64{0}, Texts: []string{}},
		{Name: "words", Type: Words(), Dims: []int64{2}, Texts: []string{"one", "zwei"}},
	}}
	want := map[string][]byte{}
	for _, code := range []string{"i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "bf16"} {
		d, b := numbers(code, 3, 5)
		layers.Children = append(layers.Children, &Node{Name: code, Data: d, Attributes: []NewAttribute{{Name: "a", Type: Words(), Texts: []string{code}}}})
		want["/layers/"+code] = b
	}
	for i := range 300 {
		d, b := numbers("f4", int64(i))
		name := fmt.Sprintf("v%d", i)
		layers.Children = append(layers.Children, &Node{Name: name, Children: []*Node{{Name: "wärts", Data: d}}})
		want["/layers/"+name+"/wärts"] = b
	}
	for name, typ := range map[string]*Type{"bool": Number("bool"), "complex": ComplexOf(Number("f4")), "bytes": FixedBytes(3), "opaque": {Class: Opaque, Size: 2, Tag: "NUMPY:|V2"}} {
		d, b := numbers("u1", typ.Size)
		if name == "bool" {
			b[0] = 1
		}
		d.Type, d.Dims = typ, nil
		root.Children = append(root.Children, &Node{Name: name, Data: d})
		want["/"+name] = b
	}
	root.Children = append(root.Children, layers)
	f, err := PlanFile(root)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if n, err := f.WriteTo(&b); err != nil || n != f.Size() || n != int64(b.Len()) {
		t.Fatalf("%d bytes, %d planned, %v", n, f.Size(), err)
	}
	return b.Bytes(), want
}

// TestWrite reads back what was written.
func TestWrite(t *testing.T) {
	b, want := written(t)
	f := open(t, b)
	if len(f.Problems) > 0 {
		t.Errorf("%+v", f.Problems)
	}
	for path, data := range want {
		o := f.Lookup(path)
		if o == nil {
			t.Errorf("%s is not there", path)
			continue
		}
		r, err := f.Data(o)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(io.NewSectionReader(r, 0, int64(len(data))+1)); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %x, not %x (%v)", path, got, data, err)
		}
	}
	texts, err := f.Strings(f.Lookup("layers").Attribute("words"))
	if err != nil || len(texts) != 2 || texts[1].Value != "zwei" {
		t.Errorf("%v, %v", texts, err)
	}
	for _, r := range f.Regions {
		if r.Kind == Unused && r.End-r.Start > 8 {
			t.Errorf("unused: %v", r)
		}
	}
}

// TestWriteRefused has what does not go into a file.
func TestWriteRefused(t *testing.T) {
	d, _ := numbers("f4", 2)
	long := make([]string, 5000)
	for name, root := range map[string]*Node{
		"two of one name":          {Children: []*Node{{Name: "a"}, {Name: "a"}}},
		"a slash":                  {Children: []*Node{{Name: "a/b"}}},
		"no name":                  {Children: []*Node{{}}},
		"a name that is no text":   {Children: []*Node{{Name: "\xff"}}},
		"a root of data":           {Data: d},
		"data with children":       {Children: []*Node{{Name: "a", Data: d, Children: []*Node{{Name: "b"}}}}},
		"too large an attribute":   {Attributes: []NewAttribute{{Name: "a", Type: FixedBytes(70_000), Texts: []string{"x"}}}},
		"too many strings":         {Attributes: []NewAttribute{{Name: "a", Type: Words(), Dims: []int64{5000}, Texts: long}}},
		"another number of values": {Attributes: []NewAttribute{{Name: "a", Type: Words(), Texts: []string{"x", "y"}}}},
		"too long a string":        {Attributes: []NewAttribute{{Name: "a", Type: FixedBytes(2), Texts: []string{"xyz"}}}},
		"two attributes":           {Attributes: []NewAttribute{{Name: "a", Type: Words(), Texts: []string{"x"}}, {Name: "a", Type: Words(), Texts: []string{"y"}}}},
	} {
		if _, err := PlanFile(root); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for name, write := range map[string]func(io.Writer) error{
		"less": func(w io.Writer) error { return nil },
		"more": func(w io.Writer) error { _, err := w.Write(make([]byte, 9)); return err },
	} {
		f, err := PlanFile(&Node{Children: []*Node{{Name: "a", Data: &NewData{Number("f4"), []int64{2}, write}}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteTo(io.Discard); err == nil {
			t.Errorf("%s bytes than the shape needs: no error", name)
		}
	}
}
