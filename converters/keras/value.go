package keras

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/modelaudit/action/internal/keras"
)

// data is a JSON value as package lambda takes it: numbers are int where they are
// written as integers. An integer of more than 64 bits becomes what no function takes.
func data(v *keras.Value) any {
	if v == nil {
		return nil
	}
	switch v.Kind {
	case keras.Bool:
		return v.True
	case keras.String:
		return v.Text
	case keras.Number:
		if n, err := strconv.Atoi(v.Text); err == nil {
			return n
		}
		if f, err := strconv.ParseFloat(v.Text, 64); err == nil && strings.ContainsAny(v.Text, ".eENI") {
			return f
		}
		return map[string]any{}
	case keras.Array:
		list := make([]any, len(v.Items))
		for i, item := range v.Items {
			list[i] = data(item)
		}
		return list
	case keras.Object:
		m := make(map[string]any, len(v.Items))
		for i, item := range v.Items {
			m[v.Keys[i]] = data(item)
		}
		return m
	}
	return nil
}

// list is what an array holds, or a tuple as Keras serialises it.
func list(v *keras.Value) []*keras.Value {
	switch {
	case v == nil:
		return nil
	case v.Kind == keras.Array:
		return v.Items
	case v.Get("class_name").String() == "__tuple__":
		for _, key := range []string{"items", "value"} {
			if items := v.Get(key); items != nil && items.Kind == keras.Array {
				return items.Items
			}
		}
	}
	return nil
}

func items(v *keras.Value) (out []any) {
	for _, item := range list(v) {
		out = append(out, data(item))
	}
	return out
}

// shape reads a shape, with -1 for a size that is not known and for that of the batch,
// which a model may be given another time with another one; nil for what is none.
func shape(v *keras.Value) []int {
	sizes := list(v)
	out := make([]int, len(sizes))
	for i, size := range sizes {
		switch n := data(size).(type) {
		case nil:
			out[i] = -1
		case int:
			out[i] = n
		default:
			return nil
		}
	}
	if len(out) == 0 {
		return nil
	}
	out[0] = -1
	return out
}

// raw is a value's own text, as JSON that is copied; nil if there is none.
func (r *replacer) raw(v *keras.Value) any {
	if v == nil {
		return nil
	}
	return json.RawMessage(r.text[v.Start:v.End])
}

// encode writes JSON of ASCII characters alone, as Python does: an attribute of HDF5 may
// be declared to have no others.
func encode(v any) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", err
	}
	var out strings.Builder
	for _, c := range strings.TrimSuffix(b.String(), "\n") {
		switch {
		case c < 0x7f:
			out.WriteRune(c)
		case c < 0x10000:
			writeEscape(&out, c)
		default:
			high, low := utf16.EncodeRune(c)
			writeEscape(&out, high)
			writeEscape(&out, low)
		}
	}
	return out.String(), nil
}

func writeEscape(b *strings.Builder, c rune) {
	b.WriteString(`\u` + strconv.FormatInt(int64(c)+0x10000, 16)[1:])
}
