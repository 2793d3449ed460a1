package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"gopkg.in/yaml.v3"
)

// Where the scripts that use the pre-commit framework find the hook. Without the
// variable it is the program under test, with `language: system` and all else as
// .pre-commit-hooks.yaml says. With it, the framework clones that repository at
// its HEAD and builds the program itself.
const hookRepository = "MODELAUDIT_HOOK_REPO"

// framework ID [KEY: VALUE]... commits a configuration with one hook and
// installs it for all stages that the manifest names.
func framework(ts *testscript.TestScript, neg bool, args []string) {
	hook := map[string]any{"id": args[0]}
	entry := map[string]any{"repo": os.Getenv(hookRepository), "hooks": []any{hook}}
	if entry["repo"] == "" {
		entry["repo"] = "local"
		for key, value := range manifest(ts, args[0]) {
			hook[key] = value
		}
		hook["language"] = "system"
	} else {
		head, err := exec.Command("git", "-C", os.Getenv(hookRepository), "rev-parse", "HEAD").Output()
		ts.Check(err)
		entry["rev"] = strings.TrimSpace(string(head))
	}
	for _, arg := range args[1:] {
		ts.Check(yaml.Unmarshal([]byte(arg), &hook))
	}
	text, err := yaml.Marshal(map[string]any{"repos": []any{entry}})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(".pre-commit-config.yaml"), text, 0o644))
	ts.Check(ts.Exec("git", "add", ".pre-commit-config.yaml"))
	ts.Check(ts.Exec("modelaudit-hook", "uninstall", "-q"))
	ts.Check(ts.Exec("git", "commit", "-q", "-m", "config"))
	ts.Check(ts.Exec("pre-commit", "install", "--install-hooks", "-t", "pre-commit", "-t", "pre-merge-commit", "-t", "pre-push"))
}

// manifest is one hook of .pre-commit-hooks.yaml.
func manifest(ts *testscript.TestScript, id string) map[string]any {
	data, err := os.ReadFile(filepath.Join(filepath.Dir(torchDir(ts)), "..", "..", ".pre-commit-hooks.yaml"))
	ts.Check(err)
	var hooks []map[string]any
	ts.Check(yaml.Unmarshal(data, &hooks))
	for _, h := range hooks {
		if h["id"] == id {
			delete(h, "minimum_pre_commit_version")
			return h
		}
	}
	ts.Fatalf("there is no hook %q", id)
	return nil
}

// passOn gives the framework what it needs to build the hook, once for all scripts.
func passOn(env *testscript.Env) {
	if os.Getenv(hookRepository) == "" {
		return
	}
	for _, name := range []string{"PRE_COMMIT_HOME", "GOPATH", "GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "GONOSUMDB", "GOSUMDB"} {
		if value, err := exec.Command("go", "env", name).Output(); err == nil && strings.HasPrefix(name, "GO") {
			env.Setenv(name, strings.TrimSpace(string(value)))
		} else if value := os.Getenv(name); value != "" {
			env.Setenv(name, value)
		}
	}
}
