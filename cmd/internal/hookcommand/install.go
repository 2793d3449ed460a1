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
		known := false
		for _, k := range hook.Hooks() {
			known = known || h == k
		}
		if !known {
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
	binary, args, err := program()
	if err != nil {
		return door.Incompletef("%v", err)
	}
	if floor := c.String("policy-floor"); floor != "" {
		if _, err := door.LoadPolicy(floor); err != nil {
			return err
		}
		if floor, err = filepath.Abs(floor); err != nil {
			return door.Incompletef("%v", err)
		}
		args = append(args, "--policy-floor="+floor) // one word, before the name of a command too
	}
	res, err := do(c.Context, repo, hook.InstallOptions{Hooks: c.StringSlice("hook"), Strict: c.Bool("strict"), Binary: binary, Args: args})
	var refused *hook.RefusedError
	switch {
	case errors.As(err, &refused):
		return &door.Exit{Code: audit.ExitBlocked, Msg: refused.Error()}
	case err != nil:
		return door.Incompletef("%v", err)
	}
	if c.Bool("quiet") {
		return nil
	}
	for _, h := range res.Hooks {
		note := ""
		if h.Former != "" && h.State != hook.Restored {
			note = "; the hook that was there runs first"
		}
		fmt.Fprintf(s.Out, "%s: %s%s\n", render.Escape(h.Hook), h.State, note)
	}
	return nil
}
