package symbolic

import (
	"fmt"
	"strings"
	"testing"
)

// arrays is a list of n arrays of float32, as protocol 4 writes them, with more
// in it behind them. Of the last one the memo has the tuple (0,), the arguments,
// the array, the shape, the bytes and the state.
func arrays(n int, more string) []byte {
	var b strings.Builder
	b.WriteString("\x80\x04\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94C\x01b\x94")
	b.WriteString("h\x03\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b0](")
	for i := range n {
		fmt.Fprintf(&b, "h\x02h\x05K\x00\x85\x94h\x06\x87\x94R\x94(K\x01K%c\x85\x94h\x0b\x89C%c%s\x94t\x94b", 1+i%3, 4+4*(i%3), strings.Repeat("abcd", 1+i%3))
	}
	return []byte(b.String() + more + "e.")
}

func TestFoldArrays(t *testing.T) {
	whole, folded := runBytes(arrays(3000, ""), Options{}), runBytes(arrays(3000, ""), Options{Fold: true})
	if whole.Failure != nil || folded.Failure != nil || !folded.Folded {
		t.Fatalf("failures %v, %v, folded %v", whole.Failure, folded.Failure, folded.Folded)
	}
	if n := len(folded.Events); n > 20 {
		t.Errorf("%d events are left", n)
	}
	seen := map[*Node]bool{}
	for i, n := range folded.Root.Items() {
		if w := whole.Root.Items()[i]; seen[n] || n.Pos != w.Pos || n.Call().Func.Name() != "_reconstruct" || len(n.States()) != 1 {
			t.Fatalf("array %d is %+v", i, n)
		}
		seen[n] = true
	}
}

// What is done to an array, or with what it was made of, is seen all the same.
func TestFoldedArrayUse(t *testing.T) {
	last := func(back int) string { // the memo entry so many before the end
		i := 14 + 50*6 - back
		return string([]byte{'j', byte(i), byte(i >> 8), 0, 0})
	}
	for _, c := range []struct {
		name, more string
		limit      bool
		events     int // more than without it
	}{
		{"the array again", last(4), false, 0},
		{"the array gets a second state", last(4) + "}b", false, 1},
		{"its bytes", last(2), true, 0},
		{"its state", last(1), true, 0},
		{"another class", "h\x02h\x0aK\x00\x85\x94h\x06\x87\x94R\x94(K\x01K\x01\x85\x94h\x0b\x89C\x04abcd\x94t\x94b", false, 2},
		{"a list of objects", "h\x02h\x05K\x00\x85\x94h\x06\x87\x94R\x94(K\x01K\x01\x85\x94h\x0b\x89]\x94t\x94b", false, 2},
		{"an import on the way", "h\x02h\x05K\x00\x85\x94h\x06\x87\x94R\x94cos\nsystem\n0(K\x01K\x01\x85\x94h\x0b\x89C\x04abcd\x94t\x94b", false, 3},
		{"one more", "h\x02h\x05K\x00\x85\x94h\x06\x87\x94R\x94(K\x01K\x01\x85\x94h\x0b\x89C\x04abcd\x94t\x94b", false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := runBytes(arrays(50, ""), Options{Fold: true})
			tr := runBytes(arrays(50, c.more), Options{Fold: true})
			if (tr.Failure != nil) != c.limit || c.limit && !tr.Failure.Limit {
				t.Fatalf("failure %v", tr.Failure)
			}
			if got := len(tr.Events) - len(base.Events); !c.limit && got != c.events {
				t.Errorf("%d events more, not %d: %v", got, c.events, kindsOf(tr))
			}
		})
	}
}
