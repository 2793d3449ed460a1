package hook

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/modelaudit/action/internal/gitindex"
)

// Uninstall removes our hooks and puts a hook that ours had replaced back, the
// very file with its mode. Where none of ours is, the state is Absent. One of
// ours that was changed by hand is left alone with a *RefusedError. All hooks
// are checked before the first is removed. Of opt only Hooks counts; if it is
// empty, StrictHook is removed as well.
func Uninstall(ctx context.Context, repo *gitindex.Repo, opt InstallOptions) (Result, error) {
	names, err := hookNames(opt.Hooks)
	if err != nil {
		return Result{}, err
	}
	if len(opt.Hooks) == 0 {
		names = append(names, StrictHook)
	}
	dir, err := hooksDir(ctx, repo, InstallOptions{Shared: true})
	if err != nil {
		return Result{}, err
	}
	var res Result
	for _, name := range names {
		h, err := planRemoval(dir, name)
		if err != nil {
			return Result{}, err
		}
		if name != StrictHook || h.State != Absent { // few have it
			res.Hooks = append(res.Hooks, h)
		}
	}
	for _, h := range res.Hooks {
		switch h.State {
		case Restored:
			err = os.Rename(h.Former, h.Path)
		case Removed:
			err = os.Remove(h.Path)
		}
		if err != nil {
			return Result{}, err
		}
	}
	return res, nil
}

func planRemoval(dir, name string) (HookResult, error) {
	h := HookResult{Hook: name, Path: filepath.Join(dir, name), State: Absent}
	former := filepath.Join(dir, formerPrefix+name)
	kept, err := regular(former, InstallOptions{})
	if err != nil {
		return h, err
	}
	switch {
	case ours(h.Path + legacySuffix):
		h.Path += legacySuffix
	case ours(h.Path):
	case kept != nil:
		return h, &RefusedError{Path: former, Reason: "a kept hook is there, but no hook of ours; rename or remove it"}
	default:
		if text, err := readHook(h.Path); err == nil && strings.Contains(text, marker) {
			return h, &RefusedError{Path: h.Path, Reason: "our hook was changed by hand; remove it yourself"}
		}
		return h, nil
	}
	h.State = Removed
	if kept != nil {
		h.State, h.Former = Restored, former
	}
	return h, nil
}

// ours reports whether name is a regular file that Install wrote.
func ours(name string) bool {
	fi, err := os.Lstat(name)
	if err != nil || !fi.Mode().IsRegular() {
		return false
	}
	text, err := readHook(name)
	return err == nil && isOurs(text)
}
