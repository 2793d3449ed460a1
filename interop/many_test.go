//go:build interop

package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A task is one question to testdata/many.py.
type task struct {
	Name   string `json:"name"`
	Do     string `json:"do"`
	Source string `json:"source"`
	Out    string `json:"out,omitempty"`
	State  string `json:"state,omitempty"`
}

// ask lets many.py do the tasks, and reports every answer that is not empty.
func ask(t *testing.T, tasks ...task) {
	t.Helper()
	var answers map[string]string
	python(t, newPython, "many.py", tasks, &answers)
	if len(answers) != len(tasks) {
		t.Errorf("%d answers to %d tasks", len(answers), len(tasks))
	}
	for name, a := range answers {
		if a != "" {
			t.Errorf("%s differs: %s", name, a)
		}
	}
}

// TestConvertMany: what becomes of distributed checkpoints, of which four
// processes wrote one, and of shards, is what torch and transformers make of them.
func TestConvertMany(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := filepath.Join(dir, "first.pt") // no second decoder reads it
	convert := func(source string, more ...string) {
		t.Helper()
		args := append([]string{"convert", source, "--to", "safetensors", "--validate"}, more...)
		if r := run(t, "", cleanEnv(), program("modelaudit"), args...); r.code != 0 {
			t.Fatalf("convert %s exits %d: %s", source, r.code, r.stderr)
		} else if !strings.Contains(r.stdout, "; second decoder: agrees\n") && source != first {
			t.Errorf("%s: %s", source, r.stdout)
		}
	}
	var tasks []task
	for _, name := range []string{"flat", "nested", "dist"} {
		q := task{Name: name, Do: "distributed", Source: filepath.Join("..", "testdata", "distributed", name), Out: filepath.Join(dir, name+".safetensors")}
		q.State = strings.TrimSuffix(q.Out, ".safetensors") + ".state.safetensors"
		convert(q.Source, "-o", q.Out)
		tasks = append(tasks, q)
	}
	for do, pattern := range map[string]string{"script": "torchscript-*/*.pt*", "program": "export-*/tied.pt2", "distributed": "distributed-*"} {
		found, err := filepath.Glob(filepath.Join("..", "internal", "scan", "testdata", "programs", pattern))
		if err != nil || len(found) < 2 {
			t.Fatalf("%s: %d files, %v", pattern, len(found), err)
		}
		for _, source := range found {
			name := strings.ReplaceAll(source, string(filepath.Separator), "_")
			q := task{Name: name, Do: do, Source: source, Out: filepath.Join(dir, name+".safetensors"), State: filepath.Join(dir, name+".state.safetensors")}
			r := run(t, "", cleanEnv(), program("modelaudit"), "convert", source, "--to", "safetensors", "-o", q.Out)
			switch {
			case r.code == 1 && strings.Contains(r.stderr, "there is no tensor in it"):
			case r.code != 0:
				t.Errorf("convert %s exits %d: %s", source, r.code, r.stderr)
			default:
				tasks = append(tasks, q)
			}
		}
	}
	bert := filepath.Join(dir, "bert")
	if err := os.Mkdir(bert, 0o777); err != nil {
		t.Fatal(err)
	}
	ask(t, append(tasks, task{Name: "shards", Do: "shards", Source: bert}, task{Name: "write", Do: "tar", Source: first})...)
	convert(first)
	convert(filepath.Join(bert, "pytorch_model.bin.index.json"))
	old, err := filepath.Glob(filepath.Join(bert, "pytorch_model*"))
	if err != nil || len(old) < 4 {
		t.Fatalf("%d shards, %v", len(old), err)
	}
	for _, name := range old {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	ask(t, task{Name: "transformers", Do: "pretrained", Source: bert}, task{Name: "tar", Do: "loaded", Source: first, Out: filepath.Join(dir, "first.safetensors")})
}
