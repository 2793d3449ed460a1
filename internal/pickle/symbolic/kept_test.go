package symbolic

import (
	"fmt"
	"strings"
	"testing"
)

// keeping runs a stream that does not fit as one that is to be converted.
func keeping(data []byte, s *shelf) *Trace {
	return runBytes(data, Options{MaxBytes: 2 << 20, Keep: 32 << 20, Pack: s})
}

func TestKept(t *testing.T) {
	const n = 12_000
	s := &shelf{}
	tr := keeping(tensors(n, "."), s)
	if tr.Failure != nil || !tr.Packed || tr.Kept == 0 {
		t.Fatalf("failure %v, packed %v, %d kept", tr.Failure, tr.Packed, tr.Kept)
	}
	pairs, kept := tr.Root.Pairs(), tr.Root.Kept()
	if len(pairs)+kept.Len() != n || kept.Len() != tr.Kept {
		t.Fatalf("%d items and %d kept ones", len(pairs), kept.Len())
	}
	at := 0 // of the dict
	item := func(key string, number int64) {
		if key != fmt.Sprintf("w%06d", at) || at > 0 && s.keys[number] != fmt.Sprint(at) {
			t.Fatalf("item %d is %q, tensor %d", at, key, number)
		}
		at++
	}
	next := 0
	for i := 0; i <= len(pairs); i++ {
		last := kept.Len()
		if i < len(pairs) {
			last = kept.Before(i + 1)
		}
		for ; next < last; next++ {
			item(kept.Key(next), kept.Value(next))
		}
		if i < len(pairs) {
			number, _ := pairs[i].Value.Packed()
			item(pairs[i].Key.Text, number)
		}
	}
}

// Where something else than its item may refer to a tensor, none is kept that
// the stream would then lack.
func TestNothingIsKeptThatIsReferredTo(t *testing.T) {
	const n = 12_000
	for name, more := range map[string]string{
		"a tied tensor":            "(X\x01\x00\x00\x00a" + tensorEntry(9000, 7) + "u.",
		"a key that is read again": tensorEntry(9000, 0) + "0.",
		"the same key":             "(X\x07\x00\x00\x00w009000Nu.",
		"a state for a tensor":     tensorEntry(9000, 7) + "Nb0.",
		"the dict as an argument":  "cacme\nf\nh\x05\x85R.",
	} {
		if tr := keeping(tensors(n, more), &shelf{}); tr.Kept != 0 {
			t.Errorf("%s: %d are kept", name, tr.Kept)
		}
	}
	twice := strings.Replace(string(tensors(n, ".")), "w011000", "w009000", 1)
	if tr := keeping([]byte(twice), &shelf{}); tr.Kept != 0 {
		t.Errorf("two equal keys: %d are kept", tr.Kept)
	}
	// A value that was changed, or is twice on the stack, stays in the graph.
	end := tensorEntryPut(n - 1)
	whole := string(tensors(n, "."))
	cut := strings.LastIndex(whole, end)
	for _, ops := range []string{"Nb", "20"} {
		tr := keeping([]byte(whole[:cut+len(end)]+ops+whole[cut+len(end):]), &shelf{})
		pairs := tr.Root.Pairs()
		if last := pairs[len(pairs)-1]; tr.Failure != nil || last.Key.Text != fmt.Sprintf("w%06d", n-1) || len(pairs)+tr.Kept != n {
			t.Errorf("%q: failure %v, the last item is %q, %d and %d kept", ops, tr.Failure, last.Key.Text, len(pairs), tr.Kept)
		}
	}
}

// tensorEntryPut is the opcode that puts the tensor at i into the memo.
func tensorEntryPut(i int) string { return "r" + tensorEntry(i, 7)[1:] }

// resets counts how often a stream is read.
type resets struct {
	shelf
	n int
}

func (r *resets) Reset() { r.n++; r.shelf.Reset() }

// A stream that is known to need it is read once; one that fits is made a graph of,
// however long it is.
func TestKeptFirst(t *testing.T) {
	const n = 12_000
	data := tensors(n, ".")
	s := &resets{}
	if tr := runBytes(data, Options{MaxBytes: 2 << 20, Keep: 32 << 20, Pack: s}); tr.Kept == 0 || s.n != 1 {
		t.Errorf("%d are kept, read %d times", tr.Kept, s.n)
	}
	for _, most := range []int64{int64(len(data)) * 8, int64(len(data)) * 40} {
		if tr := runBytes(data, Options{MaxBytes: most, Keep: 64 << 20, Pack: &resets{}}); tr.Failure == nil && most > n*leastTensor && tr.Kept > 0 {
			whole := runBytes(data, Options{MaxBytes: most})
			if whole.Failure == nil {
				t.Errorf("%d bytes suffice for a graph, and %d are kept", most, tr.Kept)
			}
		}
	}
	if tr := runBytes(data, Options{MaxBytes: 64 << 20, Keep: 64 << 20, Pack: &resets{}}); tr.Failure != nil || tr.Kept > 0 || tr.Folded {
		t.Errorf("it fits: failure %v, %d are kept", tr.Failure, tr.Kept)
	}
}
