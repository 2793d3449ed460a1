package hook

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInstallRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		setup func(h *hookRepo)
		write bool // the refusal must say what to write
	}{
		{"a link to a hook", func(h *hookRepo) {
			h.file(filepath.Join(h.base, "shared"), "#!/bin/sh\n", 0o755)
			os.MkdirAll(filepath.Dir(h.hook("x")), 0o755)
			os.Symlink(filepath.Join(h.base, "shared"), h.hook("pre-commit"))
		}, true},
		{"a link to nothing", func(h *hookRepo) {
			os.MkdirAll(filepath.Dir(h.hook("x")), 0o755)
			os.Symlink("nowhere", h.hook("pre-merge-commit"))
		}, true},
		{"a directory", func(h *hookRepo) { os.MkdirAll(h.hook("pre-commit"), 0o755) }, true},
		{"hooks is a link", func(h *hookRepo) {
			os.RemoveAll(filepath.Dir(h.hook("x")))
			os.Symlink(h.base, filepath.Dir(h.hook("x")))
		}, true},
		{"a program", func(h *hookRepo) { h.file(h.hook("pre-commit"), "\x7fELF", 0o755) }, true},
		{"a dispatcher", func(h *hookRepo) {
			h.file(h.hook("pre-commit"), "#!/bin/sh\nexec run-parts \"hooks.d/$(basename \"$0\")\"\n", 0o755)
		}, true},
		{"one that loads its neighbour", func(h *hookRepo) { h.file(h.hook("pre-commit"), "#!/bin/sh\n. \"$(dirname \"$0\")/h\"\n", 0o755) }, true},
		{"ours, changed by hand", func(h *hookRepo) {
			h.install()
			text, _ := os.ReadFile(h.hook("pre-commit"))
			h.file(h.hook("pre-commit"), string(text)+"exit 0\n", 0o755)
		}, true},
		{"a second former hook", func(h *hookRepo) {
			h.file(h.hook("pre-commit"), "#!/bin/sh\n", 0o755)
			h.install()
			h.file(h.hook("pre-commit"), "#!/bin/sh\n# another tool\n", 0o755)
		}, true},
		{"a kept hook alone", func(h *hookRepo) { h.file(h.hook(formerPrefix+"pre-commit"), "#!/bin/sh\n", 0o755) }, false},
		{"core.hooksPath outside", func(h *hookRepo) { h.mustGit("config", "core.hooksPath", filepath.Join(h.base, "shared hooks")) }, true},
		{"core.hooksPath is no directory", func(h *hookRepo) { h.mustGit("config", "core.hooksPath", "/dev/null") }, true},
		{"core.hooksPath leads outside by a link", func(h *hookRepo) {
			os.Mkdir(filepath.Join(h.base, "shared"), 0o755)
			os.Symlink(filepath.Join(h.base, "shared"), filepath.Join(h.top, "link"))
			h.mustGit("config", "core.hooksPath", "link/hooks")
		}, true},
		{"a hook that others share", func(h *hookRepo) {
			h.mustGit("config", "core.hooksPath", ".githooks")
			h.file(filepath.Join(h.top, ".githooks", "pre-commit"), "#!/bin/sh\n", 0o755)
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHookRepo(t)
			c.setup(h)
			before := h.tree()
			got, err := h.install()
			var refused *RefusedError
			if !errors.As(err, &refused) {
				t.Fatalf("%s, %v", got, err)
			}
			if c.write && refused.Write != quote(h.binary) {
				t.Errorf("no line to write: %v", err)
			}
			if d := cmp.Diff(before, h.tree()); d != "" {
				t.Errorf("files changed: %s", d)
			}
		})
	}
}
