//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestGuide runs every command of docs/convert.md, one after another in one
// directory, as a reader would; each must succeed.
func TestGuide(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "convert.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, from := range map[string]string{
		"model.pt": "torch/zip-2.15/state_dict.pt", "training.ckpt": "torch/zip-2.15/checkpoint_sgd.pt", "models/a.pt": "torch/zip-2.15/bare.pt",
		"models/sub/b.pt": "torch/zip-2.15/tied.pt", "model.keras": "keras/keras-3.15/network.keras", "model.h5": "keras/keras-3.15/network.h5",
	} {
		data, err := os.ReadFile(filepath.Join("..", "..", "testdata", filepath.FromSlash(from)))
		if err != nil {
			t.Fatal(err)
		}
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	commands := 0
	for _, block := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		for line := range strings.Lines(block[1]) {
			cmd := exec.Command("sh", "-c", line)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s%v: %s", line, err, out)
			}
			commands++
		}
	}
	if commands < 15 {
		t.Errorf("only %d commands were found", commands)
	}
}
