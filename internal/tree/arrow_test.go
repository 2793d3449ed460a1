package tree

import (
	"fmt"
	"slices"
	"testing"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/torch"
)

// The labels of a frame's columns may stand in an array of Arrow.
func TestArrowLabels(t *testing.T) {
	// index is what pandas 3 writes for columns: buffers are those of offsets and texts.
	index := func(class, of, length, nulls, from, buffers string) string {
		return `GLOBAL "pandas.core.indexes.base" "_new_Index"; GLOBAL "pandas.core.indexes.base" "Index"; EMPTY_DICT; UNICODE "data"; ` +
			`GLOBAL "pandas.arrays" "` + class + `"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_pa_array"; GLOBAL "pyarrow.lib" "_restore_array"; MARK; ` +
			`GLOBAL "pyarrow.lib" "type_for_alias"; UNICODE "` + of + `"; TUPLE1; REDUCE; ` + length + nulls + from + `EMPTY_LIST; MARK; NONE; ` + buffers + `APPENDS; EMPTY_LIST; NONE; TUPLE; TUPLE1; REDUCE; SETITEM; BUILD; SETITEM; TUPLE2; REDUCE; `
	}
	buffer := func(text string) string {
		return fmt.Sprintf(`GLOBAL "pyarrow.lib" "py_buffer"; SHORT_BINBYTES "%s"; TUPLE1; REDUCE; `, text)
	}
	const large = `\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00`
	const short = `\x00\x00\x00\x00\x01\x00\x00\x00\x03\x00\x00\x00`
	two, none := `BININT1 2; `, `BININT1 0; `
	for _, c := range []struct {
		name, index string
		want        []string
	}{
		{"a large_string", index("ArrowStringArray", "large_string", two, none, none, buffer(large)+buffer("abc")), []string{"a", "bc"}},
		{"a string", index("ArrowStringArray", "string", two, none, none, buffer(short)+buffer("abc")), []string{"a", "bc"}},
		{"from the second on", index("ArrowStringArray", "string", `BININT1 1; `, none, `BININT1 1; `, buffer(short)+buffer("abc")), []string{"bc"}},
		{"with a null", index("ArrowStringArray", "string", two, `BININT1 1; `, none, buffer(short)+buffer("abc")), nil},
		{"of bytes", index("ArrowStringArray", "binary", two, none, none, buffer(short)+buffer("abc")), nil},
		{"beyond the offsets", index("ArrowStringArray", "string", `BININT1 3; `, none, none, buffer(short)+buffer("abc")), nil},
		{"beyond the texts", index("ArrowStringArray", "string", two, none, none, buffer(short)+buffer("ab")), nil},
		{"backwards", index("ArrowStringArray", "string", two, none, none, buffer(`\x00\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00`)+buffer("abc")), nil},
		{"no UTF-8", index("ArrowStringArray", "string", two, none, none, buffer(short)+buffer(`a\xff\xff`)), nil},
		{"two of one name", index("ArrowStringArray", "string", two, none, none, buffer(`\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00`)+buffer("aa")), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var names []string
			for _, k := range labelsOf(t, c.index+"STOP") {
				names = append(names, k.Text)
			}
			if !slices.Equal(names, c.want) {
				t.Errorf("%q, want %q", names, c.want)
			}
		})
	}
}

// labelsOf reads the labels that an index holds.
func labelsOf(t *testing.T, program string) []tensor.Key {
	t.Helper()
	r, tr := traced(t, program)
	b := newBuilder(Input{Size: r.Size(), Root: tr.Root, Data: r, Tensors: torch.NestedResolver(r), Unsafe: func(*sym.Node) bool { return false }})
	return b.labels(tr.Root)
}
