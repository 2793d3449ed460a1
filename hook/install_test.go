package hook

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInstall(t *testing.T) {
	h := newHookRepo(t)
	empty := h.tree()
	if got, err := h.install("hook", "it's"); got != "installed installed" || err != nil {
		t.Fatal(got, err)
	}
	first := h.tree()
	if len(first) != 2 {
		t.Errorf("%d hooks", len(first))
	}
	if log, out, err := h.commit(); log != "audit hook it's\n" || out == "" || err != nil {
		t.Errorf("commit: hooks logged %q, %v: %s", log, err, out)
	}
	if log, _, err := h.commit("AUDIT=1"); log == "" || err == nil {
		t.Errorf("the audit blocks, and the commit goes through: %q", log)
	}
	if got, err := h.install("hook", "it's"); got != "unchanged unchanged" || err != nil {
		t.Error(got, err)
	}
	if d := cmp.Diff(first, h.tree()); d != "" {
		t.Errorf("a second install changes files: %s", d)
	}
	if got, err := h.install(); got != "updated updated" || err != nil {
		t.Error(got, err)
	}
	if log, _, err := h.commit(); log != "audit \n" || err != nil {
		t.Errorf("after an update hooks logged %q, %v", log, err)
	}
	os.Remove(h.binary)
	if _, out, err := h.commit(); err == nil || !strings.Contains(out, "modelaudit: nothing was audited") || !strings.Contains(out, h.binary) {
		t.Errorf("the program is gone: %v: %s", err, out)
	}
	if got, err := h.uninstall(); got != "removed removed" || err != nil {
		t.Error(got, err)
	}
	if d := cmp.Diff(empty, h.tree()); d != "" {
		t.Errorf("after uninstall: %s", d)
	}
	if got, err := h.uninstall(); got != "absent absent" || err != nil {
		t.Error(got, err)
	}
}

func TestInstallRunsTheFormerHookFirst(t *testing.T) {
	for _, c := range []struct {
		name   string
		mode   fs.FileMode
		log    string
		former string // how the former hook exits
		ok     bool
	}{
		{"it passes", 0o755, "former \naudit \n", "0", true},
		{"it fails", 0o755, "former \n", "7", false},
		{"odd mode", 0o711 | 0o40, "former \naudit \n", "0", true},
		{"not executable, so git ignores it", 0o644, "audit \n", "0", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHookRepo(t)
			h.file(h.hook("pre-commit"), "#!/bin/sh\necho \"former $*\" >>\"$LOG\"\nexit "+c.former+"\n\n\x00tail without end", c.mode)
			before := h.tree()
			if got, err := h.install(); got != "installed installed" || err != nil {
				t.Fatal(got, err)
			}
			log, out, err := h.commit()
			if log != c.log || (err == nil) != c.ok {
				t.Errorf("hooks logged %q, %v: %s", log, err, out)
			}
			if got, err := h.install(); got != "unchanged unchanged" || err != nil {
				t.Error(got, err)
			}
			if got, err := h.uninstall(); got != "restored removed" || err != nil {
				t.Error(got, err)
			}
			if d := cmp.Diff(before, h.tree()); d != "" {
				t.Errorf("after uninstall: %s", d)
			}
		})
	}
}

