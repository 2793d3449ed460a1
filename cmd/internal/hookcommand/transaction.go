package hookcommand

import (
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/hook"
	"github.com/modelaudit/action/internal/render"
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
		if err := showAs(c, s, res, brief); err != nil { // git takes all updates or none
			return err
		}
	}
	return nil
}

// brief says in a line what was let through: of most commits another hook has said it
// in full. What is refused is HookText's.
func brief(w io.Writer, r *audit.Report, opt render.TextOptions) error {
	if r.ExitCode != audit.ExitAllowed {
		return render.HookText(w, r, opt)
	}
	var b strings.Builder
	for i := range r.Artifacts {
		a := &r.Artifacts[i]
		if a.Decision == nil || len(a.Findings)+len(a.Coverage.Unread)+len(a.Decision.Notes) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s: %s, %s by %s\n", render.Escape(a.Path), state(a), a.Decision.Action, render.Escape(strings.Join(a.Decision.Clauses, ", ")))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
