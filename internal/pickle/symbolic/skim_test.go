package symbolic

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/pickle"
	"github.com/modelaudit/action/internal/pickle/plain"
)

// agree fails if plain.Read accepts a stream of which the machine has anything
// to say, or of which it says something else. It returns what Read said.
func agree(t *testing.T, data []byte) bool {
	t.Helper()
	s, ok := plain.Read(bytes.NewReader(data), 0, int64(len(data)), plain.Options{})
	if !ok {
		return false
	}
	tr := run(bytes.NewReader(data), 0, int64(len(data)), Options{MaxBytes: math.MaxInt64, MaxOps: math.MaxInt})
	if tr.Failure != nil || len(tr.Events) > 0 || tr.Root == nil {
		t.Fatalf("%q is said to be plain: %v, events %v", data, tr.Failure, events(tr))
	}
	if x := ExtentOf(tr.Root); x.Depth > 5000 || x.Paths > 100_000_000 {
		t.Fatalf("%q is said to be plain, its extent is %+v", data, x)
	}
	got := plain.Stream{End: tr.End, Ops: int64(tr.Ops), Gets: int64(tr.Gets), Payload: tr.Payload, Memo: s.Memo, Protocol: tr.Protocol}
	if got != s {
		t.Fatalf("%q: read as %+v, it is %+v", data, s, got)
	}
	return true
}

// plainOps are the opcodes of plain values, with arguments that meet often.
func plainOps() []string {
	ops := []string{"N", "\x88", "\x89", "K\x00", "K\x01", "M\x01\x00", "J\xff\xff\xff\xff", "\x8a\x00", "\x8a\x01\x01", "\x8a\x01\xff", "\x8a\x09\x01\x00\x00\x00\x00\x00\x00\x00\x00",
		"\x8b\x02\x00\x00\x00\x01\x00", "\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x40", "I1\n", "I00\n", "I01\n", "I-5\n", "I+1\n", "I010\n", "L1L\n", "L5\n", "F1.0\n", "F0.5\n", "Fnan\n", "F 1\n",
		"L99999999999999999999L\n", "I99999999999999999999\n", "S'a'\n", "S\"a\"\n", "S'\\x61'\n", "Va\n", "V\\u0061\n", "V\xe9\n", "X\x01\x00\x00\x00a", "\x8c\x01a", "\x8c\x00", "\x8c\x02\xc3\xa9", "\x8c\x03\xed\xa0\x80",
		"\x8c\x01\xff", "\x8d\x01\x00\x00\x00\x00\x00\x00\x00a", "C\x01a", "B\x01\x00\x00\x00a", "\x8e\x01\x00\x00\x00\x00\x00\x00\x00a", "\x96\x01\x00\x00\x00\x00\x00\x00\x00a", "U\x01a", "U\x01\xe9", "T\x01\x00\x00\x00a",
		"(", ")", "]", "}", "\x8f", "\x91", "t", "l", "d", "\x85", "\x86", "\x87", "a", "e", "s", "u", "\x90", "0", "1", "2", ".", "\x94", "q\x00", "q\x01", "q\x02", "r\x03\x00\x00\x00", "r\x00\x00\x01\x00", "p4\n", "p05\n",
		"h\x00", "h\x01", "h\x02", "j\x03\x00\x00\x00", "g4\n", "g1\n", "\x80\x04", "\x80\x09"}
	for _, f := range []float64{0, math.Copysign(0, -1), 1, 0.5, 1 << 62, 1 << 63, math.Inf(1), math.NaN()} {
		ops = append(ops, "G"+string(binary.BigEndian.AppendUint64(nil, math.Float64bits(f))))
	}
	for n := range 12 {
		ops = append(ops, fmt.Sprintf("\x95%c\x00\x00\x00\x00\x00\x00\x00", n))
	}
	return ops
}

// spell makes a stream of plain opcodes out of bytes.
func spell(choice []byte) []byte {
	ops := plainOps()
	var b []byte
	for _, c := range choice {
		b = append(b, ops[int(c)%len(ops)]...)
	}
	return append(b, '.')
}

// FuzzPlain compares the two readers on any stream, and on one of plain opcodes.
func FuzzPlain(f *testing.F) {
	for _, c := range semantics {
		if data, err := pickle.Assemble(strings.ReplaceAll(c.program, "; ", "\n")); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		agree(t, data)
		agree(t, spell(data))
	})
}

// Streams that a random writer of plain values makes, half of them with a
// change that no writer makes.
func TestPlainAgrees(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	ops, accepted := plainOps(), 0
	for range 30_000 {
		w := writer{r: r, ops: ops}
		w.value(0)
		data := append(w.out, '.')
		if r.IntN(2) == 0 {
			at := r.IntN(len(w.starts))
			data = append(append(bytes.Clone(data[:w.starts[at]]), ops[r.IntN(len(ops))]...), data[w.starts[at]:]...)
		}
		if agree(t, data) {
			accepted++
		}
	}
	if accepted < 6_000 {
		t.Errorf("only %d streams were accepted, so that little was compared", accepted)
	}
}

// A writer writes values as a pickler does.
type writer struct {
	r      *rand.Rand
	ops    []string
	out    []byte
	starts []int // of opcodes
	memo   int
}

func (w *writer) op(s string) {
	w.starts = append(w.starts, len(w.out))
	w.out = append(w.out, s...)
}

func (w *writer) memoize() {
	if w.r.IntN(2) == 0 {
		w.op("\x94")
		w.memo++
	}
}

func (w *writer) value(depth int) {
	kind := w.r.IntN(10)
	switch {
	case depth > 3 || kind < 3:
		w.op(w.ops[w.r.IntN(46)])
	case kind < 4 && w.memo > 0:
		w.op(fmt.Sprintf("h%c", w.r.IntN(w.memo)))
		return
	case kind < 6: // a dict, in batches
		w.op("}")
		w.memoize()
		for range w.r.IntN(3) {
			w.op("(")
			for range w.r.IntN(4) {
				w.value(3)
				w.value(depth + 1)
			}
			w.op("u")
		}
		return
	case kind < 8:
		w.op("]")
		w.memoize()
		w.op("(")
		for range w.r.IntN(4) {
			w.value(depth + 1)
		}
		w.op("e")
		return
	default:
		w.op("(")
		for range w.r.IntN(3) {
			w.value(depth + 1)
		}
		w.op([]string{"t", "t", "l", "\x91"}[w.r.IntN(4)])
	}
	w.memoize()
}

// What real picklers make of plain values is plain, whatever its protocol.
func TestPlainFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/plain/*.pkl")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !agree(t, data) {
			t.Errorf("%s is not said to be plain", name)
		}
	}
}
