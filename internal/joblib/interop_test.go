//go:build interop

package joblib

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// An observation is what joblib did with a file (testdata/observe.py).
type observation struct {
	File     string
	Globals  []string
	Arrays   [][4]any
	Siblings []string
	Error    string
}

// observe loads files with the joblib of an interpreter.
func observe(t *testing.T, variable string, files map[string][]byte) map[string]observation {
	t.Helper()
	python := os.Getenv(variable)
	if python == "" {
		t.Fatalf("%s names no interpreter", variable)
	}
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(python, "testdata/observe.py", dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]observation{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var o observation
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		seen[o.File] = o
	}
	if len(seen) != len(files) {
		t.Fatalf("%d of %d files were loaded", len(seen), len(files))
	}
	return seen
}

// ours is what we say that a loader does, in the order in which it does it.
func ours(data []byte, l Loader) (s *Stream, globals []string, arrays [][4]any) {
	s = Read(bytes.NewReader(data), 0, int64(len(data)), Options{Loader: l})
	next := 0
	add := func(tr *sym.Trace) {
		for _, e := range tr.Events {
			if e.Kind == sym.EventImport {
				globals = append(globals, e.Node.Raw())
			}
		}
	}
	for _, e := range s.Trace.Events {
		if e.Kind == sym.EventImport {
			globals = append(globals, e.Node.Raw())
		}
		if e.Kind != sym.EventBuild || next == len(s.Arrays) || s.Arrays[next].At != e.End {
			continue
		}
		a := s.Arrays[next]
		next++
		arrays = append(arrays, [4]any{string(a.Element.Kind), float64(a.Element.Size), float64(a.Offset), float64(a.Offset + a.Length)})
		if a.Element.Object {
			add(sym.Run(bytes.NewReader(data), a.Offset, a.Offset+a.Length, sym.Options{Python: true}))
		}
	}
	return s, globals, arrays
}

// compare demands that all that joblib did is what we say, in that order. We
// may say more, for joblib may give up earlier; we may say less only if we say
// that we did not read on.
func compare(t *testing.T, name string, data []byte, l Loader, o observation) {
	t.Helper()
	s, globals, arrays := ours(data, l)
	stopped := s.Trace.Failure != nil
	bad := func(what string, theirs, ours any) {
		t.Errorf("%s: %s\njoblib %v (%s)\nours   %v (%v)\n%q", name, what, theirs, o.Error, ours, s.Trace.Failure, data)
	}
	if n := min(len(globals), len(o.Globals)); !slices.Equal(globals[:n], o.Globals[:n]) || n < len(o.Globals) && !stopped {
		bad("globals", o.Globals, globals)
	}
	if n := min(len(arrays), len(o.Arrays)); !slices.Equal(arrays[:n], o.Arrays[:n]) || n < len(o.Arrays) && !stopped {
		bad("arrays", o.Arrays, arrays)
	}
	if len(o.Siblings) > len(s.Siblings) && !stopped {
		bad("siblings", o.Siblings, s.Siblings)
	}
	if o.Error == "" && !stopped && (len(globals) != len(o.Globals) || len(arrays) != len(o.Arrays)) {
		bad("joblib loads it, and does less", o.Globals, globals)
	}
}

// mutate damages a file in one place, seldom in an array's bytes.
func mutate(r *rand.Rand, data []byte) []byte {
	out := slices.Clone(data)
	at := r.IntN(len(out))
	switch r.IntN(6) {
	case 0:
		out[at] ^= 1 << r.IntN(8)
	case 1:
		out[at] = byte(r.IntN(256))
	case 2:
		out = slices.Delete(out, at, min(len(out), at+1+r.IntN(4)))
	case 3:
		out = slices.Insert(out, at, out[at:min(len(out), at+1+r.IntN(8))]...)
	case 4:
		out[at] += byte(r.IntN(3)) - 1
	case 5:
		// The bytes that decide are those of wrappers.
		if i := bytes.Index(out[at:], []byte("numpy_array_alignment_bytes")); i >= 0 {
			at += i
		}
		for range 3 {
			out[min(len(out)-1, at+20+r.IntN(40))] ^= byte(1 + r.IntN(31))
		}
	}
	return out
}

