package hook

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/safeio"
)

// Hooks are the hooks that may be installed, in the order in which they are
// when none is named.
func Hooks() []string { return []string{"pre-commit", "pre-merge-commit"} }

// StrictHook is installed besides them when that is asked for: it sees commits
// that run no other hook, and only checks.
const StrictHook = "reference-transaction"

// InstallOptions says what to install.
type InstallOptions struct {
	Hooks  []string // names from Hooks(); empty means all of them
	Strict bool     // StrictHook too
	Binary string   // the program that the hook runs, absolute
	Args   []string // its arguments, e.g. "hook" for modelaudit itself
	// Shared allows a core.hooksPath outside the repository, where the hook
	// would run for every repository that uses that directory.
	Shared bool
}

// A State is what became of one hook.
type State string

// The states.
const (
	Installed State = "installed" // our hook is new there
	Updated   State = "updated"   // our older hook was replaced
	Unchanged State = "unchanged" // our hook was there, byte for byte
	Removed   State = "removed"   // our hook is gone
	Restored  State = "restored"  // our hook is gone, the former one is back
	Absent    State = "absent"    // there was nothing of ours to remove
)

// A HookResult is what was done about one hook.
type HookResult struct {
	Hook   string
	Path   string // absolute name of the hook file
	State  State
	Former string // absolute name of the hook that ours runs first; "" if none
}

// A Result lists the hooks in the order of the request.
type Result struct {
	Hooks []HookResult
	// Committed is the directory of the hooks if it is in the work tree, where it may be
	// committed: for others, on whose machine the program is elsewhere.
	Committed string
}

// A RefusedError says why a hook was left alone, and what to do instead.
type RefusedError struct {
	Path   string // the file or directory that is in the way
	Reason string // one clause
	Write  string // the line that a person may put in a hook of their own; "" if none helps
}

func (e *RefusedError) Error() string {
	s := fmt.Sprintf("%s: %s", printable(e.Path), e.Reason)
	if e.Write != "" {
		s += "; add this line to your own hook instead:\n  " + printable(e.Write)
	}
	return s
}

// formerPrefix begins the name under which a hook that was there is kept.
const formerPrefix = "modelaudit-former-"

// legacySuffix ends the name to which the pre-commit framework moves a hook
// that it finds, and from which it then runs it.
const legacySuffix = ".legacy"

// Install puts our script where git looks for hooks. A hook that is there is
// kept under another name, with its mode, and runs first; if it cannot be moved
// without harm nothing is changed and the error is a *RefusedError. A second
// call with the same options changes nothing. All hooks are checked before the
// first is written.
func Install(ctx context.Context, repo *gitindex.Repo, opt InstallOptions) (Result, error) {
	names, err := hookNames(opt.Hooks)
	if err != nil {
		return Result{}, err
	}
	if opt.Strict {
		names = append(names, StrictHook)
	}
	if !filepath.IsAbs(opt.Binary) {
		return Result{}, fmt.Errorf("%s: the program's name is not absolute", printable(opt.Binary))
	}
	dir, err := hooksDir(ctx, repo, opt)
	if err != nil {
		return Result{}, err
	}
	var res Result
	if !within(dir, repo.CommonDir) && !within(dir, repo.GitDir) && within(dir, repo.Top) {
		res.Committed = dir
	}
	for _, name := range names {
		h, err := plan(repo, dir, name, opt)
		if err != nil {
			return Result{}, err
		}
		res.Hooks = append(res.Hooks, h)
	}
	for _, h := range res.Hooks {
		if h.State == Unchanged {
			continue
		}
		if err := place(h, script(h.Hook, opt)); err != nil {
			return Result{}, err
		}
	}
	return res, nil
}

func hookNames(names []string) ([]string, error) {
	if len(names) == 0 {
		return Hooks(), nil
	}
	for i, n := range names {
		if !slices.Contains(Hooks(), n) {
			return nil, fmt.Errorf("%q is no hook that can be installed; there are %s", n, strings.Join(Hooks(), " and "))
		}
		if slices.Contains(names[:i], n) {
			return nil, fmt.Errorf("the hook %s is named twice", n)
		}
	}
	return names, nil
}

// place writes our script. The hook that was there gets its second name before
// it loses the first, so that at every moment one of them is in force.
func place(h HookResult, text string) error {
	if err := os.MkdirAll(filepath.Dir(h.Path), 0o755); err != nil {
		return err
	}
	if h.State == Installed && h.Former != "" {
		if err := keep(h.Path, h.Former); err != nil {
			return err
		}
	}
	f, err := safeio.Create(filepath.Dir(h.Path), 0o755)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := f.WriteString(text); err != nil {
		return err
	}
	return f.Replace(h.Path)
}

// keep gives the hook from the second name to, by a link or else by a copy
// with the same mode. A run that was interrupted here may have done it before.
func keep(from, to string) error {
	linkErr := os.Link(from, to)
	if linkErr == nil {
		return nil
	}
	fi, err := os.Lstat(from)
	if err != nil {
		return err
	}
	if was, err := os.Lstat(to); err == nil {
		if !os.SameFile(fi, was) {
			return linkErr
		}
		return nil
	}
	text, err := readHook(from)
	if err != nil {
		return err
	}
	f, err := safeio.Create(filepath.Dir(to), fi.Mode())
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := f.WriteString(text); err != nil {
		return err
	}
	return f.Place(to)
}
