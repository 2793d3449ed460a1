//go:build unix

package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/modelaudit/action/internal/pipeline"
)

// bigTensor is a checkpoint with one tensor of float32.
const bigTensor = `PROTO 2
EMPTY_DICT
BINUNICODE "w"
GLOBAL "torch._utils" "_rebuild_tensor_v2"
MARK
MARK
BINUNICODE "storage"
GLOBAL "torch" "FloatStorage"
BINUNICODE "0"
BINUNICODE "cpu"
BININT 134217728
TUPLE
BINPERSID
BININT1 0
BININT 134217728
TUPLE1
BININT1 1
TUPLE1
NEWFALSE
GLOBAL "collections" "OrderedDict"
EMPTY_TUPLE
REDUCE
TUPLE
REDUCE
SETITEM
STOP
`

// bigCheckpoint writes a sparse file that holds 512 MiB of zeros as a tensor.
func bigCheckpoint(t *testing.T, name string) {
	t.Helper()
	pickle, err := pipeline.Assemble(bigTensor)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(&sparse{f: f})
	for _, m := range []struct {
		name string
		data []byte
		n    int
	}{{"x/data.pkl", pickle, 1}, {"x/data/0", make([]byte, 1<<20), 512}, {"x/version", []byte("3\n"), 1}} {
		to, err := w.CreateHeader(&zip.FileHeader{Name: m.name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		for range m.n {
			if _, err := to.Write(m.data); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// A sparse file leaves holes where zeros are written.
type sparse struct {
	f  *os.File
	at int64
}

func (s *sparse) Write(p []byte) (int, error) {
	defer func() { s.at += int64(len(p)) }()
	if len(bytes.Trim(p, "\x00")) == 0 {
		return len(p), nil
	}
	return s.f.WriteAt(p, s.at)
}

// A conversion that is interrupted while it writes exits with 130 and leaves
// neither a result nor a temporary file.
func TestInterrupt(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			dir := t.TempDir()
			source := filepath.Join(dir, "x.pt")
			bigCheckpoint(t, source)
			cmd := exec.Command("modelaudit", "convert", "--to", "safetensors", source)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(stdout)
			for lines.Scan() && !strings.Contains(lines.Text(), "issues") {
			} // what follows is the conversion
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 {
				t.Errorf("%v, want exit code 130: %s", err, stderr.String())
			}
			if entries, _ := os.ReadDir(dir); len(entries) != 1 {
				t.Errorf("%d files, want the source alone", len(entries))
			}
		})
	}
}