// framed makes a stream whose frames end anywhere: what an array's bytes follow
// is the frame, and the rest of the frame comes after them.
func framed(t *testing.T, r *rand.Rand) []byte {
	t.Helper()
	var out, frame, raw []byte
	out = append(out, "\x80\x04"...)
	flush := func() {
		if len(frame) > 0 {
			out = append(binary.LittleEndian.AppendUint64(append(out, 0x95), uint64(len(frame))), frame...)
		}
		out = append(out, raw...)
		frame, raw = nil, nil
	}
	op := func(text string) {
		data, err := pickle.Assemble(strings.ReplaceAll(text, "; ", "\n"))
		if err != nil {
			t.Fatal(err)
		}
		frame = append(frame, data...)
	}
	op("MARK")
	for n := range 3 + r.IntN(8) {
		switch r.IntN(4) {
		case 0:
			op(fmt.Sprintf(`GLOBAL "seen" "n%d"`, n))
		case 1:
			op(fmt.Sprintf(`GLOBAL "seen" "c%d"; EMPTY_TUPLE; REDUCE`, n))
		case 2:
			dtype, more := "u1", ""
			size := r.IntN(5)
			bytes := []byte(strings.Repeat("N", size))
			if r.IntN(3) == 0 {
				more = `UNICODE "numpy_array_alignment_bytes"; BININT1 16; SETITEM; `
				pad := r.IntN(20)
				bytes = append([]byte{byte(pad)}, append([]byte(strings.Repeat("\xff", pad)), bytes...)...)
			}
			if r.IntN(3) == 0 {
				dtype, more = "O8", ""
				bytes = []byte(fmt.Sprintf("\x80\x04cseen\nnested%d\n.", n))
				if r.IntN(2) == 0 {
					left := r.IntN(3)
					bytes = append(binary.LittleEndian.AppendUint64([]byte("\x80\x04\x95"), uint64(2+left)), "N."+strings.Repeat("N", left)...)
				}
			}
			raw = append(raw, bytes...)
			op(`GLOBAL "joblib.numpy_pickle" "NumpyArrayWrapper"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "dtype"; GLOBAL "numpy" "dtype"; UNICODE "` + dtype +
				`"; BININT1 0; BININT1 1; TUPLE3; REDUCE; SETITEM; UNICODE "shape"; BININT1 ` + fmt.Sprint(size) + `; TUPLE1; SETITEM; UNICODE "order"; UNICODE "C"; SETITEM; ` +
				`UNICODE "subclass"; GLOBAL "numpy" "ndarray"; SETITEM; ` + more + `BUILD`)
			if r.IntN(3) > 0 {
				flush()
			}
		case 3:
			flush()
		}
	}
	op("TUPLE; STOP")
	flush()
	return out
}

// TestJoblib compares with the real joblib: on files of every version, on the
// same with damage, and on streams that no version writes.
func TestJoblib(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	files := map[string][]byte{}
	paths, err := filepath.Glob("../../testdata/joblib/*/*[s024 5].joblib")
	if err != nil || len(paths) < 30 {
		t.Fatal(len(paths), err)
	}
	for i, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		data, ok := content(t, raw)
		if !ok || strings.Contains(path, "sklearn") {
			continue
		}
		files[fmt.Sprintf("real-%03d", i)] = data
		for n := range 12 {
			files[fmt.Sprintf("damaged-%03d-%02d", i, n)] = mutate(r, data)
		}
	}
	for n := range 250 {
		files[fmt.Sprintf("framed-%03d", n)] = framed(t, r)
	}
	for variable, loader := range map[string]Loader{"MODELAUDIT_PYTHON": Current, "MODELAUDIT_PYTHON_OLD": Before1_2} {
		t.Run(variable, func(t *testing.T) {
			loaded := 0
			for name, o := range observe(t, variable, files) {
				if o.Error == "" {
					loaded++
				}
				compare(t, name, files[name], loader, o)
			}
			if loaded < len(files)/10 {
				t.Errorf("joblib loads %d of %d files", loaded, len(files))
			}
			t.Logf("joblib loads %d of %d files", loaded, len(files))
		})
	}
}
