package modelaudit_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// TestPreCommitManifest holds what the framework is told. A hook that was skipped
// for a name, or ran beside itself, would leave models unaudited.
func TestPreCommitManifest(t *testing.T) {
	type hook struct {
		ID, Name, Description, Entry, Language string

		Types         []string
		AlwaysRun     bool `yaml:"always_run"`
		RequireSerial bool `yaml:"require_serial"`
		Stages        []string
		Minimum       string `yaml:"minimum_pre_commit_version"`
	}
	var hooks []hook
	decode(t, ".pre-commit-hooks.yaml", &hooks)
	for i := range hooks {
		if hooks[i].Name == "" || hooks[i].Description == "" {
			t.Errorf("%s has no name or description", hooks[i].ID)
		}
		hooks[i].Name, hooks[i].Description = "", ""
	}
	entry := func(id, entry string) hook {
		return hook{ID: id, Entry: entry, Language: "golang", Types: []string{"file"}, AlwaysRun: true, RequireSerial: true,
			Stages: []string{"pre-commit", "pre-merge-commit", "pre-push", "manual"}, Minimum: "3.2.0"}
	}
	want := []hook{entry("modelaudit", "modelaudit-hook"), entry("modelaudit-check", "modelaudit-hook --check")}
	if diff := cmp.Diff(want, hooks); diff != "" {
		t.Errorf(".pre-commit-hooks.yaml (-want +got):\n%s", diff)
	}
	for _, h := range hooks {
		if _, err := os.Stat(filepath.Join("cmd", strings.Fields(h.Entry)[0], "main.go")); err != nil {
			t.Errorf("the entry %s is no program of ours", h.Entry)
		}
	}
}
