//go:build interop

package symbolic_test

import (
	"bufio"
	"bytes"
	gocmp "cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/action/internal/pickle/plain"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// readers names the four answers of testdata/differential.py.
var readers = []string{"C", "C from a file", "Python", "Python from a file"}

// interpreters are the one with the libraries, and a newer one if there is any.
func interpreters() []string {
	out := []string{gocmp.Or(os.Getenv("MODELAUDIT_PYTHON"), "python3")}
	for _, newer := range []string{os.Getenv("MODELAUDIT_PYTHON_NEWEST"), "python3.14", "python3.13"} {
		if newer != "" && exec.Command(newer, "-c", "").Run() == nil {
			return append(out, newer)
		}
	}
	return out
}

// TestDifferential generates pickles, and mutants of generated and of real
// ones, lets CPython load them and holds what it does against our trace: each
// import, call and change, in its order, up to where CPython gives up; and the
// object, where it does not.
//
// It takes some ten seconds; MODELAUDIT_ORACLE_TIME is another duration, and
// MODELAUDIT_ORACLE_SEED another beginning. MODELAUDIT_ORACLE_OUT names a file
// that differences are appended to.
func TestDifferential(t *testing.T) {
	lasts, err := time.ParseDuration(gocmp.Or(os.Getenv("MODELAUDIT_ORACLE_TIME"), "8s"))
	if err != nil {
		t.Fatal(err)
	}
	var seed uint64 = 1
	if s := os.Getenv("MODELAUDIT_ORACLE_SEED"); s != "" {
		_, _ = fmt.Sscan(s, &seed)
	}
	real := realPickles(t)
	for _, interpreter := range interpreters() {
		rng := rand.New(rand.NewPCG(seed, 3))
		o := &oracle{t: t, interpreter: interpreter, excused: map[string]int{}}
		o.decimal = exec.Command(interpreter, "-S", "-c", "import sys; sys.exit(sys.version_info < (3, 14))").Run() == nil
		for end := time.Now().Add(lasts); o.streams == 0 || time.Now().Before(end) && o.bad < 200; {
			var batch [][]byte
			for range 500 {
				batch = append(batch, sample(rng, real))
			}
			o.compare(batch)
		}
		o.stop()
		t.Logf("%s: %d streams, %d loaded to their end, %d plain, %d lost, %d actions, %d differences, excused %v", interpreter, o.streams, o.whole, o.plain, o.lost, o.actions, o.bad, o.excused)
		if o.whole < o.streams/10 || o.actions < o.streams || o.lost > o.streams/100 {
			t.Error("too few streams stay alive: the test shows nothing")
		}
	}
}

func sample(rng *rand.Rand, real [][]byte) []byte {
	switch rng.IntN(5) {
	case 0, 1:
		return generate(rng)
	case 2, 3:
		return mutate(rng, generate(rng))
	}
	return mutate(rng, real[rng.IntN(len(real))])
}

// realPickles are those of testdata that are not too long.
func realPickles(t *testing.T) (out [][]byte) {
	paths, _ := filepath.Glob("../../../testdata/pickle/*/*.pkl")
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) < 20_000 {
			out = append(out, data)
		}
	}
	if len(out) < 10 {
		t.Fatalf("%d real pickles", len(out))
	}
	return out
}

// An oracle is a process that runs testdata/differential.py.
type oracle struct {
	t           *testing.T
	interpreter string
	decimal     bool // it is Python 3.14, or newer
	cmd         *exec.Cmd
	in          io.WriteCloser
	out         *bufio.Reader

	streams, whole, plain, lost, actions, bad int
	excused                                   map[string]int
}

func (o *oracle) start() {
	o.cmd = exec.Command(o.interpreter, "-S", "testdata/differential.py")
	o.cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONHASHSEED=0")
	var err error
	if o.in, err = o.cmd.StdinPipe(); err != nil {
		o.t.Fatal(err)
	}
	pipe, err := o.cmd.StdoutPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	o.out = bufio.NewReaderSize(pipe, 1<<20)
	if err := o.cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
}

func (o *oracle) stop() {
	if o.cmd != nil {
		_ = o.in.Close()
		_ = o.cmd.Wait()
	}
	o.cmd = nil
}

// compare asks about each stream. If the process ends before its answer, the
// stream is lost: it took too much time or memory.
func (o *oracle) compare(batch [][]byte) {
	for len(batch) > 0 {
		if o.cmd == nil {
			o.start()
		}
		go func(in io.Writer, batch [][]byte) {
			for _, s := range batch {
				if _, err := fmt.Fprintln(in, hex.EncodeToString(s)); err != nil {
					return
				}
			}
		}(o.in, slices.Clone(batch))
		for len(batch) > 0 {
			line, err := o.out.ReadBytes('\n')
			if err != nil {
				o.stop()
				if o.lost++; o.lost > 20+o.streams/50 {
					o.t.Fatalf("%s ends without an answer for %d of %d streams", o.interpreter, o.lost, o.streams)
				}
				batch = batch[1:]
				break
			}
			var answers []*spelling
			if err := json.Unmarshal(line, &answers); err != nil || len(answers) != len(readers) {
				o.t.Fatalf("%v: %s", err, line)
			}
			o.judge(batch[0], answers)
			batch = batch[1:]
		}
	}
}

