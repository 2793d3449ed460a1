package scan

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// A model says of the pickles behind it that it lacks their objects.
func TestFurtherPickles(t *testing.T) {
	const one = "\x80\x02K\x01."
	for n, want := range map[int]string{1: "", 2: "the second pickle of the file", 3: "the 2 pickles behind the first"} {
		data := strings.Repeat(one, n)
		res := Scan(context.Background(), bytes.NewReader([]byte(data)), int64(len(data)), "x.pkl", Options{})
		if res.Model == nil {
			t.Fatal("no model")
		}
		tree, err := res.Model.Tree()
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, m := range tree.Omitted {
			got += m.Path
		}
		if got != want {
			t.Errorf("%d pickles: %q, want %q", n, got, want)
		}
	}
}
