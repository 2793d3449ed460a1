package hookcommand

import (
	"strings"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/hook"
	"github.com/urfave/cli/v2"
)

// transactionCommand is git's hook of that name, which `install --strict` puts
// in place: no commit comes to a branch that was not audited, with whatever
// command it was made.
func transactionCommand(s door.Streams) *cli.Command {
	return &cli.Command{
		Name: hook.StrictHook, Usage: "as git's hook of that name: refuse commits that no other hook has seen", ArgsUsage: "prepared|committed|aborted",
		Flags:  append(append([]cli.Flag{&cli.StringFlag{Name: "policy", Usage: "the policy `FILE` (default: that of each new commit)"}, door.FloorFlag()}, door.ReportFlags()...), door.CommonFlags()...),
		Action: func(c *cli.Context) error { return transaction(c, s) },
	}
}

// transaction audits what the commits bring that branches and HEAD are to have
// and that no reference has yet.
func transaction(c *cli.Context, s door.Streams) error {
	if c.NArg() != 1 {
		return door.Usagef("%s takes the state of the transaction", hook.StrictHook)
	}
	if c.Args().First() != "prepared" { // too late to refuse anything
		return nil
	}
	updates, err := hook.ReadUpdates(s.In, false)
	if err != nil {
		return door.Usagef("standard input: %v", err)
	}
	opt, repo, err := prepare(c, s)
	if err != nil {
		return err
	}
	defer repo.Close()
	seen := map[string]bool{}
	for _, u := range updates {
		branch := u.Ref == "HEAD" || strings.HasPrefix(u.Ref, "refs/heads/")
		if !branch || strings.Trim(u.New, "0") == "" || strings.HasPrefix(u.New, "ref:") || seen[u.New] {
			continue
		}
		seen[u.New] = true
		res, err := hook.Commit(c.Context, repo, opt, u)
		if err != nil {
			return Explain(err)
		}
		if err := show(c, s, res); err != nil { // git takes all updates or none
			return err
		}
	}
	return nil
}