// The exit code of the former hook reaches git's caller as the hook's own.
func TestScriptKeepsExitCodeAndInput(t *testing.T) {
	h := newHookRepo(t)
	h.file(h.hook("pre-commit"), "#!/bin/sh\nread line\necho \"$# $2 $line\" >>\"$LOG\"\nexit 7\n", 0o755)
	if _, err := h.install(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(h.hook("pre-commit"), "one", "two words")
	cmd.Env, cmd.Stdin = h.env, strings.NewReader("from stdin\n")
	err := cmd.Run()
	if cmd.ProcessState.ExitCode() != 7 {
		t.Error(err)
	}
	if data, _ := os.ReadFile(h.log); string(data) != "2 two words from stdin\n" {
		t.Errorf("the former hook got %q", data)
	}
}

func TestInstallWhereGitLooks(t *testing.T) {
	for _, c := range []struct {
		name, hooks string
		setup       func(h *hookRepo)
	}{
		{"linked work tree", "../a 'repo'/.git/hooks", func(h *hookRepo) {
			h.commit()
			h.mustGit("worktree", "add", "-q", "../linked", "-b", "linked")
			h.top = filepath.Join(h.base, "linked")
		}},
		{"core.hooksPath in the work tree", ".githooks", func(h *hookRepo) { h.mustGit("config", "core.hooksPath", ".githooks") }},
		{"no directory for hooks", ".git/hooks", func(h *hookRepo) { os.RemoveAll(filepath.Dir(h.hook("x"))) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHookRepo(t)
			c.setup(h)
			res, err := Install(t.Context(), h.repo(), InstallOptions{Binary: h.binary, Hooks: []string{"pre-commit"}})
			if err != nil {
				t.Fatal(err)
			}
			want := []HookResult{{Hook: "pre-commit", Path: filepath.Join(h.top, c.hooks, "pre-commit"), State: Installed}}
			if d := cmp.Diff(want, res.Hooks); d != "" {
				t.Error(d)
			}
			if committed := res.Committed != ""; committed != (c.hooks == ".githooks") {
				t.Errorf("a directory that can be committed: %q", res.Committed)
			}
			if log, out, err := h.commit(); log != "audit \n" || err != nil {
				t.Errorf("hooks logged %q, %v: %s", log, err, out)
			}
			if got, err := h.uninstall(); got != "removed absent" || err != nil {
				t.Error(got, err)
			}
		})
	}
}

func TestInstallShared(t *testing.T) {
	h := newHookRepo(t)
	h.mustGit("config", "core.hooksPath", filepath.Join(h.base, "shared"))
	res, err := Install(t.Context(), h.repo(), InstallOptions{Binary: h.binary, Shared: true})
	if states(res) != "installed installed" || err != nil {
		t.Fatal(states(res), err)
	}
	if log, _, err := h.commit(); log != "audit \n" || err != nil {
		t.Errorf("hooks logged %q, %v", log, err)
	}
	if got, err := h.uninstall(); got != "removed removed" || err != nil {
		t.Error(got, err)
	}
}

// The pre-commit framework moves a hook to NAME.legacy and runs it from there;
// ours must not move the framework's in turn, or the two would call each other.
func TestInstallUnderAnotherManager(t *testing.T) {
	h := newHookRepo(t)
	h.file(h.hook("pre-commit"), "#!/bin/sh\necho former >>\"$LOG\"\n", 0o755)
	before := h.tree()
	if _, err := h.install(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(h.hook("pre-commit"), h.hook("pre-commit.legacy")); err != nil {
		t.Fatal(err)
	}
	manager := "#!/bin/sh\necho manager >>\"$LOG\"\nexec \"$(dirname \"$0\")/pre-commit.legacy\"\n"
	h.file(h.hook("pre-commit"), manager, 0o755)
	if got, err := h.install(); got != "unchanged unchanged" || err != nil {
		t.Error(got, err)
	}
	if log, _, err := h.commit(); log != "manager\nformer\naudit \n" || err != nil {
		t.Errorf("hooks logged %q, %v", log, err)
	}
	if got, err := h.uninstall(); got != "restored removed" || err != nil {
		t.Error(got, err)
	}
	after := h.tree()
	if after["pre-commit.legacy"] != before["pre-commit"] || !strings.HasSuffix(after["pre-commit"], manager) || len(after) != 2 {
		t.Errorf("after uninstall: %q", after)
	}
}

func TestInstallOptions(t *testing.T) {
	h := newHookRepo(t)
	for _, c := range []struct {
		name string
		opt  InstallOptions
	}{
		{"an unknown hook", InstallOptions{Binary: h.binary, Hooks: []string{"post-commit"}}},
		{"a path", InstallOptions{Binary: h.binary, Hooks: []string{"../pre-commit"}}},
		{"twice", InstallOptions{Binary: h.binary, Hooks: []string{"pre-commit", "pre-commit"}}},
		{"a relative program", InstallOptions{Binary: "modelaudit-hook"}},
		{"no program", InstallOptions{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if res, err := Install(t.Context(), h.repo(), c.opt); err == nil {
				t.Errorf("installed %v", res)
			}
		})
	}
}

// An install that was interrupted after the hook had got its second name is
// finished by the next one.
func TestInstallAfterInterruption(t *testing.T) {
	h := newHookRepo(t)
	h.file(h.hook("pre-commit"), "#!/bin/sh\necho former >>\"$LOG\"\n", 0o755)
	before := h.tree()
	if err := os.Link(h.hook("pre-commit"), h.hook(formerPrefix+"pre-commit")); err != nil {
		t.Skip(err)
	}
	if got, err := h.install(); got != "installed installed" || err != nil {
		t.Fatal(got, err)
	}
	if log, _, err := h.commit(); log != "former\naudit \n" || err != nil {
		t.Errorf("hooks logged %q, %v", log, err)
	}
	h.uninstall()
	if d := cmp.Diff(before, h.tree()); d != "" {
		t.Errorf("after uninstall: %s", d)
	}
}
