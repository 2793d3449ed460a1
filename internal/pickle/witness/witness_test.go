package witness

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/modelaudit/action/internal/safeio"
)

// An entry of testdata/*/index.jsonl is what torch or numpy said of a file.
type entry struct {
	File    string
	Start   int64
	Refuse  string
	Tensors []struct {
		Tensor
		Data string // an array's bytes in hex
	}
}

func entries(t testing.TB) map[string]entry {
	t.Helper()
	out := map[string]entry{}
	for _, dir := range []string{"old", "new"} {
		f, err := os.Open(filepath.Join("testdata", dir, "index.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var e entry
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				t.Fatal(err)
			}
			out[dir+"/"+e.File] = e
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestDecodeAgreesWithTorchAndNumpy(t *testing.T) {
	for name, want := range entries(t) {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			got := Decode(bytes.NewReader(data), want.Start, int64(len(data)), safeio.Limits{})
			if want.Refuse != "" {
				if !strings.Contains(got.NotApplicable, want.Refuse) || got.Tensors != nil {
					t.Fatalf("got %q and %d tensors, want a refusal with %q", got.NotApplicable, len(got.Tensors), want.Refuse)
				}
				return
			}
			if got.NotApplicable != "" || len(got.Tensors) != len(want.Tensors) {
				t.Fatalf("got %q and %d tensors, want %d", got.NotApplicable, len(got.Tensors), len(want.Tensors))
			}
			for i, w := range want.Tensors {
				g := got.Tensors[i]
				if r := g.Data; r.Len > 0 {
					if h := hex.EncodeToString(data[r.Off:][:r.Len]); h != w.Data {
						t.Errorf("%v: bytes %s, want %s", g.Path, h, w.Data)
					}
				}
				checkTensor(t, g, w.Tensor)
			}
		})
	}
}

func checkTensor(t *testing.T, got, want Tensor) {
	t.Helper()
	got.Data = Range{}
	if want.Key == "*" { // an address
		want.Key = got.Key
	}
	if want.Key == "" && want.Stride == nil { // an empty array
		got.Stride = nil
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%v: -want +got\n%s", want.Path, d)
	}
}
