package modelaudit_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// programs builds both commands and returns their folder.
func programs(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the programs")
	}
	dir := t.TempDir()
	out, err := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "./cmd/...").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return dir
}

// decode parses YAML strictly into v.
func decode(t *testing.T, name string, v any) {
	t.Helper()
	d := yaml.NewDecoder(bytes.NewReader([]byte(read(t, name))))
	d.KnownFields(true)
	if err := d.Decode(v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// TestPreCommitManifest holds what the framework is told. A hook that got file
// names, or was skipped for a name, would leave models unaudited.
func TestPreCommitManifest(t *testing.T) {
	type hook struct {
		ID, Name, Description, Entry, Language string

		Files         *string
		AlwaysRun     bool `yaml:"always_run"`
		PassFilenames bool `yaml:"pass_filenames"`
		RequireSerial bool `yaml:"require_serial"`
		Stages        []string
		Minimum       string `yaml:"minimum_pre_commit_version"`
	}
	var hooks []hook
	decode(t, ".pre-commit-hooks.yaml", &hooks)
	if len(hooks) != 1 {
		t.Fatalf("%d hooks, expected 1", len(hooks))
	}
	h := hooks[0]
	all := ""
	want := hook{ID: "modelaudit", Name: h.Name, Description: h.Description, Entry: "modelaudit-hook", Language: "golang", Files: &all,
		AlwaysRun: true, RequireSerial: true, Stages: []string{"pre-commit", "pre-merge-commit"}, Minimum: "3.2.0"}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf(".pre-commit-hooks.yaml (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(filepath.Join("cmd", h.Entry, "main.go")); err != nil {
		t.Errorf("the entry %s is no program of ours", h.Entry)
	}
}
