package tree

import (
	"strconv"
	"strings"
)

// writeDetails writes what stands beside the tag.
func (v *Value) writeDetails(b *strings.Builder) error {
	d := details{b: b}
	if v.Tag != TagObject {
		d.text("class", v.Class)
	}
	d.text("dtype", v.DType)
	d.text("cast", v.Cast)
	if v.Shape != nil {
		d.key("shape")
		b.WriteByte('[')
		for i, s := range v.Shape {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strconv.FormatInt(s, 10))
		}
		b.WriteByte(']')
	}
	if v.Grad {
		b.WriteString(`,"requires_grad":true`)
	}
	d.text("device", v.Device)
	d.text("part", v.Part)
	if v.Same != nil {
		d.text("same", v.Same.Text)
	}
	v.writeHeld(&d)
	if v.ID != 0 {
		b.WriteString(`,"id":` + strconv.Itoa(v.ID))
	}
	return d.err
}

// writeHeld writes the values that an object, a module or a tensor holds.
func (v *Value) writeHeld(d *details) {
	switch v.Tag {
	case TagOmitted:
		d.items("args", v.Args)
	case TagObject:
		d.items("args", v.Args)
		d.pairs("kwargs", v.Kwargs)
		d.items("items", v.Items)
		d.pairs("pairs", v.Pairs)
		d.items("states", v.States)
	case TagModule:
		d.pairs("pairs", v.Pairs)
	case TagSparse, TagQuantized, TagNested, TagWrapper:
		d.pairs("parts", v.Pairs)
	}
	d.pairs("attributes", v.Attrs)
}

// details writes keys with their values; the first error stays.
type details struct {
	b   *strings.Builder
	err error
}

func (d *details) key(key string) { d.b.WriteString(`,"` + key + `":`) }

func (d *details) text(key, s string) {
	if s != "" {
		d.key(key)
		writeText(d.b, s)
	}
}

func (d *details) items(key string, items []*Value) {
	if len(items) > 0 && d.err == nil {
		d.key(key)
		d.err = writeItems(d.b, items)
	}
}

func (d *details) pairs(key string, pairs [][2]*Value) {
	if len(pairs) > 0 && d.err == nil {
		d.key(key)
		d.err = writePairs(d.b, pairs)
	}
}
