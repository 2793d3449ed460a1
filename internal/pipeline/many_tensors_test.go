package pipeline

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/modelaudit/action/converters"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/torch"
	"github.com/modelaudit/action/internal/tree"
	"github.com/modelaudit/action/internal/zipfile"
)

// manyStream is a pickle of n tensors of two floats with a storage each, as
// torch.save writes them: a dict, or one below "state_dict" beside an epoch.
func manyStream(n int, wrapped bool) []byte {
	var b strings.Builder
	text := func(s string) string { return "X" + string([]byte{byte(len(s)), 0, 0, 0}) + s }
	memo := 0
	put := func() string {
		memo++
		return "r" + string([]byte{byte(memo - 1), byte((memo - 1) >> 8), byte((memo - 1) >> 16), 0})
	}
	b.WriteString("\x80\x02ctorch._utils\n_rebuild_tensor_v2\n" + put() + "ctorch\nFloatStorage\n" + put() + "ccollections\nOrderedDict\n" + put() + text("cpu") + put() + text("storage") + put() + "00000")
	if wrapped {
		b.WriteString("}" + put() + "(" + text("state_dict") + put())
	}
	b.WriteString("}" + put() + "(")
	for i := range n {
		if i%1000 == 999 {
			b.WriteString("u(")
		}
		grad := "\x89"
		if i%7 == 0 {
			grad = "\x88"
		}
		b.WriteString(text(fmt.Sprintf("layer.%d.w", i)) + put() + "h\x00((h\x04h\x01" + text(fmt.Sprint(i)) + put() + "h\x03K\x02t" + put() + "Q")
		b.WriteString("K\x00K\x02\x85" + put() + "K\x01\x85" + put() + grad + "h\x02)R" + put() + "t" + put() + "R" + put())
	}
	b.WriteString("u")
	if wrapped {
		b.WriteString(text("epoch") + "K\x03u")
	}
	return []byte(b.String() + ".")
}

// manyArchive is a checkpoint of such a pickle.
func manyArchive(t testing.TB, n int, wrapped bool) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	add := func(name string, data []byte) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: "m/" + name})
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add("data.pkl", manyStream(n, wrapped))
	add("byteorder", []byte("little"))
	for i := range n {
		add(fmt.Sprintf("data/%d", i), []byte{byte(i), byte(i >> 8), 1, 2, 3, 4, 5, 6})
	}
	add("version", []byte("3\n"))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// auditedKept audits such a checkpoint, whose tree then has Many as if there were a million.