func (o *oracle) judge(stream []byte, answers []*spelling) {
	o.streams++
	if _, ok := plain.Read(bytes.NewReader(stream), 0, int64(len(stream)), plain.Options{}); ok {
		o.plain++
	}
	got := spell(stream, sym.Options{})
	if len(answers[0].Roots) > 0 {
		o.whole++
	}
	o.actions += len(answers[0].Log)
	if got.limit {
		return
	}
	if msg := plainDifference(stream, answers); msg != "" {
		o.bad++
		o.t.Errorf("%s: %s\n%q", filepath.Base(o.interpreter), msg, stream)
		o.keep(0, stream, msg)
	}
	for i, want := range answers {
		if want == nil {
			want = answers[0]
		}
		got, msg := closest(i, stream, want, &got)
		if msg == "" {
			continue
		}
		why := excuse(i, want, got)
		if got.odd && o.decimal {
			why = "Python 3.14 reads a number in base 10, and those before it by its first digits"
		}
		if why != "" {
			o.excused[why]++
			continue
		}
		o.bad++
		o.t.Errorf("%s %s: %s\n%q\nCPython %q %v %s\nwe      %q %v %s", filepath.Base(o.interpreter), readers[i], msg, stream, want.Log, want.Roots, want.Error, got.Log, got.Roots, got.Error)
		o.keep(i, stream, msg)
		return
	}
}

// closest returns the reading of ours that is meant for a reader, and in what
// it is less than the reader's: one that can look ahead in its file drops
// nothing as long as a frame is no longer than what it sees.
func closest(reader int, stream []byte, want, plain *spelling) (got *spelling, msg string) {
	switch {
	case reader >= 2:
		got := spell(stream, sym.Options{Python: true})
		return &got, difference(want, &got)
	case !plain.torn:
		return plain, difference(want, plain)
	}
	if reader == 1 {
		if msg := difference(want, plain); msg == "" {
			return plain, ""
		}
	}
	drops := spell(stream, sym.Options{Drops: true})
	drops.torn, drops.left = reader == 1, plain.left
	return &drops, difference(want, &drops)
}

func (o *oracle) keep(reader int, stream []byte, msg string) {
	if path := os.Getenv("MODELAUDIT_ORACLE_OUT"); path != "" {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
		if err != nil {
			o.t.Fatal(err)
		}
		defer f.Close()
		fmt.Fprintf(f, "%s\t%s\t%x\t%s\n", o.interpreter, readers[reader], stream, msg)
	}
}

// plainDifference holds a stream that is taken for plain values against those
// who make them: all load it, and nothing happens.
func plainDifference(stream []byte, answers []*spelling) string {
	end := int64(len(stream))
	s, ok := plain.Read(bytes.NewReader(stream), 0, end, plain.Options{})
	if !ok {
		return ""
	}
	tr := sym.Run(bytes.NewReader(stream), 0, end, sym.Options{})
	if tr.Failure != nil || len(tr.Events) > 0 || tr.End != s.End || (tr.Memo.Len() > 0) != (s.Memo > 0) || int64(tr.Gets) != s.Gets {
		return fmt.Sprintf("taken for plain values: %+v, but %d events, %v, end %d, memo %d, %d gets", s, len(tr.Events), tr.Failure, tr.End, tr.Memo.Len(), tr.Gets)
	}
	for i, a := range answers {
		if a != nil && len(a.Roots) == 0 && a.Error != "UnicodeDecodeError" { // other encodings take a text of Python 2
			return "taken for plain values, but " + readers[i] + " fails: " + a.Error
		}
	}
	return ""
}

// difference says in what our reading is less than theirs.
func difference(want, got *spelling) string {
	for i, w := range want.Log {
		if i >= len(got.Log) {
			return fmt.Sprintf("action %d, %q, is not seen", i, w)
		}
		g := got.Log[i]
		if w[0] != g[0] || !got.loose && w[1] != g[1] {
			return fmt.Sprintf("action %d is %q, not %q", i, w, g)
		}
	}
	for i, w := range want.Roots {
		if i >= len(got.Roots) {
			return fmt.Sprintf("stream %d is not read to its end: %s", i, got.Error)
		}
		if !got.loose && w != got.Roots[i] {
			return fmt.Sprintf("object %d differs", i)
		}
	}
	return ""
}

// excuse names the way in which a difference is known to be a finding in any
// case, "" if it is none of them.
func excuse(reader int, want, got *spelling) string {
	python := reader >= 2
	switch {
	case got.torn && reader == 1:
		return "a file with a buffer shorter than a frame, and longer than another"
	case strings.Contains(got.Error, "unhashable"):
		return "an object takes a key, or is one, that we take for one that cannot be hashed"
	case !python && got.left:
		return "an Unpickler goes on in a frame in which the last pickle has stopped"
	case python && slices.ContainsFunc(want.Log, func(l [2]string) bool { return l[0] == "import ." }):
		return "the Python unpickler imports the empty name, and fails"
	case python && strings.Contains(got.Error, "odd number of items for SETITEMS"):
		return "the Python unpickler sets the first items of an odd number"
	case python && strings.Contains(got.Error, "INST: no MARK"):
		return "the Python unpickler imports before it looks for the mark"
	case python && strings.Contains(got.Error, "input ends before the line's"):
		return "the Python unpickler takes an empty line at the end of the file"
	}
	return ""
}
