package symbolic

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// scalars is a stream of n numpy scalars, int64 and float64 in turn every ten,
// as values of a dict, with more behind them.
func scalars(n int, more string) []byte {
	var b strings.Builder
	b.WriteString("\x80\x04\x8c\x16numpy._core.multiarray\x94\x8c\x06scalar\x94\x93\x94")
	for _, t := range []string{"i8", "f8"} {
		b.WriteString("\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02" + t + "\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b")
	}
	b.WriteString("}\x94(")
	for i := range n {
		dtype := []byte{8, 16}[i/10%2]
		fmt.Fprintf(&b, "\x8c\x08key%05d\x94h\x02h%cC\x08%08d\x94\x86\x94R\x94", i, dtype, i)
	}
	return []byte(b.String() + "u" + more)
}

// Folding keeps keys, kinds and identities, and what is done with any of them.
func TestFold(t *testing.T) {
	data := scalars(10_000, ".")
	whole, folded := runBytes(data, Options{}), runBytes(data, Options{Fold: true})
	if whole.Failure != nil || folded.Failure != nil || whole.Folded || !folded.Folded {
		t.Fatalf("failures %v, %v", whole.Failure, folded.Failure)
	}
	if calls := strings.Count(fmt.Sprint(kindsOf(folded)), fmt.Sprint(EventCall)); calls > 3000 {
		t.Errorf("%d calls are left", calls)
	}
	seen := map[*Node]bool{}
	for i, p := range folded.Root.Pairs() {
		w := whole.Root.Pairs()[i]
		c := p.Value.Call()
		if p.Key.Text != w.Key.Text || seen[p.Value] || p.Value.Pos != w.Value.Pos || c == nil || c.Func.Name() != "scalar" ||
			c.Args[0].Pos != w.Value.Call().Args[0].Pos || len(c.Args[1].Text) != 8 {
			t.Fatalf("item %d is %+v", i, p.Value)
		}
		seen[p.Value] = true
	}
	if got, want := ExtentOf(folded.Root).Depth, ExtentOf(whole.Root).Depth; got != want {
		t.Errorf("depth %d, want %d", got, want)
	}
}

func TestFoldedUse(t *testing.T) {
	get := func(back int) string { // the memo entry so many before the end
		i := 20 + 10_000*4 - back
		return string([]byte{'j', byte(i), byte(i >> 8), 0, 0})
	}
	for _, c := range []struct {
		name, more string
		limit      bool
		builds     int
	}{
		{"the scalar again", get(1) + "\x86.", false, 2},
		{"its bytes", get(3) + "\x86.", true, 2},
		{"its arguments", get(2) + "\x86.", true, 2},
		{"its key", get(4) + "\x86.", false, 2},
		{"a state for one", get(1) + "Nb0.", false, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := runBytes(scalars(10_000, c.more), Options{Fold: true})
			if got := tr.Failure != nil && tr.Failure.Limit; got != c.limit || tr.Failure != nil && !got {
				t.Fatalf("failure %v", tr.Failure)
			}
			builds := 0
			for _, k := range kindsOf(tr) {
				if k == EventBuild {
					builds++
				}
			}
			if builds != c.builds {
				t.Errorf("%d BUILDs", builds)
			}
		})
	}
	// A state is that of the one scalar that got it.
	tr := runBytes(scalars(10_000, get(1)+"Nb0."), Options{Fold: true})
	with := 0
	for _, p := range tr.Root.Pairs() {
		with += len(p.Value.States())
	}
	if with != 1 {
		t.Errorf("%d scalars have the state of one", with)
	}
}

// Numbers in long lists and dicts are folded unless something else refers to them.
func TestFoldedNumbers(t *testing.T) {
	long := strings.Repeat("J\x00\x00\x02\x00", 5000)
	tr := runBytes([]byte("\x80\x02]("+long+"e(J\x01\x00\x02\x00q\x00J\x02\x00\x02\x002J\x03\x00\x02\x00eh\x00\x86."), Options{Fold: true})
	if tr.Failure != nil || !tr.Folded {
		t.Fatalf("failure %v, folded %v", tr.Failure, tr.Folded)
	}
	items := tr.Root.Items()[0].Items()
	for at, want := range map[int]int64{0: 0x20000, 4999: 0x20000, 5000: 0x20001, 5001: 0x20002, 5002: 0x20002, 5003: math.MinInt64} {
		if items[at].Kind != Int || items[at].Int != want {
			t.Errorf("item %d is %+v, want %d", at, items[at], want)
		}
	}
	if tr.Root.Items()[1] != items[5000] {
		t.Error("what the memo holds is another value")
	}
}
