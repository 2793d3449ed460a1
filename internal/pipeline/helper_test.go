package pipeline

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/modelaudit/action/audit"
)

// realFiles are checkpoints of every container and every way to spell bytes.
var realFiles = []string{
	"torch/zip-1.13/state_dict.pt",
	"torch/zip-2.15/checkpoint_sgd.pt",
	"torch/zip-2.15/views.pt",
	"torch/zip-2.15/big_endian.pt",
	"torch/zip-2.15/tied.pt",
	"torch/legacy-2.15/checkpoint_sgd.pt",
	"pickle/numpy-2.4/arrays-p2.pkl",
	"pickle/numpy-2.4/arrays-p4.pkl",
}

func testdata(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// audited audits bytes under a name with the built-in policy.
func audited(t *testing.T, name string, data []byte) *Audited {
	t.Helper()
	return auditedReader(t, name, bytes.NewReader(data), int64(len(data)))
}

func auditedReader(t *testing.T, name string, r io.ReaderAt, size int64) *Audited {
	t.Helper()
	a, err := (&Auditor{Today: time.Unix(0, 0)}).Audit(t.Context(), Source{Path: name, R: r, Size: size})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// clean audits a file of testdata that must be clean.
func clean(t *testing.T, name string) *Audited {
	t.Helper()
	a := audited(t, name, testdata(t, name))
	if a.Artifact.Verdict != audit.VerdictClean || a.Model == nil {
		t.Fatalf("%s is %s", name, a.Artifact.Verdict)
	}
	return a
}

// isEmpty fails if anything is left in dir.
func isEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Errorf("%s is left", e.Name())
	}
}

// A hooked reader calls before with the number of each read, from 0, and
// gives its error.
type hooked struct {
	io.ReaderAt
	reads  int
	before func(n int) error
}

func (h *hooked) ReadAt(p []byte, off int64) (int, error) {
	n := h.reads
	h.reads++
	if err := h.before(n); err != nil {
		return 0, err
	}
	return h.ReaderAt.ReadAt(p, off)
}

// convertTo converts, reads the candidates back, and discards them.
func convertTo(ctx context.Context, dir string, a *Audited, opt ConvertOptions) ([][]byte, *Conversion, error) {
	opt.Dir, opt.Perm = dir, 0o600
	conv, err := Convert(ctx, a, opt)
	if err != nil {
		return nil, nil, err
	}
	var out [][]byte
	for _, c := range conv.Candidates {
		data := make([]byte, c.Size)
		if _, err := c.File.ReadAt(data, 0); err != nil && err != io.EOF {
			return nil, nil, err
		}
		out = append(out, data)
	}
	return out, conv, conv.Discard()
}
