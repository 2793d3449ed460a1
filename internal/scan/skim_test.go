package scan

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// long is a pickle of plain values of 9 bytes each that leaves texts in the memo
// under 0 and 1.
func long(values int) []byte {
	return []byte("\x80\x04](\x8c\x02os\x94\x8c\x06system\x94" + strings.Repeat("G\x3f\xe0\x00\x00\x00\x00\x00\x00", values) + "e.")
}

// A long pickle of plain values is clean however many there are, and what
// stands behind it is judged as behind any other.
func TestLongPlain(t *testing.T) {
	fromMemo := assemble(t, `PROTO 4; BINGET 0; BINGET 1; STACK_GLOBAL; SHORT_BINUNICODE "true"; TUPLE1; REDUCE; STOP`)
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"alone", long(10_000), "clean"},
		{"short", long(200), "clean"},
		{"a call behind a short one", append(long(200), assemble(t, payload+`STOP`)...), "MA101 os.system"},
		{"a call of what is in the memo of a short one", append(long(200), fromMemo...), "MA101 os.system"},
		{"a call at the end of a short one", append(bytes.TrimSuffix(long(200), []byte(".")), assemble(t, payload+`STOP`)...), "MA101 os.system"},
		{"more than a graph may hold", long(3_000_000), "clean"},
		{"zeros behind", append(long(10_000), make([]byte, 100)...), "clean"},
		{"two", append(long(10_000), long(10_000)...), "clean"},
		{"a short one behind", append(long(10_000), assemble(t, `PROTO 4; EMPTY_LIST; MEMOIZE; BINGET 0; TUPLE2; STOP`)...), "clean"},
		{"a call behind", append(long(10_000), assemble(t, payload+`STOP`)...), "MA101 os.system"},
		{"a call of what is in the memo", append(long(10_000), fromMemo...), "MA101 os.system"},
		{"the same behind a second", slices.Concat(long(10_000), []byte("N."), long(10_000), fromMemo), "MA101 os.system"},
		{"a memo too large to know", append(long(3_000_000), fromMemo...), "unread"},
		{"a call at its end", append(bytes.TrimSuffix(long(10_000), []byte(".")), assemble(t, payload+`STOP`)...), "MA101 os.system"},
		{"data behind", append(long(10_000), "\xff\xff"...), "unread"},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, scanBytes(t, "m.pkl", c.data), c.want) })
	}
}

// What was only skimmed can still be read as a tree, if it is not too much.
func TestLongPlainTree(t *testing.T) {
	for _, n := range []int{200, 10_000} {
		r := scanBytes(t, "m.pkl", long(n))
		if r.Model == nil {
			t.Fatal("no model")
		}
		if _, err := r.Model.Tree(); err != nil {
			t.Error(err)
		}
	}
	r := scanBytes(t, "m.pkl", long(3_000_000))
	if r.Model == nil {
		t.Fatal("no model")
	}
	if _, err := r.Model.Tree(); err == nil || !strings.Contains(err.Error(), "more values than are converted") {
		t.Errorf("error %v", err)
	}
}
