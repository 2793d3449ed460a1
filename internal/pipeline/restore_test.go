package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/safetensors"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// fixtures are all files of real libraries that hold a checkpoint.
func fixtures(t *testing.T) (files []string) {
	t.Helper()
	root := filepath.Join("..", "..", "testdata")
	for _, dir := range []string{"torch", "pickle"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if ext := filepath.Ext(path); err == nil && (ext == ".pt" || ext == ".pkl") {
				rel, _ := filepath.Rel(root, path)
				files = append(files, filepath.ToSlash(rel))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// converted converts a fixture in memory: name -> content. It is nil if the
// fixture is refused.
func converted(t *testing.T, file string, opt converters.Options) (map[string][]byte, *tree.Tree) {
	t.Helper()
	return convertedBytes(t, file, testdata(t, file), opt)
}

func convertedBytes(t *testing.T, file string, data []byte, opt converters.Options) (map[string][]byte, *tree.Tree) {
	t.Helper()
	a := audited(t, file, data)
	opt.TreeFile = "x.tree.json"
	plan, err := Plan(a, opt)
	if err != nil {
		return nil, nil
	}
	out := map[string][]byte{}
	for i := range plan.Parts {
		var b bytes.Buffer
		if _, err := plan.Parts[i].WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		out[RoleName("x.safetensors", plan.Parts[i].Role)] = b.Bytes()
	}
	return out, plan.Tree
}

// again audits one of the files, beside which the others stand.
func again(t *testing.T, files map[string][]byte, name string) *Audited {
	t.Helper()
	a, err := new(Auditor).Audit(t.Context(), Source{Path: name, R: bytes.NewReader(files[name]), Size: int64(len(files[name])),
		Beside: func(name string) (io.ReaderAt, int64, error) {
			data, ok := files[name]
			if !ok {
				return nil, 0, fs.ErrNotExist
			}
			return bytes.NewReader(data), int64(len(data)), nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// What a conversion wrote is read back as the tree that it was made from: every
// value, and every tensor at every path with its dtype, shape and bytes.
func TestRestore(t *testing.T) {
	done := 0
	for _, file := range fixtures(t) {
		for name, opt := range map[string]converters.Options{"full": {}, "alias": {TiedAlias: true}, "single": {SingleFile: true}} {
			files, want := converted(t, file, opt)
			if files == nil {
				continue
			}
			done++
			t.Run(file+"/"+name, func(t *testing.T) {
				got, err := again(t, files, "x.safetensors").Model.Tree()
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(text(t, want), text(t, got)); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff(contents(t, want), contents(t, got)); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
	if done < 100 {
		t.Errorf("%d conversions were read back", done)
	}
}

func text(t *testing.T, from *tree.Tree) string {
	t.Helper()
	b, err := json.Marshal(from.Root)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

type content struct {
	DType tensor.DType
	Shape []int64
	Grad  bool
	Class string
	Numpy bool
	Bytes string
}

// contents are the tensors of a tree by path.
func contents(t *testing.T, from *tree.Tree) map[string]content {
	t.Helper()
	out := map[string]content{}
	for i := range from.Tensors {
		n := &from.Tensors[i]
		var b strings.Builder
		if _, err := n.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		out[pathKey(n.Path)] = content{n.DType, append([]int64{}, n.Shape...), n.RequiresGrad, n.Class, n.Numpy, b.String()}
	}
	return out
}

// Without the file beside it, what is there is converted only if that is asked for.
func TestRestoreWithoutState(t *testing.T) {
	files, _ := converted(t, "torch/zip-2.15/checkpoint_sgd.pt", converters.Options{})
	state := Source{Path: "x.state.safetensors", R: bytes.NewReader(files["x.state.safetensors"]), Size: int64(len(files["x.state.safetensors"]))}
	beside := again(t, files, "x.safetensors").Source.Beside
	if state.Beside = beside; !PartOfAnother(state) {
		t.Error("the state beside its weights is taken for a model of its own")
	}
	if state.Beside = func(string) (io.ReaderAt, int64, error) { return nil, 0, fs.ErrNotExist }; PartOfAnother(state) {
		t.Error("the state alone is taken for a part")
	}
	delete(files, "x.state.safetensors")
	got, err := again(t, files, "x.safetensors").Model.Tree()
	if err != nil || len(got.Refused) == 0 || !got.Refused[0].Elsewhere || len(got.Tensors) == 0 {
		t.Fatalf("%+v, %v", got, err)
	}
}

// A file of another program is a dict of its tensors, and keeps its metadata.
func TestRestoreForeign(t *testing.T) {
	plan, err := safetensors.Layout([]safetensors.Tensor{
		{Name: "b.w", DType: tensor.U8, Shape: []int64{2}, Data: strings.NewReader("xy")},
		{Name: "a", DType: tensor.F32, Shape: []int64{}, Data: strings.NewReader("\x00\x00\x80\x3f")},
	}, []safetensors.KeyValue{{Key: "format", Value: "pt"}, {Key: "tied", Value: "a"}, {Key: "step", Value: "7"}})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if _, err := plan.WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	got, err := again(t, map[string][]byte{"x.safetensors": file.Bytes()}, "x.safetensors").Model.Tree()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"ordered":[["a",{"tensor":"a"}],["b.w",{"tensor":"b.w"}],["tied",{"tensor":"tied"}]],"attributes":[["metadata",{"dict":[["format","pt"],["step","7"]]}]]}`
	if diff := cmp.Diff(want, text(t, got)); diff != "" {
		t.Error(diff)
	}
	if c := contents(t, got)[`"tied",false;`]; c.DType != tensor.F32 || c.Bytes != "\x00\x00\x80\x3f" {
		t.Errorf("%+v", c)
	}
}

// A tree that says of the file what it does not hold is refused, with the reason.
func TestRestoreRefusesLies(t *testing.T) {
	files, _ := converted(t, "torch/zip-2.15/nested.pt", converters.Options{})
	exotic, _ := converted(t, "pickle/numpy-2.4/exotic-p4.pkl", converters.Options{})
	for _, c := range []struct {
		name     string
		from     map[string][]byte
		was, is  string // of one length
		contains string
	}{
		{"a name that is not in the file", files, `\"tensor\":\"w\"`, `\"tensor\":\"v\"`, `the tree has tensor "v", the file has none`},
		{"a tensor that the tree does not know", files, `{\"tensor\":\"w\"}`, `null` + strings.Repeat(" ", len(`{\"tensor\":\"w\"}`)-4), "does not know tensor"},
		{"a reference to nothing", files, `{\"dict\":[]}`, `{\"ref\":777}`, "no container with the id"},
		{"another type", exotic, `\"dtype\":\"complex128\"`, `\"dtype\":\"complex32 \"`, "the tree says that it is"},
		{"another schema", files, `"modelaudit.schema":"1"`, `"modelaudit.schema":"2"`, "modelaudit.schema is"},
		{"a key twice", files, `[\"yes\",true],[\"no\",false]`, `[\"yes\",true],[\"yes\",null]`, "twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			lie := maps.Clone(c.from)
			lie["x.safetensors"] = bytes.Replace(c.from["x.safetensors"], []byte(c.was), []byte(c.is), 1)
			if bytes.Equal(lie["x.safetensors"], c.from["x.safetensors"]) {
				t.Fatalf("no %s in the file", c.was)
			}
			_, err := Plan(again(t, lie, "x.safetensors"), converters.Options{To: "pytorch"})
			var refusal *converters.Refusal
			if !errors.As(err, &refusal) || !strings.Contains(err.Error(), c.contains) {
				t.Errorf("got %v, want %q", err, c.contains)
			}
		})
	}
}
