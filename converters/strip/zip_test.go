package strip

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/zipfile"
)

// TestLayout: an archive of torch's that is written again, with nothing to take
// out, is the same bytes.
func TestLayout(t *testing.T) {
	files, err := filepath.Glob("../../testdata/torch/zip-*/*.pt")
	if err != nil || len(files) < 20 {
		t.Fatal(len(files), err)
	}
	same := 0
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := zipfile.Read(bytes.NewReader(data), int64(len(data)), safeio.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		b := &builder{plan: &Plan{}}
		c, err := b.zip(f, bytes.NewReader(data), "")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var out bytes.Buffer
		if _, err := c.WriteTo(&out); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if bytes.Equal(out.Bytes(), data) {
			same++
			continue
		}
		at := 0
		for at < min(len(data), out.Len()) && data[at] == out.Bytes()[at] {
			at++
		}
		t.Errorf("%s: %d bytes became %d, the first other one is at %#x", name, len(data), out.Len(), at)
	}
	t.Logf("%d files", same)
}
