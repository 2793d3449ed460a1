package verdicts

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What was put is there for the next process of the same build, and for no
// other; what a second process put at the same time is kept.
func TestStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "modelaudit-cache")
	a, b := Open(dir, "one"), Open(dir, "one")
	key := func(i int) Key { return MakeKey("blob", fmt.Sprint(i)) }
	for i := range 500 {
		a.Put(key(i), fmt.Sprint("a", i))
		b.Put(key(i+500), fmt.Sprint("b", i))
	}
	if _, ok := Open(dir, "one").Get(key(1)); ok {
		t.Error("there before it was saved")
	}
	for _, s := range []*Store{a, b} {
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
	}
	again := Open(dir, "one")
	for i := range 1000 {
		want := fmt.Sprint("a", i)
		if i >= 500 {
			want = fmt.Sprint("b", i-500)
		}
		if got, ok := again.Get(key(i)); !ok || got != want {
			t.Fatalf("%d: %q, %v; want %q", i, got, ok, want)
		}
	}
	if _, ok := Open(dir, "two").Get(key(1)); ok {
		t.Error("another build sees it")
	}
	for _, name := range []string{"3", "4", "5", "6"} {
		s := Open(dir, name)
		s.Put(key(1), "")
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
	}
	if builds, _ := os.ReadDir(dir); len(builds) != maxBuilds {
		t.Errorf("%d builds are kept", len(builds))
	}
	a.Put(key(1), "two\nlines")
	a.Put(key(1), strings.Repeat("x", maxValue+1))
	if got, _ := a.Get(key(1)); got != "a1" {
		t.Errorf("holds %q", got)
	}
	var none *Store
	none.Put(key(1), "x")
	if _, ok := none.Get(key(1)); ok || none.Save() != nil {
		t.Error("a nil store is not empty")
	}
}

// The oldest values go.
func TestBound(t *testing.T) {
	dir := t.TempDir()
	s := Open(dir, "b")
	var keys []Key
	for i := range maxValues + 10 {
		k := MakeKey(fmt.Sprint(i))
		k[0] = 7
		keys = append(keys, k)
		s.Put(k, "v")
	}
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	s = Open(dir, "b")
	if _, ok := s.Get(keys[9]); ok {
		t.Error("the oldest is there")
	}
	if _, ok := s.Get(keys[10]); !ok {
		t.Error("a newer one is gone")
	}
}

// A shard with any byte changed, added or missing holds nothing.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	s := Open(dir, "b")
	k := MakeKey("x")
	s.Put(k, `{"skipped":true}`)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	name := s.name(k[0])
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		for _, damaged := range [][]byte{whole[:i], append(append([]byte{}, whole[:i]...), whole[i+1:]...), flip(whole, i)} {
			if err := os.WriteFile(name, damaged, 0o644); err != nil {
				t.Fatal(err)
			}
			if v, ok := Open(dir, "b").Get(k); ok {
				t.Fatalf("byte %d: %q", i, v)
			}
		}
	}
	// It is written anew.
	s = Open(dir, "b")
	s.Put(k, "new")
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	if v, _ := Open(dir, "b").Get(k); v != "new" {
		t.Errorf("holds %q", v)
	}
}

func flip(data []byte, i int) []byte {
	out := append([]byte{}, data...)
	out[i] ^= 1
	return out
}

// The digest that is kept is that of the program.
func TestBuild(t *testing.T) {
	dir := t.TempDir()
	first, err := Build(dir, false)
	if err != nil || len(first) != 64 {
		t.Fatal(first, err)
	}
	if again, err := Build(dir, false); err != nil || again != first {
		t.Error(again, err)
	}
	if other, err := Build(t.TempDir(), true); err != nil || other != first {
		t.Error(other, err)
	}
}

// What parses is what format gives for it, and nothing else. No chance finds a
// digest that is right, so every body is also tried under its own.
func FuzzParse(f *testing.F) {
	h := &shard{values: map[Key]string{}}
	f.Add(format(h))
	h.add(MakeKey("a"), "1")
	h.add(MakeKey("b"), "{}")
	f.Add(format(h)[:len(format(h))-1])
	f.Add(format(h))
	f.Add(bytes.ToUpper(format(h)))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, body, _ := bytes.Cut(data, []byte("\n"))
		for _, data := range [][]byte{data, seal(body)} {
			if h := parse(data); h != nil && string(format(h)) != string(data) {
				t.Errorf("%q is read as %q", data, format(h))
			}
		}
	})
}