func auditedKept(t *testing.T, data []byte) *Audited {
	t.Helper()
	a := audited(t, "many.pt", data)
	f, err := zipfile.Read(bytes.NewReader(data), int64(len(data)), safeio.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	z, err := torch.ReadZip(f, safeio.Limits{}, sym.Options{MaxBytes: 2 << 20, Keep: 64 << 20})
	if err != nil || z.Trace.Kept == 0 {
		t.Fatal("nothing is kept", err)
	}
	no := func(*sym.Node) bool { return false }
	a.Model.Build = func() (*tree.Tree, error) {
		return tree.Build(tree.Input{Root: z.Trace.Root, Data: z.Data, Size: z.Size, Record: "data.pkl", Tensors: z.Resolver(), Unsafe: no, Carries: no, Kept: z.Trace.Kept})
	}
	return a
}

const manyCount = 6000

// A conversion gives the same file whether the tensors were made all at once or
// one by one.
func TestManyTensorsGiveTheSameFile(t *testing.T) {
	for _, wrapped := range []bool{false, true} {
		data := manyArchive(t, manyCount, wrapped)
		var files [2][]byte
		var trees [2][]byte
		for i, a := range []*Audited{audited(t, "many.pt", data), auditedKept(t, data)} {
			got, err := a.Model.Tree()
			if err != nil || (len(got.Many) > 0) != (i == 1) {
				t.Fatal("the tree has many tensors:", len(got.Many), err)
			}
			trees[i], _ = json.Marshal(got.Root)
			conv, err := Convert(t.Context(), a, ConvertOptions{Dir: t.TempDir(), Perm: 0o600})
			if err != nil {
				t.Fatal(err)
			}
			if conv.Tensors != manyCount || conv.TensorBytes != 8*manyCount || len(conv.Candidates) != 1 {
				t.Errorf("%d tensors of %d bytes in %d files", conv.Tensors, conv.TensorBytes, len(conv.Candidates))
			}
			c := conv.Candidates[0]
			if files[i], err = io.ReadAll(io.NewSectionReader(c.File, 0, c.Size)); err != nil || c.Proof.Tensors != manyCount || c.Proof.BytesCompared != 8*manyCount {
				t.Error(err, c.Proof)
			}
			if err := conv.Discard(); err != nil {
				t.Error(err)
			}
		}
		if !bytes.Equal(trees[0], trees[1]) {
			t.Error("the trees differ")
		}
		if !bytes.Equal(files[0], files[1]) {
			t.Error("the files differ")
		}
	}
}

// What is asked of single tensors, and other targets, are refused of very many.
func TestManyTensorsAreConvertedAsTheyAre(t *testing.T) {
	a := auditedKept(t, manyArchive(t, manyCount, false))
	for name, opt := range map[string]converters.Options{
		"another target": {To: "pytorch"},
		"a choice":       {Exclude: []string{"layer.1.*"}},
		"a rename":       {Renames: []converters.Rename{{Old: "layer.1.w", New: "x"}}},
		"rounding":       {DType: tensor.F16},
		"shards":         {MaxShardSize: 100},
	} {
		_, err := Plan(a, opt)
		var refused *converters.Refusal
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), "so many tensors") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A lyingList says something else of very many tensors than the source has.
type lyingList struct {
	tensor.List
	of func(i int) (*tree.Many, int)
	at func(i int) tensor.Tensor
	n  int
}

func (l lyingList) Len() int                         { return l.n }
func (l lyingList) Many(i int) (*tree.Many, int)     { return l.of(i) }
func (l lyingList) At(i int) tensor.Tensor           { return l.at(i) }
func (l lyingList) swapped(i int) (*tree.Many, int)  { return l.of(i ^ 1) }
func (l lyingList) repeated(i int) (*tree.Many, int) { return l.of(min(i, l.n-2)) }

func TestAccountOfManyTensors(t *testing.T) {
	a := auditedKept(t, manyArchive(t, manyCount, false))
	for _, tt := range []struct {
		name string
		lie  func(*lyingList)
		want string // "" means that all is well
	}{
		{"honest", func(*lyingList) {}, ""},
		{"lost", func(l *lyingList) { l.n-- }, "1 tensors of the source are in no file"},
		{"swapped", func(l *lyingList) { l.of = lyingList{of: l.of}.swapped }, "is not what the source has"},
		{"twice", func(l *lyingList) {
			l.of, l.at = lyingList{of: l.of, n: l.n}.repeated, func(i int) tensor.Tensor { return l.List.At(min(i, l.n-2)) }
		}, "is not what the source has"},
		{"renamed", func(l *lyingList) {
			l.at = func(i int) tensor.Tensor {
				x := l.List.At(i)
				x.Name = fmt.Sprint(i)
				return x
			}
		}, "is not the name"},
		{"another view", func(l *lyingList) {
			l.at = func(i int) tensor.Tensor {
				x := l.List.At(i)
				x.Strides = []int64{0}
				return x
			}
		}, "is not what the source has"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := Plan(a, converters.Options{SourceSHA256: digestPlace})
			if err != nil {
				t.Fatal(err)
			}
			list := plan.Parts[0].Tensors
			l := &lyingList{List: list, of: list.(interface {
				Many(i int) (*tree.Many, int)
			}).Many, at: list.At, n: list.Len()}
			tt.lie(l)
			plan.Parts[0].Tensors = *l
			sum, err := newAccount(plan)
			if err == nil {
				err = sum.check(converters.Options{})
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
