package scan

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A shard of HuggingFaceStorageWriter has parts of tensors under the names of the
// whole: it is not converted as if it had these.
func TestPieces(t *testing.T) {
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "distributed", "hf", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	const one, two = "shard-00001-model-00001-of-00001.safetensors", "shard-00002-model-00001-of-00001.safetensors"
	for _, tt := range []struct {
		name string
		data []byte
		want string // in the error, "" for none
	}{
		{one, read(one), "its tensors may be parts"},
		{two, read(two), `"rows" is the part that begins at [1 0]`},
		{"renamed.safetensors", read(two), `"rows" is the part that begins at [1 0]`},
		{"model-00001-of-00001.safetensors", read(one), ""}, // as the writer calls a file that no other process shared
		{one, []byte(strings.Replace(string(read(one)), "saved_offsets", "saved_offsetz", 1)), "not understood"},
		{one, []byte(strings.Replace(string(read(one)), `{\"rows\"`, `[\"rows\"`, 1)), "not understood"},
	} {
		_, err := scanBytes(t, tt.name, tt.data).Model.Tree()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}
