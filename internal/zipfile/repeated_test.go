package zipfile

import (
	"bytes"
	"testing"
	"time"

	"github.com/modelaudit/action/internal/safeio"
)

// TestShadowed: of entries of one name Python takes the last, and names that differ in
// case stand for themselves.
func TestShadowed(t *testing.T) {
	other := with(version, func(m *member) { m.name = "A/DATA.pkl" })
	data := build(of(pkl, other, pkl, version, pkl))
	f, err := Read(bytes.NewReader(data), int64(len(data)), safeio.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	f.torch.count = 0 // torch sees nothing
	for i, want := range []bool{true, false, true, false, false} {
		e := f.At(i)
		if got := f.Shadowed(e); got != want {
			t.Errorf("entry %d, %s: %v, want %v", i, e.Name, got, want)
		}
		if got, want := f.Alone(e), e.Name == version.name; got != want {
			t.Errorf("entry %d, %s: alone is %v, want %v", i, e.Name, got, want)
		}
	}
}

// TestManyOfOneName: to ask of each of many entries of one name costs no more than one
// look at each.
func TestManyOfOneName(t *testing.T) {
	const n = 50_000
	list := make([]member, n)
	for i := range list {
		list[i] = with(version, func(m *member) { m.name, m.data = "k", nil })
	}
	data := build(of(list...))
	f, err := Read(bytes.NewReader(data), int64(len(data)), safeio.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	begun, shadowed := time.Now(), 0
	for e := range f.All() {
		if f.Shadowed(e) && !f.Alone(e) {
			shadowed++
		}
	}
	if took := time.Since(begun); shadowed != n-1 || took > 10*time.Second {
		t.Errorf("%d entries in %v", shadowed, took)
	}
}
