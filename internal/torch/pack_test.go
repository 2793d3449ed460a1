package torch

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/zipfile"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// A survey is all that a reader says of a checkpoint.
type survey struct {
	Tensors []string
	Bad     []Problem
	Outside []Problem
	Claimed []string
	Packed  int
}

func surveyOf(z *Zip) (s survey) {
	r := z.Resolver()
	sym.Reach(func(n *sym.Node) bool {
		v, err := r.TensorOf(n)
		if err == ErrNotTensor {
			return true
		}
		if _, ok := n.Packed(); ok {
			s.Packed++
		}
		text := fmt.Sprint(v.DType, v.Shape, v.Strides, v.Offset, v.RequiresGrad, v.Class, v.Device, v.Conj, v.Neg, len(v.States), err)
		if v.Storage != nil {
			text += fmt.Sprint(v.Storage.Key, v.Storage.Size, v.Storage.BigEndian, v.Storage.Origin)
		}
		s.Tensors = append(s.Tensors, text)
		return false
	}, z.Trace.Root)
	s.Bad, s.Outside = z.Table.Bad, r.Outside(z.Trace)
	for e := range z.Archive.All() {
		if z.Claimed.Has(e) {
			s.Claimed = append(s.Claimed, e.Name)
		}
	}
	return s
}

// both reads an archive with and without packing.
func both(t *testing.T, f *zipfile.File) (whole, packed survey) {
	t.Helper()
	for i, to := range []*survey{&whole, &packed} {
		z, err := ReadZip(f, safeio.Limits{}, sym.Options{Fold: i == 1})
		if err != nil || z.Trace.Root == nil {
			t.Skip("it has no object")
		}
		*to = surveyOf(z)
	}
	return whole, packed
}

// Packed tensors are those that the graph has, in every file that torch wrote.
func TestPackedIsTheSame(t *testing.T) {
	files, err := filepath.Glob("../../testdata/torch/zip-*/*.pt")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	packed := 0
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			in, err := os.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			st, _ := in.Stat()
			f, err := zipfile.Read(in, st.Size(), safeio.Limits{})
			if err != nil {
				t.Skip(err)
			}
			a, b := both(t, f)
			packed += b.Packed
			a.Packed, b.Packed = 0, 0
			if d := cmp.Diff(a, b); d != "" {
				t.Error(d)
			}
		})
	}
	if packed < 100 {
		t.Errorf("only %d tensors were packed, so that little was compared", packed)
	}
}

// What is wrong with a tensor is said, packed or not.
func TestPackedProblems(t *testing.T) {
	first := `GLOBAL "torch._utils" "_rebuild_tensor_v2"; BINPUT 0; MARK; MARK; UNICODE "storage"; GLOBAL "torch" "FloatStorage"; BINPUT 1; UNICODE "0"; UNICODE "cpu"; BININT1 2; TUPLE; BINPERSID; ` +
		strings.Replace(shape, `GLOBAL "collections" "OrderedDict"; `, `GLOBAL "collections" "OrderedDict"; BINPUT 2; `, 1)
	next := `BINGET 0; MARK; MARK; BINUNICODE "storage"; BINGET 1; BINUNICODE "0"; BINUNICODE "cpu"; BININT1 2; TUPLE; BINPERSID; ` + strings.Replace(shape, `GLOBAL "collections" "OrderedDict"`, `BINGET 2`, 1)
	for _, c := range []struct {
		name, old, new string
		packed         int
	}{
		{"nothing", "", "", 2},
		{"another number of elements", `BININT1 2; TUPLE; BINPERSID`, `BININT1 3; TUPLE; BINPERSID`, 1},
		{"another device", `"cpu"`, `"cuda:0"`, 1},
		{"a storage that is not there", `BINUNICODE "0"`, `BINUNICODE "9"`, 1},
		{"a key that is no number", `BINUNICODE "0"`, `BINUNICODE "00"`, 1},
		{"beyond its storage", `BININT1 2; TUPLE1`, `BININT1 3; TUPLE1`, 1},
		{"a meta tensor", `"cpu"`, `"meta"`, 1},
		{"an offset that is none", `BINPERSID; BININT1 0`, `BINPERSID; NONE`, 1},
		{"hooks", `EMPTY_TUPLE; REDUCE; TUPLE`, `EMPTY_TUPLE; REDUCE; NONE; NONE; SETITEM; TUPLE`, 1},
		{"a call among the arguments", `BINPERSID; `, `BINPERSID; POP; GLOBAL "acme" "f"; EMPTY_TUPLE; REDUCE; `, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			odd := strings.Replace(next, c.old, c.new, 1)
			for i, program := range []string{first + next + odd + `TUPLE3; STOP`, first + odd + next + `TUPLE3; STOP`} {
				a, b := both(t, open(t, program).Archive)
				if b.Packed != c.packed {
					t.Errorf("%d: %d tensors are packed, want %d", i, b.Packed, c.packed)
				}
				a.Packed, b.Packed = 0, 0
				for _, s := range []*survey{&a, &b} { // where two mentions differ, each may be the one that is named
					for i := range s.Bad {
						s.Bad[i].Start, s.Bad[i].End = 0, 0
					}
					s.Bad = slices.Compact(s.Bad)
				}
				if d := cmp.Diff(a, b); d != "" {
					t.Errorf("%d: %s", i, d)
				}
			}
		})
	}
}
