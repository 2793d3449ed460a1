package symbolic

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A shelf packs every tensor of six arguments, and remembers the storage's key.
type shelf struct{ keys []string }

func (s *shelf) Reset() { s.keys = nil }

func (s *shelf) Pack(args []*Node, keep bool) (int64, bool) {
	if len(args) != 6 || args[0].Kind != Persistent || len(args[0].Of().Items()) != 5 || args[5].Kind != Object {
		return 0, false
	}
	for i, k := range []Kind{Persistent, Int, Tuple, Tuple, Bool} {
		if args[i].Kind != k || k == Tuple && slices.ContainsFunc(args[i].Items(), func(n *Node) bool { return n.Kind != Int }) {
			return 0, false
		}
	}
	key := args[0].Of().Items()[2]
	if key.Kind != String {
		return 0, false
	}
	if keep {
		s.keys = append(s.keys, key.Text)
	}
	return int64(len(s.keys) - 1), true
}

// tensors is a stream of a dict of n tensors, as torch.save writes them, with more
// behind its items.
func tensors(n int, more string) []byte {
	var b strings.Builder
	text := func(s string) string { return "X" + string([]byte{byte(len(s)), 0, 0, 0}) + s }
	memo := 0
	put := func() string {
		memo++
		return "r" + string([]byte{byte(memo - 1), byte((memo - 1) >> 8), byte((memo - 1) >> 16), 0})
	}
	b.WriteString("\x80\x02ctorch._utils\n_rebuild_tensor_v2\n" + put() + "ctorch\nFloatStorage\n" + put() + "ccollections\nOrderedDict\n" + put() + text("cpu") + put() + text("storage") + put() + "00000}" + put() + "(")
	for i := range n {
		if i%1000 == 999 || n < 100 && i > 0 {
			b.WriteString("u(")
		}
		b.WriteString(text(fmt.Sprintf("w%06d", i)) + put() + "h\x00((h\x04h\x01" + text(fmt.Sprint(i)) + put() + "h\x03K\x02t" + put() + "Q")
		b.WriteString("K\x00K\x02\x85" + put() + "K\x01\x85" + put() + "\x89h\x02)R" + put() + "t" + put() + "R" + put())
	}
	return []byte(b.String() + "u" + more)
}

// The memo entries of the tensor at i: its name, the key, ..., the tensor.
func tensorEntry(i, at int) string {
	e := 6 + 8*i + at
	return "j" + string([]byte{byte(e), byte(e >> 8), byte(e >> 16), 0})
}

func TestPack(t *testing.T) {
	const n = 6000
	s := &shelf{}
	tr := runBytes(tensors(n, "."), Options{Fold: true, Pack: s})
	if tr.Failure != nil || !tr.Packed || !tr.Folded || len(tr.Root.Pairs()) != n || len(s.keys) != n-1 {
		t.Fatalf("failure %v, packed %v, %d items, %d tensors", tr.Failure, tr.Packed, len(tr.Root.Pairs()), len(s.keys))
	}
	for i, p := range tr.Root.Pairs() {
		id, ok := p.Value.Packed()
		if p.Key.Text != fmt.Sprintf("w%06d", i) || ok != (i > 0) || ok && s.keys[id] != fmt.Sprint(i) || p.Value.Call().Func.Name() != "_rebuild_tensor_v2" {
			t.Fatalf("item %d is %+v under %q", i, p.Value, p.Key.Text)
		}
	}
	if got := kindsOf(tr); len(got) > 20 {
		t.Errorf("%d events are left", len(got))
	}
	if plain := runBytes(tensors(n, "."), Options{Fold: true}); plain.Packed || len(plain.Events) < 3*n {
		t.Error("tensors are packed that nobody keeps")
	}
}

