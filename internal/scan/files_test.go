package scan

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// filesOf joins the files of a fixture, each as change leaves it.
func filesOf(t *testing.T, change map[string]func([]byte) []byte) ([]byte, []File) {
	t.Helper()
	var all []byte
	var files []File
	for _, name := range []string{".metadata", "__0_0.distcp", "__1_0.distcp", "__2_0.distcp", "__3_0.distcp"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "distributed", "dist", name))
		if err != nil {
			t.Fatal(err)
		}
		if f := change[name]; f != nil {
			data = f(data)
		}
		files = append(files, File{Name: name, Start: int64(len(all)), Size: int64(len(data)), Missing: data == nil})
		all = append(all, data...)
	}
	return all, files
}

// TestDistributedFiles: one artifact of several files is judged as each of them
// is, and converted only if they fit together.
func TestDistributedFiles(t *testing.T) {
	evil := assemble(t, payload+`STOP`)
	replace := func(old, to string) func([]byte) []byte {
		return func(b []byte) []byte {
			if !bytes.Contains(b, []byte(old)) {
				t.Fatalf("there is no %q", old)
			}
			return bytes.ReplaceAll(b, []byte(old), []byte(to))
		}
	}
	type changes = map[string]func([]byte) []byte
	tests := []struct {
		name   string
		change changes
		want   string // of the scan
		tree   string // the error of the tree, "" for none
	}{
		{"as it was written", nil, "clean", ""},
		{"metadata that calls", changes{".metadata": func(b []byte) []byte { return append(assemble(t, payload+`POP; `), b...) }}, "MA101 os.system", ".metadata: "},
		{"metadata that only call", changes{".metadata": func([]byte) []byte { return evil }}, "MA101 os.system", ".metadata: "},
		{"a file that is missing", changes{"__2_0.distcp": func([]byte) []byte { return nil }}, "unread", `there is no file "__2_0.distcp"`},
		{"a file that is cut off", changes{"__1_0.distcp": func(b []byte) []byte { return b[:len(b)-1500] }}, "", "are not in __1_0.distcp"},
		{"a file for another", changes{".metadata": replace("__0_0.distcp", "__1_0.distcp")}, "MA206", "it does more"},
		{"another name", changes{".metadata": replace("columns", "rolumns")}, "clean", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data, files := filesOf(t, tt.change)
			r := Files(context.Background(), bytes.NewReader(data), int64(len(data)), files, "dist", Options{})
			if tt.want != "" {
				expect(t, r, tt.want)
			}
			got, err := r.Model.Tree()
			switch {
			case tt.tree == "" && (err != nil || len(got.Tensors) != 7):
				t.Errorf("%v", err)
			case tt.tree != "" && (err == nil || !strings.Contains(err.Error(), tt.tree)):
				t.Errorf("got %v, want %q", err, tt.tree)
			}
		})
	}
}
