package hook

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/modelaudit/action/internal/gitindex"
)

// hooksDir returns the directory for hooks, which may not exist yet.
func hooksDir(ctx context.Context, repo *gitindex.Repo, opt InstallOptions) (string, error) {
	dir, err := repo.HooksDir(ctx)
	if err != nil {
		return "", err
	}
	refuse := func(reason string) (string, error) {
		return "", &RefusedError{Path: dir, Reason: reason, Write: command(opt)}
	}
	fi, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return "", err
	case fi.Mode()&fs.ModeSymlink != 0:
		return refuse("the directory for hooks is a symbolic link")
	case !fi.IsDir():
		return refuse("core.hooksPath is no directory")
	}
	if !opt.Shared && !within(dir, repo.CommonDir) && !within(dir, repo.GitDir) && !within(dir, repo.Top) {
		return refuse("core.hooksPath lies outside the repository, so other repositories may use it too")
	}
	return dir, nil
}

// within compares real names, because a link above dir may lead elsewhere.
func within(dir, root string) bool {
	rel, err := filepath.Rel(realName(root), realName(dir))
	return err == nil && filepath.IsLocal(rel)
}

// realName resolves links in the part of the name that exists.
func realName(name string) string {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		return real
	}
	if parent := filepath.Dir(name); parent != name {
		return filepath.Join(realName(parent), filepath.Base(name))
	}
	return name
}

// plan says what Install will do about one hook.
func plan(repo *gitindex.Repo, dir, name string, opt InstallOptions) (HookResult, error) {
	h := HookResult{Hook: name, Path: filepath.Join(dir, name), State: Installed}
	former := filepath.Join(dir, formerPrefix+name)
	kept, err := regular(former, opt)
	if err != nil {
		return h, err
	}
	if legacy := h.Path + legacySuffix; ours(legacy) {
		h.Path = legacy
	}
	file, err := regular(h.Path, opt)
	if err != nil {
		return h, err
	}
	if file == nil {
		if kept != nil {
			return h, &RefusedError{Path: former, Reason: "a kept hook is there, but no hook of ours; rename or remove it"}
		}
		return h, nil
	}
	text, err := readHook(h.Path)
	if err != nil {
		return h, err
	}
	if isOurs(text) {
		h.State = Updated
		if text == script(name, opt) && (file.Mode()&0o111 != 0 || runtime.GOOS == "windows") {
			h.State = Unchanged
		}
		if kept != nil {
			h.Former = former
		}
		return h, nil
	}
	h.Former = former
	if kept != nil && !os.SameFile(file, kept) {
		return h, &RefusedError{Path: former, Reason: "a kept hook is there, and another one in its old place", Write: command(opt)}
	}
	if reason := immovable(text, inWorkTree(repo, dir)); reason != "" {
		return h, &RefusedError{Path: h.Path, Reason: reason, Write: command(opt)}
	}
	return h, nil
}

// inWorkTree reports whether hooks are files that may be committed.
func inWorkTree(repo *gitindex.Repo, dir string) bool {
	return within(dir, repo.Top) && !within(dir, repo.CommonDir) && !within(dir, repo.GitDir)
}
