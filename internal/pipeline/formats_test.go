package pipeline

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

// The matrix says of every real file what is true of it: whatever can be
// planned to be converted is of formats that are said to convert, and of every
// such format there is a file.
func TestMatrix(t *testing.T) {
	converts, read := map[audit.Format]bool{}, map[audit.Format]bool{}
	for _, f := range Formats() {
		converts[f.Name], read[f.Name] = len(f.Targets) > 0, f.Read
		if len(f.Targets) > 0 && (f.Tensors == "" || !f.Read) {
			t.Errorf("%s converts: tensors %q, read %t", f.Name, f.Tensors, f.Read)
		}
	}
	seen := map[audit.Format]bool{audit.FormatSafetensors: true}
	err := filepath.WalkDir(filepath.Join("..", "..", "testdata"), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		a := audited(t, filepath.ToSlash(name), data)
		defer a.Close()
		if a.Model == nil {
			return nil
		}
		for _, f := range append(slices.Clone(a.Artifact.Formats), a.Model.Format) {
			if seen[f] = true; !converts[f] && f != audit.FormatSafetensors {
				t.Errorf("%s is %s and has a model, and the matrix says that it does not convert", name, f)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for f := range sources() {
		if !seen[f] && !strings.Contains("zip tar 7z zstd lz4 pytorch-tar pytorch-distributed torchscript pytorch-export", string(f)) { // tests of scan and scripts have these
			t.Errorf("there is no file of %s that converts", f)
		}
	}
}
