package scan

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/action/internal/tree"
)

// An outline has the tensors of the tree, and refuses what the tree refuses.
func TestOutline(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("../../testdata", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		variants := map[string][]byte{path: data}
		if filepath.Ext(path) == ".pkl" {
			variants[path+".gz"] = gzipped(t, data)
			variants["more of "+path] = append(bytes.Clone(data), "\x80\x02N."...)
		}
		for name, data := range variants {
			if sameOutline(t, name, scanBytes(t, filepath.Base(name), data).Model) {
				seen++
			}
		}
		return nil
	})
	if err != nil || seen < 60 {
		t.Errorf("%d trees, error %v", seen, err)
	}
}

// sameOutline reports whether there is a model that has both.
func sameOutline(t *testing.T, path string, m *Model) bool {
	t.Helper()
	if m == nil || m.outline == nil {
		return false
	}
	whole, wrong := m.Tree()
	short, wrongToo := m.Outline()
	if fmt.Sprint(wrong) != fmt.Sprint(wrongToo) {
		t.Errorf("%s: error %v, outlined %v", path, wrong, wrongToo)
	}
	if wrong != nil || wrongToo != nil {
		return false
	}
	if diff := cmp.Diff(essence(whole), essence(short)); diff != "" {
		t.Errorf("%s (-tree +outline)\n%s", path, diff)
	}
	return true
}

func essence(t *tree.Tree) (out []string) {
	for _, n := range t.Tensors {
		out = append(out, fmt.Sprint(n.Name, n.DType, n.Shape, n.Strides, n.Offset, n.Dict, n.Aside))
	}
	for _, m := range t.Omitted {
		if m.Elsewhere {
			out = append(out, m.Path+": "+m.Reason)
		}
	}
	for _, r := range t.Refused {
		out = append(out, r.Path+": "+r.Reason)
	}
	return out
}
