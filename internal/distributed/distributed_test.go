package distributed

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

func read(data []byte) ([]Entry, error) {
	tr := sym.Run(bytes.NewReader(data), 0, int64(len(data)), sym.Options{})
	if tr.Root == nil {
		return nil, tr.Failure
	}
	return Read(tr.Root)
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "distributed", name, MetadataFile))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func find(entries []Entry, name string) *Entry {
	for i := range entries {
		if entries[i].Name == name {
			return &entries[i]
		}
	}
	return nil
}

// TestRead reads what four processes wrote: the places are those that torch says.
func TestRead(t *testing.T) {
	entries, err := read(fixture(t, "dist"))
	if err != nil {
		t.Fatal(err)
	}
	got := find(entries, "rows")
	want := &Entry{Name: "rows", Path: []tensor.Key{{Text: "rows"}}, Tensor: true, DType: tensor.F32, Shape: []int64{7, 6}}
	if got == nil || len(got.Chunks) != 4 {
		t.Fatalf("rows is %+v", got)
	}
	rows := int64(0)
	for i, c := range got.Chunks {
		if c.File != fmt.Sprintf("__%d_0.distcp", i) || c.Length < 100 || c.Lo[1] != 0 || c.Size[1] != 6 || c.Lo[0] != rows {
			t.Errorf("chunk %d is %+v", i, c)
		}
		rows += c.Size[0]
	}
	want.Chunks = got.Chunks
	if diff := cmp.Diff(want, got); diff != "" || rows != 7 {
		t.Error(rows, diff)
	}
	if k := find(entries, "nested.k"); k == nil || k.Tensor || len(k.Chunks) != 1 || len(k.Path) != 2 {
		t.Errorf("nested.k is %+v", k)
	}
	nested, err := read(fixture(t, "nested"))
	if err != nil {
		t.Fatal(err)
	}
	lr := find(nested, "optim.param_groups.0.lr")
	if diff := cmp.Diff([]tensor.Key{{Text: "optim"}, {Text: "param_groups"}, {Text: "0", Int: true}, {Text: "lr"}}, lr.Path); diff != "" {
		t.Error(diff)
	}
}

// TestReadRefuses changes one thing of what torch wrote.
func TestReadRefuses(t *testing.T) {
	tests := []struct{ name, old, new, want string }{
		{"a file above", "__0_0.distcp", "../_0.distcp", "no file below"},
		{"another class", "ChunkStorageMetadata", "ChunkStorageMetadat2", "where a ChunkStorageMetadata should be"},
		{"another module", "checkpoint.filesystem", "checkpoint.filesystex", "where a _StorageInfo should be"},
		{"another field", "storage_data", "storage_datx", "does not say"},
		{"another name", "\x8c\x01a\x94", "\x8c\x01q\x94", ""},
		{"a place for nothing", "\x8c\x03fqn\x94h\x07", "\x8c\x03fqn\x94h\x05", "nothing says where"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := fixture(t, "flat")
			if !bytes.Contains(data, []byte(tt.old)) {
				t.Fatalf("the file has no %q", tt.old)
			}
			entries, err := read(bytes.ReplaceAll(data, []byte(tt.old), []byte(tt.new)))
			if tt.want == "" {
				if err != nil || find(entries, "q") == nil {
					t.Errorf("got %v, %+v", err, entries)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// FuzzRead: what is accepted has names of files below, and numbers that are none
// below zero, whatever the stream.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"flat", "dist"} {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tr := sym.Run(bytes.NewReader(data), 0, int64(len(data)), sym.Options{MaxOps: 50_000})
		if tr.Root == nil {
			return
		}
		entries, err := Read(tr.Root)
		if err != nil {
			return
		}
		for _, e := range entries {
			if !e.Tensor && len(e.Chunks) != 1 || len(e.Path) == 0 || e.Path[0].Int {
				t.Fatalf("%+v", e)
			}
			for _, c := range e.Chunks {
				if c.Offset < 0 || c.Length < 0 || !filepath.IsLocal(c.File) {
					t.Fatalf("%+v", c)
				}
			}
		}
	})
}
