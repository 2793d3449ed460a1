package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
	"github.com/modelaudit/action/policy"
	"github.com/urfave/cli/v2"
)

// policyFile is where a repository keeps its policy.
const policyFile = ".modelaudit.yml"

func policyCommand(s door.Streams) *cli.Command {
	file := &cli.StringFlag{Name: "policy", Usage: "the policy `FILE` (default: " + policyFile + " at the repository's root)"}
	return &cli.Command{
		Name: "policy", Usage: "write, check or explain a policy",
		Subcommands: []*cli.Command{
			{Name: "init", Usage: "write " + policyFile + " from a template", ArgsUsage: "[FILE]",
				Flags: []cli.Flag{&cli.StringFlag{Name: "template", Value: "standard", Usage: "`NAME`: " + strings.Join(policy.Templates(), ", ")},
					&cli.BoolFlag{Name: "force", Usage: "replace a file that exists"}},
				Action: func(c *cli.Context) error { return policyInit(c, s) }},
			{Name: "check", Usage: "say whether policies are right, with line and column if not", ArgsUsage: "[FILE...]",
				Flags: []cli.Flag{file}, Action: func(c *cli.Context) error { return policyCheck(c, s) }},
			{Name: "explain", Usage: "say which clause decides for a path", ArgsUsage: "PATH...",
				Flags: []cli.Flag{file, door.FloorFlag()}, Action: func(c *cli.Context) error { return policyExplain(c, s) }},
		},
		Action: func(c *cli.Context) error { return door.Usagef("policy needs init, check or explain") },
	}
}

func policyInit(c *cli.Context, s door.Streams) error {
	if c.NArg() > 1 {
		return door.Usagef("policy init takes one file at most")
	}
	text, ok := policy.Template(c.String("template"))
	if !ok {
		return door.Usagef("there is no template %q: expected one of %s", c.String("template"), strings.Join(policy.Templates(), ", "))
	}
	at := rooted(c.Context, s)
	name := nameOr(c.Args().First(), at.policy)
	if err := checkFile("policy init", name); err != nil {
		return err
	}
	err := pipeline.WriteFile(name, text, 0o644, c.Bool("force"))
	if errors.Is(err, fs.ErrExist) {
		e := door.Refusef("%s exists", name)
		e.Hint = "--force replaces it"
		return e
	}
	if err != nil {
		return door.Incompletef("%v", err)
	}
	if !c.Bool("quiet") {
		check := "modelaudit policy check"
		if name != at.policy {
			check += " " + render.ShellQuote(name)
		}
		fmt.Fprintf(s.Out, "wrote %s (%s); `%s` checks it\n", render.Escape(name), c.String("template"), check)
		if at.top != "" && at.path(name) == policyFile {
			fmt.Fprintf(s.Err, "note: the hook reads the staged policy: git add %s\n", render.Escape(name))
		}
	}
	return nil
}

func policyCheck(c *cli.Context, s door.Streams) error {
	files := c.Args().Slice()
	if len(files) == 0 {
		files = []string{nameOr(c.String("policy"), rooted(c.Context, s).policy)}
	}
	for _, f := range files {
		p, err := door.LoadPolicy(f)
		if err != nil {
			return err
		}
		if !c.Bool("quiet") {
			fmt.Fprintf(s.Out, "%s: ok, sha256 %s\n", render.Escape(f), p.SHA256)
		}
		for _, note := range p.Expired(time.Now().UTC()) {
			fmt.Fprintf(s.Err, "note: %s: %s\n", render.Escape(f), render.Escape(note))
		}
	}
	return nil
}

// A place is where policies are looked for and what paths are taken from: the
// top of the repository, as for the hook, else the working directory.
type place struct{ top, policy string }

func rooted(ctx context.Context, s door.Streams) place {
	repo, err := gitindex.Open(ctx, ".", s.Env)
	if err != nil {
		return place{policy: policyFile}
	}
	defer repo.Close()
	return place{repo.Top, filepath.FromSlash(pipeline.Shown(filepath.Join(repo.Top, policyFile)))}
}

// path is the path of a file from the top, with slashes, or as it is shown
// where it does not lie below that.
func (p place) path(name string) string {
	wd, err := filepath.EvalSymlinks(".")
	if abs, absErr := filepath.Abs(wd); err == nil && absErr == nil && p.top != "" {
		if !filepath.IsAbs(name) {
			name = filepath.Join(abs, name)
		}
		if rel, err := filepath.Rel(p.top, name); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
	}
	return pipeline.Shown(name)
}
