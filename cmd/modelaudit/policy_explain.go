package main

import (
	"bytes"
	"fmt"
	"os"
	"time"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
	"github.com/modelaudit/action/policy"
	"github.com/urfave/cli/v2"
)

// policyExplain says which clause decides. Of a file that exists the formats and,
// for `allow`, the digest are looked at; of another only the path counts.
func policyExplain(c *cli.Context, s door.Streams) error {
	if c.NArg() == 0 {
		return door.Usagef("policy explain needs at least one path")
	}
	own, floor, err := door.LoadPolicies(c)
	if err != nil {
		return err
	}
	at := rooted(c.Context, s)
	if own == nil {
		if own, err = repositoryPolicy(c, s, at); err != nil {
			return err
		}
	}
	p := own
	switch {
	case floor != nil:
		p = own.WithFloor(floor)
	case own == nil:
		p = policy.BuiltIn()
	}
	for _, name := range c.Args().Slice() {
		if fi, err := os.Stat(name); err == nil && fi.IsDir() {
			return door.Usagef("%s is a directory, and a policy decides on files: name files in it", name)
		}
		in := policy.Input{Path: at.path(name), Today: time.Now().UTC()}
		if in.Artifact, err = artifactOf(c, p, name); err != nil {
			return err
		}
		fmt.Fprintln(s.Out, render.Escape(in.Path))
		for _, step := range p.Explain(in) {
			fmt.Fprintf(s.Out, "  %s\n", render.Escape(step.String()))
		}
	}
	return nil
}

// repositoryPolicy finds the policy as the hook does: in the index. One that is not
// staged is taken from its file; that the two differ is said.
func repositoryPolicy(c *cli.Context, s door.Streams, at place) (*policy.Policy, error) {
	file, fileErr := os.ReadFile(at.policy)
	if at.top != "" {
		repo, err := gitindex.Open(c.Context, ".", s.Env)
		if err != nil {
			return nil, door.Incompletef("%v", err)
		}
		defer repo.Close()
		staged, found, err := repo.ReadIndexFile(c.Context, policyFile)
		if err != nil {
			return nil, door.Incompletef("%s in the index: %v", policyFile, err)
		}
		if found && len(staged) == 0 {
			pending, err := repo.IntentToAdd(c.Context, policyFile)
			if err != nil {
				return nil, door.Incompletef("%v", err)
			}
			found = !pending
		}
		if found {
			if fileErr == nil && !bytes.Equal(file, staged) {
				fmt.Fprintf(s.Err, "note: the hook reads the staged %s, and so does this; --policy %s explains the file\n", policyFile, render.Escape(at.policy))
			}
			return door.ParsePolicy(at.policy, staged)
		}
		if fileErr == nil {
			fmt.Fprintf(s.Err, "note: %s is not staged: the hook does not see it yet\n", render.Escape(at.policy))
		}
	}
	if os.IsNotExist(fileErr) {
		return nil, nil
	}
	return door.LoadPolicy(at.policy)
}

// artifactOf is what is on disk under a name, nil if that cannot be opened.
func artifactOf(c *cli.Context, p *policy.Policy, name string) (*audit.Artifact, error) {
	src, f, err := pipeline.Open(name)
	if err != nil {
		return nil, nil
	}
	defer f.Close()
	a, err := door.Auditor(p, false).Audit(c.Context, src)
	if err != nil {
		return nil, err
	}
	return &a.Artifact, nil
}
