package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
)

// The same source gives the same bytes, and the digests are those of the bytes.
func TestConvertIsDeterministic(t *testing.T) {
	for _, name := range realFiles {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			first, conv, err := convertTo(t.Context(), dir, clean(t, name), ConvertOptions{Digest: true})
			if err != nil {
				t.Fatal(err)
			}
			second, _, err := convertTo(t.Context(), dir, clean(t, name), ConvertOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for i, c := range conv.Candidates {
				if !bytes.Equal(first[i], second[i]) {
					t.Errorf("the %s differ from run to run", c.Role)
				}
				if sum := sha256.Sum256(first[i]); hex.EncodeToString(sum[:]) != c.SHA256 {
					t.Errorf("the digest of the %s is not that of the file", c.Role)
				}
				if c.Proof.Rescan != audit.VerdictClean || c.Proof.SecondDecoder != "agrees" || c.Proof.MaxDiff != 0 {
					t.Errorf("proof of the %s: %+v", c.Role, c.Proof)
				}
			}
			if sum := sha256.Sum256(testdata(t, name)); conv.SourceSHA256 != hex.EncodeToString(sum[:]) ||
				SourceDigest(bytes.NewReader(first[0]), int64(len(first[0]))) != conv.SourceSHA256 {
				t.Errorf("the digest of the source is not that of the source")
			}
			isEmpty(t, dir)
		})
	}
}

// errRead is a failed read as the system reports it.
var errRead = &fs.PathError{Op: "read", Path: "the source", Err: errors.New("the disk has a scratch")}

// Whichever read fails, there is no clean verdict together with a result, the source is
// said to be what failed, and nothing is left.
func TestEveryReadMayFail(t *testing.T) {
	for i, name := range realFiles {
		t.Run(name, func(t *testing.T) {
			to := []string{"safetensors", "pytorch"}[i%2]
			data, dir := testdata(t, name), t.TempDir()
			for n, failed := 0, true; failed; n++ {
				failed = false
				var mu sync.Mutex
				r := &hooked{ReaderAt: bytes.NewReader(data)}
				r.before = func(i int) error {
					if i == n {
						failed = true
						return errRead
					}
					return nil
				}
				a := auditedReader(t, name, &locked{r: r, mu: &mu}, int64(len(data)))
				if failed && a.Artifact.Verdict == audit.VerdictClean {
					t.Fatalf("read %d failed and the file is clean", n)
				}
				if a.Model == nil {
					continue
				}
				_, _, err := convertTo(t.Context(), dir, a, ConvertOptions{Options: converters.Options{To: to}})
				if failed && (err == nil || !a.ReadFailed() || !strings.Contains(err.Error(), "read at offset 0x") || !strings.Contains(err.Error(), errRead.Err.Error())) {
					t.Fatalf("read %d failed, and the conversion said %v", n, err)
				}
				isEmpty(t, dir)
			}
		})
	}
}

// A locked reader may be read by several goroutines.
type locked struct {
	r  *hooked
	mu *sync.Mutex
}

func (l *locked) ReadAt(p []byte, off int64) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.ReadAt(p, off)
}

// Whenever the run is cancelled, the error says so and nothing is left.
func TestCancelAtAnyTime(t *testing.T) {
	for _, to := range []string{"safetensors", "pytorch"} {
		t.Run(to, func(t *testing.T) { cancelAtAnyTime(t, to) })
	}
}

func cancelAtAnyTime(t *testing.T, to string) {
	name := "torch/zip-2.15/checkpoint_sgd.pt"
	data, dir := testdata(t, name), t.TempDir()
	for n, done := 0, false; !done; n++ {
		ctx, cancel := context.WithCancel(t.Context())
		r := &hooked{ReaderAt: bytes.NewReader(data), before: func(int) error { return nil }}
		a := auditedReader(t, name, &locked{r: r, mu: new(sync.Mutex)}, int64(len(data)))
		r.reads = 0
		r.before = func(i int) error {
			if i == n {
				cancel()
			}
			return nil
		}
		_, _, err := convertTo(ctx, dir, a, ConvertOptions{Options: converters.Options{To: to}})
		done = r.reads <= n
		if !done && !errors.Is(err, context.Canceled) || done && err != nil {
			t.Fatalf("cancelled at read %d of %d: %v", n, r.reads, err)
		}
		isEmpty(t, dir)
		cancel()
	}
}

