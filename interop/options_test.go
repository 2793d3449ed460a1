//go:build interop

package interop

import (
	"os"
	"path/filepath"
	"testing"
)

// TestOptions compares what --dtype rounds with torch's .to, bit for bit, and
// has huggingface_hub load what --max-shard-size and --strip-prefix made.
func TestOptions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var nothing map[string]string
	python(t, newPython, "options.py", nil, &nothing, "make", dir)
	source, shards := filepath.Join(dir, "any.pt"), filepath.Join(dir, "shards")
	if err := os.Mkdir(shards, 0o777); err != nil {
		t.Fatal(err)
	}
	convert := func(to string, args ...string) {
		t.Helper()
		if r := run(t, dir, cleanEnv(), program("modelaudit"), append([]string{"convert", "--to", to, "--validate"}, args...)...); r.code != 0 {
			t.Fatalf("%q exits %d: %s%s", args, r.code, r.stdout, r.stderr)
		}
	}
	cast := map[string]string{} // by the dtype
	for _, dtype := range []string{"float16", "bfloat16"} {
		cast[dtype] = filepath.Join(dir, dtype+".safetensors")
		convert("safetensors", source, "--dtype", dtype, "-o", cast[dtype])
	}
	back := filepath.Join(dir, "bfloat16.pt")
	convert("pytorch", source, "--dtype", "bfloat16", "-o", back)
	plain := filepath.Join(dir, "plain.pt")
	prefixes := []string{"--strip-prefix", "module.", "--strip-prefix", "_orig_mod."}
	convert("pytorch", append(prefixes, filepath.Join(dir, "parallel.pt"), "-o", plain)...)
	convert("pytorch", append(prefixes, filepath.Join(dir, "wrapped.pt"), "--max-shard-size", "2KB", "-o", filepath.Join(shards, "pytorch_model.bin"))...)
	convert("safetensors", filepath.Join(dir, "wrapped.pt"), "--strip-prefix", "module.", "--strip-prefix", "_orig_mod.", "--max-shard-size", "2KB", "-o", filepath.Join(shards, "model.safetensors"))
	var wrong map[string]string
	python(t, newPython, "options.py", map[string]any{"source": source, "cast": cast, "cast_back": map[string]string{"bfloat16": back}, "shards": shards, "names": plain}, &wrong, "check")
	for name, problem := range wrong {
		if problem != "" {
			t.Errorf("%s: %s", name, problem)
		}
	}
}
