package hookcommand

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/hook"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/render"
	"github.com/urfave/cli/v2"
)

// install refuses a program that go itself will remove: every commit would fail then.
func install(c *cli.Context, s door.Streams) error {
	if path, _, err := program(); err == nil && ofGoRun(path) {
		e := door.Refusef("%s belongs to go run, which does not keep it: the hook would stop every commit once it is gone", path)
		e.Hint = "`go install ./cmd/...` first, then `modelaudit-hook install`"
		return e
	}
	return change(c, s, hook.Install)
}

// ofGoRun reports whether a program lies below a folder of go's for what it builds, the
// temporary one (go-build and digits) or the cache (go-build).
func ofGoRun(path string) bool {
	return slices.ContainsFunc(strings.Split(filepath.ToSlash(path), "/"), func(element string) bool {
		number, ok := strings.CutPrefix(element, "go-build")
		return ok && strings.Trim(number, "0123456789") == ""
	})
}

func uninstall(c *cli.Context, s door.Streams) error { return change(c, s, hook.Uninstall) }

// change installs or uninstalls, and says what became of each hook.
func change(c *cli.Context, s door.Streams, do func(context.Context, *gitindex.Repo, hook.InstallOptions) (hook.Result, error)) error {
	if c.NArg() > 0 {
		return door.Usagef("%s takes no paths", c.Command.Name)
	}
	for _, h := range c.StringSlice("hook") {
		if !slices.Contains(hook.Hooks(), h) {
			return door.Usagef("--hook %s: expected pre-commit or pre-merge-commit", h)
		}
	}
	repo, err := gitindex.Open(c.Context, ".", s.Env)
	if errors.Is(err, gitindex.ErrNoWorkTree) { // nobody commits there
		e := door.Usagef("%v: %s is for a repository in which people commit", err, c.Command.Name)
		e.Hint = "on a server, `exec modelaudit-hook pre-receive` is the whole of hooks/pre-receive"
		return e
	}
	if err != nil {
		return notOpened(err)
	}
	defer repo.Close()
	opt, err := installOptions(c)
	if err != nil {
		return err
	}
	res, err := do(c.Context, repo, opt)
	var refused *hook.RefusedError
	switch {
	case errors.As(err, &refused):
		return &door.Exit{Code: audit.ExitBlocked, Msg: refused.Error()}
	case err != nil:
		return door.Incompletef("%v", err)
	case !c.Bool("quiet"):
		tell(s, res, opt)
	}
	return nil
}

// installOptions says what the command line asks for.
func installOptions(c *cli.Context) (hook.InstallOptions, error) {
	opt := hook.InstallOptions{Hooks: c.StringSlice("hook"), Strict: c.Bool("strict")}
	var err error
	if opt.Binary, opt.Args, err = program(); err != nil {
		return opt, door.Incompletef("%v", err)
	}
	floor := c.String("policy-floor")
	if floor == "" {
		return opt, nil
	}
	if _, err := door.LoadPolicy(floor); err != nil {
		return opt, err
	}
	if floor, err = filepath.Abs(floor); err != nil {
		return opt, door.Incompletef("%v", err)
	}
	opt.Args = append(opt.Args, "--policy-floor="+floor) // one word, before the name of a command too
	return opt, nil
}

// tell says what became of each hook.
func tell(s door.Streams, res hook.Result, opt hook.InstallOptions) {
	for _, h := range res.Hooks {
		note := ""
		if h.Former != "" && h.State != hook.Restored {
			note = "; the hook that was there runs first"
		}
		fmt.Fprintf(s.Out, "%s: %s%s\n", render.Escape(h.Hook), h.State, note)
	}
	if res.Committed != "" {
		fmt.Fprintf(s.Out, "note: %s can be committed, and these hooks name a program of this machine, %s; one for everybody is the line `exec modelaudit-hook`\n",
			render.Escape(res.Committed), render.Escape(opt.Binary))
	}
}
