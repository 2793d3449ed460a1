package scan

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// records is a pickle of an OrderedDict of so many items, which is no plain value.
func records(n int) []byte {
	var b bytes.Buffer
	b.WriteString("\x80\x02ccollections\nOrderedDict\n)R(")
	for i := range n {
		if i%1000 == 999 {
			b.WriteString("u(")
		}
		fmt.Fprintf(&b, "X\x08\x00\x00\x00%08dJ\x00\x00\x02\x00", i)
	}
	b.WriteString("u.")
	return b.Bytes()
}

// What is too much for a graph is judged without some of its values, and not
// converted.
func TestFolded(t *testing.T) {
	r := scanBytes(t, "m.pkl", records(850_000))
	expect(t, r, "clean")
	if r.Model == nil {
		t.Fatal("no model")
	}
	if _, err := r.Model.Tree(); err == nil || !strings.Contains(err.Error(), "more values than are converted") {
		t.Errorf("error %v", err)
	}
}
