package pipeline

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/render"
)

func TestOutputName(t *testing.T) {
	for src, want := range map[string]string{
		"x.pt": "x.safetensors", "a/x.pth": "a/x.safetensors", "x.ckpt": "x.safetensors", "x.pkl": "x.safetensors", "x.bin": "x.safetensors",
		"x": "x.safetensors", "x.v1.pt": "x.v1.safetensors", ".pt": ".pt.safetensors", "a.b/x": "a.b/x.safetensors",
		"pytorch_model.bin":                      "model.safetensors",
		"m/pytorch_model-00001-of-00002.bin":     "m/model-00001-of-00002.safetensors",
		"adapter_pytorch_model.bin":              "adapter_pytorch_model.safetensors",
		"pytorch_model-1-of-2.bin":               "pytorch_model-1-of-2.safetensors",
		"../models of mine/pytorch_model.bin.pt": "../models of mine/pytorch_model.bin.safetensors",
	} {
		if got := OutputName(src, "weights"); got != want {
			t.Errorf("%s becomes %s, want %s", src, got, want)
		}
	}
	if got := OutputName("a/x.pt", "state"); got != "a/x.state.safetensors" {
		t.Errorf("the state goes to %s", got)
	}
	if got := RoleName("a/y.safetensors", "state"); got != "a/y.state.safetensors" {
		t.Errorf("the state goes to %s", got)
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"b/2.pt", "b/1.pt", "b/.git/x.pt", "b/c/.hidden", "a.pt"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Files([]string{"b", "a.pt", "./a.pt", "b/1.pt"})
	if err != nil {
		t.Fatal(err)
	}
	hidden := filepath.Join("c", ".hidden")
	want := []File{{Path: filepath.Join("b", "1.pt"), Below: "1.pt"}, {Path: filepath.Join("b", "2.pt"), Below: "2.pt"},
		{Path: filepath.Join("b", hidden), Below: hidden}, {Path: "a.pt"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, missing := range []string{"nothing", filepath.Join("a.pt", "below")} {
		if _, err := Files([]string{"a.pt", missing}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: got %v", missing, err)
		}
	}
}

func TestShown(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"a.pt": "a.pt", "./a/../b.pt": "b.pt", filepath.Join(wd, "m", "a.pt"): "m/a.pt",
		filepath.Join("..", filepath.Base(wd), "a.pt"): "a.pt", filepath.Join(filepath.Dir(wd), "a.pt"): "../a.pt",
	} {
		if got := Shown(path); got != want {
			t.Errorf("%s is shown as %s, want %s", path, got, want)
		}
	}
}

// The report of many files is the same however many are read at a time.
func TestScanFilesJobs(t *testing.T) {
	t.Chdir(filepath.Join("..", "..", "testdata"))
	files, err := Files([]string{"torch", "pickle/python", "README.md"})
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, File{Path: "gone.pt", Err: fs.ErrPermission})
	var first string
	for _, jobs := range []int{1, 8, 0} {
		r, err := (&Auditor{Digest: true}).ScanFiles(t.Context(), slices.Values(files), jobs)
		if err != nil {
			t.Fatal(err)
		}
		r.Close(audit.ExitAllowed)
		var b bytes.Buffer
		if err := render.JSON(&b, r); err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = b.String()
		}
		if d := cmp.Diff(first, b.String()); d != "" {
			t.Errorf("with %d jobs:\n%s", jobs, d)
		}
		if last := r.Artifacts[0]; last.Path != "gone.pt" || last.Verdict != audit.VerdictIncomplete || r.ExitCode == audit.ExitAllowed {
			t.Errorf("a file that cannot be read: %+v, exit code %d", last, r.ExitCode)
		}
		if r.Summary.Skipped == 0 {
			t.Error("no file was skipped")
		}
	}
}
