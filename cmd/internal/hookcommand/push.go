package hookcommand

import (
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/hook"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/urfave/cli/v2"
)

// pushCommands are the hooks that git runs around a push. They only check.
func pushCommands(s door.Streams) []*cli.Command {
	flags := append(append([]cli.Flag{&cli.StringFlag{Name: "policy", Usage: "the policy `FILE` (default: that of the index before a push, that of HEAD on a server)"}, door.FloorFlag()},
		door.ReportFlags()...), door.CommonFlags()...)
	return []*cli.Command{
		{Name: "pre-push", Usage: "as git's hook of that name: audit what every commit of a push brings", ArgsUsage: "REMOTE [URL]", Flags: flags,
			Action: func(c *cli.Context) error { return prePush(c, s) }},
		{Name: "pre-receive", Usage: "as git's hook of that name, on a server: refuse what a push brings", Flags: flags,
			Action: func(c *cli.Context) error { return preReceive(c, s) }},
		{Name: "update", Usage: "as git's hook of that name, on a server: refuse one reference", ArgsUsage: "REF OLD NEW", Flags: flags,
			Action: func(c *cli.Context) error { return update(c, s) }},
	}
}

func prePush(c *cli.Context, s door.Streams) error {
	if c.NArg() < 1 || c.NArg() > 2 {
		return door.Usagef("pre-push takes the name of a remote, and perhaps its URL")
	}
	updates, err := hook.ReadUpdates(s.In, true)
	if err != nil {
		return door.Usagef("standard input: %v", err)
	}
	opt, repo, err := prepare(c, s)
	if err != nil {
		return err
	}
	defer repo.Close()
	return pushed(c, s, repo, opt, updates, remote(c.Args().First()))
}

// remote names what git knows of a remote; that is nothing of one without a name.
func remote(name string) []string {
	if name == "" {
		return nil
	}
	return []string{"--remotes=" + name}
}

func preReceive(c *cli.Context, s door.Streams) error {
	if c.NArg() > 0 {
		return door.Usagef("pre-receive takes no arguments")
	}
	updates, err := hook.ReadUpdates(s.In, false)
	if err != nil {
		return door.Usagef("standard input: %v", err)
	}
	return receive(c, s, updates)
}

func update(c *cli.Context, s door.Streams) error {
	if c.NArg() != 3 {
		return door.Usagef("update takes a reference, its old and its new value")
	}
	return receive(c, s, []hook.Update{{Ref: c.Args().Get(0), Old: c.Args().Get(1), New: c.Args().Get(2)}})
}

// receive audits a push on the server that receives it.
func receive(c *cli.Context, s door.Streams, updates []hook.Update) error {
	opt, err := options(c, s)
	if err != nil {
		return err
	}
	repo, err := gitindex.OpenServer(c.Context, ".", s.Env)
	if err != nil {
		return notOpened(err)
	}
	defer repo.Close()
	opt.Server = true
	return pushed(c, s, repo, opt, updates, []string{"--all"})
}

func pushed(c *cli.Context, s door.Streams, repo *gitindex.Repo, opt hook.Options, updates []hook.Update, known []string) error {
	res, err := hook.Push(c.Context, repo, opt, updates, known)
	if err != nil {
		return Explain(err)
	}
	return show(c, s, res)
}

// framed is a run that the pre-commit framework asks for with --from-ref and
// --to-ref, or before a push: what changed between, whatever names it gives.
// done is false for any other run.
func framed(c *cli.Context, s door.Streams, repo *gitindex.Repo, opt hook.Options) (done bool, err error) {
	from, to, name := s.Environ("PRE_COMMIT_FROM_REF"), s.Environ("PRE_COMMIT_TO_REF"), s.Environ("PRE_COMMIT_REMOTE_NAME")
	switch {
	case !opt.WorkTreeOnly || c.IsSet("range"):
		return false, nil
	case name != "":
		if to == "" { // the first push of a history without a common commit
			to = s.Environ("PRE_COMMIT_LOCAL_BRANCH")
		}
		ref := s.Environ("PRE_COMMIT_REMOTE_BRANCH")
		return true, pushed(c, s, repo, opt, []hook.Update{{Ref: ref, Old: from, New: to}}, remote(name))
	case from != "" && to != "":
		opt.Paths = nil
		res, err := hook.Range(c.Context, repo, opt, from+".."+to, c.Bool("each-commit"))
		if err != nil {
			return true, Explain(err)
		}
		return true, show(c, s, res)
	}
	return false, nil
}
