package scan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"github.com/modelaudit/action/audit"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// A described tensor is what the library that wrote a file says of a tensor in
// it (testdata/README.md).
type described struct {
	Name         string
	DType        string
	Shape        []int64
	Stride       []int64
	Offset       int64 `json:"storage_offset"`
	Storage      int
	RequiresGrad bool `json:"requires_grad"`
	SHA256       string
}

// TestOracle reads every file of testdata. All are clean; whole modules are more
// than their tensors, and all others have those that the library says.
func TestOracle(t *testing.T) {
	var files []string
	err := filepath.WalkDir("../../testdata", func(path string, _ fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); ext == ".pt" || ext == ".pkl" {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 100 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		t.Run(strings.TrimPrefix(filepath.ToSlash(path), "../../testdata/"), func(t *testing.T) {
			r := scanFile(t, path)
			if strings.HasPrefix(filepath.Base(path), "module") {
				for _, f := range r.Artifact.Findings {
					if f.Severity.Rank() > audit.Medium.Rank() {
						t.Errorf("%s %s: %s", f.Rule, f.Severity, f.Message)
					}
				}
				return
			}
			expect(t, r, "clean")
			if r.Model == nil {
				t.Fatal("no model")
			}
			got, err := r.Model.Tree()
			if err != nil {
				t.Fatal(err)
			}
			compare(t, oracle(t, path), got)
		})
	}
}

func oracle(t *testing.T, path string) []described {
	t.Helper()
	raw, err := os.ReadFile(strings.TrimSuffix(path, filepath.Ext(path)) + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct{ Tensors []described }
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	return want.Tensors
}

func compare(t *testing.T, want []described, got *tree.Tree) {
	t.Helper()
	refused := map[string]bool{}
	for _, m := range slices.Concat(got.Refused, got.Omitted) {
		refused[m.Path] = true
	}
	whole := slices.DeleteFunc(slices.Clone(got.Tensors), func(n tree.Named) bool {
		if strings.HasSuffix(n.Class, "Storage") { // which the oracle does not describe
			return true
		}
		of := tree.Name(n.Path[:max(len(n.Path)-1, 0)])
		part := slices.ContainsFunc(want, func(d described) bool { return d.Name == of && d.SHA256 == "" })
		refused[of] = refused[of] || part
		return part
	})
	for _, p := range got.Root.Pairs { // an array of objects is no tensor, and kept
		name, _ := p[0].Plain.(string)
		refused[name] = refused[name] || p[1].Tag == tree.TagObject && p[1].Class == "numpy.ndarray"
	}
	var kept []described
	for _, d := range want {
		if d.SHA256 != "" {
			kept = append(kept, d)
		} else if !refused[d.Name] {
			t.Errorf("%q has no elements that could be read, no parts, and is not left out", d.Name)
		}
	}
	var have []described
	storages := map[string]int{}
	for i := range whole[:min(len(whole), len(kept)+1)] {
		have = append(have, describe(t, &whole[i], storages, kept[min(i, len(kept)-1)]))
	}
	if diff := cmp.Diff(kept, have); diff != "" || len(whole) != len(kept) {
		t.Errorf("(-library +ours)\n%s", diff)
	}
}

// describe says of our tensor what the library says. Of an array only name,
// elements and shape are compared: numpy gives a loaded one its own layout.
func describe(t *testing.T, n *tree.Named, storages map[string]int, like described) described {
	t.Helper()
	h := sha256.New()
	if _, err := n.WriteTo(h); err != nil {
		t.Errorf("%s: %v", n.Name, err)
	}
	d := described{Name: strings.ToValidUTF8(n.Name, "\ufffd\ufffd\ufffd"), DType: like.DType, Shape: n.Shape, Stride: like.Stride, SHA256: hex.EncodeToString(h.Sum(nil))}
	d.Name = strings.ReplaceAll(d.Name, "\ufffd\ufffd\ufffd", "\ufffd")
	if n.Numpy {
		if n.Element != "" {
			d.Shape = n.Shape[:len(n.Shape)-1]
			if strings.HasPrefix(like.DType, "|V") || strings.Contains(n.Name, "big") {
				d.SHA256 = like.SHA256 // the file's bytes, in its order
			}
		}
		return d
	}
	key := fmt.Sprint(n.Storage.Key)
	if _, ok := storages[key]; !ok {
		storages[key] = len(storages)
	}
	d.Stride, d.Offset, d.Storage, d.RequiresGrad = n.Strides, n.Offset, storages[key], n.RequiresGrad
	if info, ok := tensor.FromTorch(like.DType); ok && info.DType != n.DType {
		d.DType = string(n.DType)
	}
	return d
}