func TestThin(t *testing.T) {
	const n = 12_000
	for _, c := range []struct {
		name, more string
		limit      bool
		last       EventKind
	}{
		{"nothing more", ".", false, EventCall},
		{"a tensor again", "(" + tensorEntry(9000, 0) + "0" + "X\x01\x00\x00\x00a" + tensorEntry(9000, 7) + "u.", true, EventCall},
		{"a tied tensor", "(X\x01\x00\x00\x00a" + tensorEntry(9000, 7) + "u.", false, EventCall},
		{"a key that is thrown away", tensorEntry(9000, 0) + ".", true, EventCall},
		{"the key of a storage", tensorEntry(9000, 1) + ".", true, EventCall},
		{"the same key", "(X\x07\x00\x00\x00w009000Nu.", true, EventCollision},
		{"a state for a tensor", tensorEntry(9000, 7) + "Nb0.", false, EventBuild},
		{"the dict as an argument", "cacme\nf\nh\x05\x85R.", true, EventImport},
		{"the dict as a state", "cacme\nf\n)Rh\x05b.", true, EventCall},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := runBytes(tensors(n, c.more), Options{Fold: true, Thin: true, Pack: &shelf{}})
			if got := tr.Failure != nil && tr.Failure.Limit; got != c.limit || tr.Failure != nil && !got || tr.Packed || !tr.Folded {
				t.Fatalf("failure %v, packed %v", tr.Failure, tr.Packed)
			}
			if got := tr.Events[len(tr.Events)-1].Kind; got != c.last {
				t.Errorf("the last event is %d, want %d", got, c.last)
			}
			if got := tr.Memo.bytes; got > 4<<20 {
				t.Errorf("%d bytes are taken", got)
			}
		})
	}
}

// Two equal keys are seen whatever was kept of the first.
func TestThinCollision(t *testing.T) {
	data := tensors(12_000, ".")
	for _, first := range []string{"w000003", "w009000"} {
		twice := []byte(strings.Replace(string(data), "w011000", first, 1))
		tr := runBytes(twice, Options{Fold: true, Thin: true, Pack: &shelf{}})
		if got := kindsOf(tr); tr.Failure != nil || !slices.Contains(got, EventCollision) {
			t.Errorf("%s: failure %v, no collision", first, tr.Failure)
		}
	}
}

// lessOf says what a trace that was folded lacks of the whole one, "" if that is
// only what may be thrown away.
func lessOf(whole, folded *Trace) string {
	if f := folded.Failure; f != nil && f.Limit || whole.Failure != nil && whole.Failure.Limit {
		return ""
	}
	if (whole.Failure == nil) != (folded.Failure == nil) || whole.End != folded.End {
		return fmt.Sprintf("ends at %d (%v), not at %d (%v)", folded.End, folded.Failure, whole.End, whole.Failure)
	}
	list := func(tr *Trace) (list []string, called map[string]bool) {
		called = map[string]bool{}
		for _, e := range tr.Events {
			switch e.Kind {
			case EventCall:
				called[fmt.Sprint(e.Node.Call().Func.Kind, e.Node.Call().Func.FullName())] = true
			case EventPersistent:
			default:
				list = append(list, fmt.Sprint(e.Kind, e.Pos, e.End))
			}
		}
		return list, called
	}
	want, calls := list(whole)
	got, folds := list(folded)
	if !slices.Equal(got, want) {
		return fmt.Sprintf("has events %v, not %v", got, want)
	}
	for c := range calls {
		if !folds[c] {
			return "lacks every call of " + c
		}
	}
	return ""
}

func TestFoldedLacksNothing(t *testing.T) {
	for _, more := range []string{".", tensorEntry(20, 0) + ".", "2.", "0."} {
		data := tensors(30, more)
		whole := runBytes(data, Options{})
		for _, thin := range []bool{false, true} {
			folded := runBytes(data, Options{Fold: true, Thin: thin, Pack: &shelf{}, foldFrom: 2})
			if less := lessOf(whole, folded); less != "" {
				t.Errorf("%q, thin %v: %s", more, thin, less)
			}
		}
	}
}