func TestConvertIntoNowhere(t *testing.T) {
	_, _, err := convertTo(t.Context(), filepath.Join(t.TempDir(), "missing"), clean(t, realFiles[0]), ConvertOptions{})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// What cannot be converted is a Refusal, never a ProofError and never a file.
func TestConvertRefuses(t *testing.T) {
	for name, opt := range map[string]converters.Options{
		"torch/zip-2.15/name_collision.pt": {},
		"torch/zip-2.15/bare.pt":           {Renames: []converters.Rename{{Old: "x", New: "y"}}},
		"README.md":                        {},
		"pickle/python/plain-p4.pkl":       {},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			_, _, err := convertTo(t.Context(), dir, audited(t, name, testdata(t, name)), ConvertOptions{Options: opt})
			var refusal *converters.Refusal
			if !errors.As(err, &refusal) {
				t.Errorf("got %v, want a refusal", err)
			}
			isEmpty(t, dir)
		})
	}
}

// place converts a checkpoint with weights and state, and places it.
func place(t *testing.T, out string, force bool) ([]audit.Output, error) {
	t.Helper()
	conv, err := Convert(t.Context(), clean(t, "torch/zip-2.15/checkpoint_sgd.pt"), ConvertOptions{Dir: filepath.Dir(out), Perm: 0o640})
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := conv.Place(out, force)
	if derr := conv.Discard(); derr != nil {
		t.Error(derr)
	}
	return outputs, err
}

func TestPlace(t *testing.T) {
	for _, taken := range []string{"x.safetensors", "x.state.safetensors"} {
		t.Run(taken, func(t *testing.T) {
			dir := t.TempDir()
			there := filepath.Join(dir, taken)
			if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := place(t, filepath.Join(dir, "x.safetensors"), false); !errors.Is(err, fs.ErrExist) {
				t.Errorf("got %v, want an error that is fs.ErrExist", err)
			}
			if got, _ := os.ReadFile(there); string(got) != "mine" {
				t.Errorf("what was there is %q", got)
			}
			if entries, _ := os.ReadDir(dir); len(entries) != 1 {
				t.Errorf("%d files, want the one that was there", len(entries))
			}
			if _, err := place(t, filepath.Join(dir, "x.safetensors"), true); err != nil {
				t.Error(err)
			}
			if entries, _ := os.ReadDir(dir); len(entries) != 2 {
				t.Errorf("%d files, want weights and state", len(entries))
			}
		})
	}
	t.Run("a directory is in the way", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "x.safetensors"), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := place(t, filepath.Join(dir, "x.safetensors"), true); !errors.Is(err, fs.ErrExist) {
			t.Errorf("got %v", err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("%d files, want the directory", len(entries))
		}
	})
}

// When the weights cannot be placed, the state that was placed before them goes.
func TestPlaceHalf(t *testing.T) {
	dir := t.TempDir()
	conv, err := Convert(t.Context(), clean(t, "torch/zip-2.15/checkpoint_sgd.pt"), ConvertOptions{Dir: dir, Perm: 0o640})
	if err != nil {
		t.Fatal(err)
	}
	if err := conv.Candidates[0].File.Discard(); err != nil {
		t.Fatal(err)
	}
	if _, err := conv.Place(filepath.Join(dir, "x.safetensors"), false); err == nil {
		t.Error("a candidate that is gone was placed")
	}
	isEmpty(t, dir)
}

func TestBackup(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "x.pt")
	for i, want := range []string{".backup", ".backup.1", ".backup.2"} {
		if err := os.WriteFile(name, []byte{byte(i)}, 0o640); err != nil {
			t.Fatal(err)
		}
		got, err := Backup(name)
		if err != nil || got != name+want {
			t.Fatalf("got %q, %v, want %q", got, err, name+want)
		}
		if data, err := os.ReadFile(got); err != nil || data[0] != byte(i) {
			t.Errorf("%s holds %v, %v", got, data, err)
		}
	}
}
