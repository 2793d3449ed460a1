// Package convertertest is the conformance suite that every converter passes:
// the same tensors, the same bytes when run twice, a result that is clean, an
// error wherever a read or a write fails, and a refusal of what cannot be kept.
package convertertest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/scan"
	"github.com/modelaudit/action/internal/tree"
)

var errInjected = errors.New("the disk has a scratch")

// Run runs the suite for the converter to a target that takes any checkpoint.
func Run(t *testing.T, target string) {
	t.Helper()
	run(t, target, checkpoint)
}

// RunKeras runs the suite for the converter to a target that takes what was made from
// a file of Keras: in its older form, or in that of Keras 3.
func RunKeras(t *testing.T, target string, legacy bool) {
	t.Helper()
	run(t, target, func(read func() error) *tree.Tree { return kerasModel(read, legacy) })
}

// A sampler makes a tree, each of whose reads asks first.
type sampler func(read func() error) *tree.Tree

func run(t *testing.T, target string, sample sampler) {
	t.Helper()
	to, err := converters.Lookup(target)
	if err != nil {
		t.Fatal(err)
	}
	never := func() error { return nil }
	t.Run("the same tensors, in a clean file", func(t *testing.T) { sameTensors(t, to, sample(never)) })
	t.Run("the same bytes", func(t *testing.T) {
		if a, b := convert(t, to, sample(never)), convert(t, to, sample(never)); !bytes.Equal(a, b) {
			t.Error("two runs give other bytes")
		}
		part := plan(t, to, sample(never))
		var a, b bytes.Buffer
		if _, err := part.WriteTo(&a); err != nil {
			t.Fatal(err)
		}
		if _, err := part.WriteTo(&b); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("a part gives other bytes when it is written again: %v", err)
		}
	})
	t.Run("every read may fail", func(t *testing.T) { everyRead(t, to, sample) })
	t.Run("every write may fail", func(t *testing.T) { everyWrite(t, to, sample) })
	t.Run("refusals", func(t *testing.T) { refusals(t, to, sample) })
}

// plan lays the sample out in one file.
func plan(t *testing.T, to converters.Converter, from *tree.Tree) *converters.Part {
	t.Helper()
	parts, err := to.Plan(from, converters.Options{To: to.Target, SingleFile: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) != 1 {
		t.Fatalf("%d files", len(parts))
	}
	return &parts[0]
}

// convert gives the one file, which has the size that was announced.
func convert(t *testing.T, to converters.Converter, from *tree.Tree) []byte {
	t.Helper()
	part := plan(t, to, from)
	var b bytes.Buffer
	if n, err := part.WriteTo(&b); err != nil || n != part.Size || int64(b.Len()) != n {
		t.Fatalf("%d bytes written, %d told, %d announced: %v", b.Len(), n, part.Size, err)
	}
	return b.Bytes()
}

// sameTensors reads the result back as a stranger.
func sameTensors(t *testing.T, to converters.Converter, from *tree.Tree) {
	data := convert(t, to, from)
	res := scan.Scan(t.Context(), bytes.NewReader(data), int64(len(data)), "result"+to.Ext, scan.Options{})
	if res.Artifact.Verdict != audit.VerdictClean || res.Model == nil {
		t.Fatalf("%s: %+v %+v", res.Artifact.Verdict, res.Artifact.Findings, res.Artifact.Coverage)
	}
	got, err := res.Model.Tree()
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]*tree.Named{}
	for i := range got.Tensors {
		there[got.Tensors[i].Name] = &got.Tensors[i]
	}
	if len(there) != len(from.Tensors) {
		t.Errorf("%d tensors became %d", len(from.Tensors), len(there))
	}
	for i := range from.Tensors {
		want := &from.Tensors[i]
		name := tree.Name(want.Path)
		n := there[name]
		if n == nil {
			t.Errorf("%q is lost", name)
			continue
		}
		var a, b bytes.Buffer
		if _, err := want.WriteTo(&a); err != nil {
			t.Fatal(err)
		}
		if _, err := n.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		if n.DType != want.DType || fmt.Sprint(n.Shape) != fmt.Sprint(want.Shape) || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%q: %s %v %x became %s %v %x", name, want.DType, want.Shape, a.Bytes(), n.DType, n.Shape, b.Bytes())
		}
	}
	for _, p := range from.Root.Pairs {
		if name, _ := p[0].Plain.(string); p[1].Tag == "" && value(got.Root, name) != p[1].Plain {
			t.Errorf("%s: %v became %v", name, p[1].Plain, value(got.Root, name))
		}
	}
}

func value(root *tree.Value, name string) any {
	for _, p := range root.Pairs {
		if p[0].Plain == name {
			return p[1].Plain
		}
	}
	return "missing"
}

// everyRead lets each read of the source fail in turn.
func everyRead(t *testing.T, to converters.Converter, sample sampler) {
	for n, failed := 0, true; failed; n++ {
		reads := 0
		failed = false
		part := plan(t, to, sample(func() error {
			reads++
			if failed = failed || reads == n+1; reads == n+1 {
				return errInjected
			}
			return nil
		}))
		if _, err := part.WriteTo(io.Discard); failed != errors.Is(err, errInjected) {
			t.Fatalf("read %d fails: %v", n, err)
		}
		if n > 10_000 {
			t.Fatal("no end of reads")
		}
	}
}

// A failing writer takes so many writes.
type failing struct{ left int }

// Write implements io.Writer.
func (f *failing) Write(p []byte) (int, error) {
	if f.left--; f.left < 0 {
		return len(p) / 2, errInjected
	}
	return len(p), nil
}

// everyWrite lets each write of the result fail in turn.
func everyWrite(t *testing.T, to converters.Converter, sample sampler) {
	for n := 0; ; n++ {
		w := &failing{n}
		_, err := plan(t, to, sample(func() error { return nil })).WriteTo(w)
		if w.left >= 0 && err == nil {
			return // all were made
		}
		if !errors.Is(err, errInjected) || n > 10_000 {
			t.Fatalf("write %d fails: %v", n, err)
		}
	}
}

// refusals gives trees that cannot be kept whole.
func refusals(t *testing.T, to converters.Converter, sample sampler) {
	never := func() error { return nil }
	for _, c := range []struct {
		name string
		from func() *tree.Tree
		want string // "" if it may also be kept
	}{
		{"a tensor that may not be trusted", func() *tree.Tree {
			s := sample(never)
			s.Refused = append(s.Refused, tree.Missing{Path: "w", Reason: "made by acme.f", Pos: 16})
			return s
		}, "w: made by acme.f (offset 0x10)"},
		{"no tensor", func() *tree.Tree { return &tree.Tree{Root: dict("epoch", int64(1))} }, "no tensor in it"},
		{"nested very deeply", func() *tree.Tree { return nested(5000) }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := to.Plan(c.from(), converters.Options{To: to.Target})
			var refusal *converters.Refusal
			if err != nil && !errors.As(err, &refusal) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
