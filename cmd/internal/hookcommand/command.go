// Package hookcommand is the command line of the hook, which is a program of
// its own and `modelaudit hook`.
package hookcommand

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/hook"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/render"
	"github.com/urfave/cli/v2"
)

// Run is the whole program: arguments in, exit code out.
func Run(args []string, s door.Streams) int {
	return door.Run(App(s), args, s, indexNames(args, s))
}

// App is the program with its flags and commands.
func App(s door.Streams) *cli.App {
	installFlags := append([]cli.Flag{
		&cli.StringSliceFlag{Name: "hook", Usage: "`pre-commit|pre-merge-commit` (default: both)"},
		door.FloorFlag(),
	}, door.CommonFlags()...)
	app := &cli.App{
		Name: "modelaudit-hook", Usage: "audit what is staged, apply the policy, rewrite the index", Args: true, ArgsUsage: "[PATH...]",
		Description: door.ExitStatus + door.Examples([]string{"modelaudit-hook install", "modelaudit-hook --all --check",
			"modelaudit-hook --range main..HEAD --each-commit", "modelaudit-hook --range main..HEAD --format sarif=models.sarif"}),
		Flags: append(append([]cli.Flag{
			&cli.StringFlag{Name: "policy", Usage: "the policy `FILE` (default: .modelaudit.yml in the index)"},
			door.FloorFlag(),
			&cli.BoolFlag{Name: "check", Usage: "never write; what would be rewritten is exit 1"},
			cacheFlag(),
			&cli.BoolFlag{Name: "dry-run", Usage: "change nothing and say of every file what the policy would do: with --range, for trying a policy on history"},
			&cli.BoolFlag{Name: "all", Usage: "audit, and rewrite as the policy says, every entry of the index; with --check nothing is written"},
			&cli.StringFlag{Name: "range", Usage: "audit what changed in `A..B`"},
			&cli.BoolFlag{Name: "each-commit", Usage: "with --range: every commit between"},
		}, door.ReportFlags()...), door.CommonFlags()...),
		Commands: append([]*cli.Command{
			{Name: "install", Usage: "put the hook into this repository", Flags: append([]cli.Flag{
				&cli.BoolFlag{Name: "strict", Usage: "also refuse commits made with --no-verify, rebase, cherry-pick or am"},
			}, installFlags...),
				Action: func(c *cli.Context) error { return install(c, s) }},
			{Name: "uninstall", Usage: "take the hook out again and bring a former one back", Flags: installFlags,
				Action: func(c *cli.Context) error { return uninstall(c, s) }},
		}, append(pushCommands(s), transactionCommand(s))...),
		Action: func(c *cli.Context) error { return run(c, s) },
	}
	if inFramework(s) { // what follows are names of files, one of which may be "install"
		app.Commands = nil
	}
	return app
}

// indexNames answers which arguments are names of index entries, asking git at
// most once, and only if an argument could be mistaken for something else.
func indexNames(args []string, s door.Streams) func(string) bool {
	var doubtful []string
	for _, a := range args {
		command := slices.Contains([]string{"install", "uninstall", "pre-push", "pre-receive", "update", hook.StrictHook}, a)
		if strings.HasPrefix(a, "-") && a != "--" || command {
			doubtful = append(doubtful, a)
		}
	}
	names := map[string]bool{}
	if len(doubtful) > 0 {
		if repo, err := gitindex.Open(context.Background(), ".", s.Env); err == nil {
			defer repo.Close()
			entries, _ := repo.Entries(context.Background(), doubtful)
			for _, e := range entries {
				names[e.Path] = true
			}
		}
	}
	return func(a string) bool { return names[a] }
}

func run(c *cli.Context, s door.Streams) error {
	if c.Bool("each-commit") && !c.IsSet("range") {
		return door.Usagef("--each-commit needs --range")
	}
	if c.Bool("all") && c.IsSet("range") {
		return door.Usagef("--all is for the index and --range for commits: give one of them")
	}
	opt, repo, err := prepare(c, s)
	if err != nil {
		return err
	}
	defer repo.Close()
	opt.Paths = c.Args().Slice()
	if done, err := framed(c, s, repo, opt); done {
		return err
	}
	if opt.Cache, err = wantsCache(c, s); err != nil {
		return err
	}
	if !c.IsSet("range") {
		opt.Unstaged = stashed(c.Context, s, repo)
	}
	var res *hook.Run
	if c.IsSet("range") {
		res, err = hook.Range(c.Context, repo, opt, c.String("range"), c.Bool("each-commit"))
	} else {
		res, err = hook.Hook(c.Context, repo, opt)
	}
	if err != nil {
		return command(err, c.Args().First())
	}
	return show(c, s, res)
}

// command is Explain, which tells of the commands where a path that is not there stands
// in the place of one.
func command(err error, first string) error {
	err = Explain(err)
	var exit *door.Exit
	if errors.As(err, &exit) && exit.Code == audit.ExitUsage && first != "" && strings.Trim(first, "abcdefghijklmnopqrstuvwxyz-") == "" {
		exit.Hint = "the commands are install, uninstall, pre-push, pre-receive and update; `modelaudit completion --hook` and `modelaudit man --hook` write of this program"
	}
	return err
}

// options are what flags and environment say of a run.
func options(c *cli.Context, s door.Streams) (opt hook.Options, err error) {
	if err := door.CheckFormats(c); err != nil {
		return opt, err
	}
	if opt.Policy, opt.Floor, err = door.LoadPolicies(c); err != nil {
		return opt, err
	}
	if opt.Dir, err = os.Getwd(); err != nil {
		return opt, door.Incompletef("%v", err)
	}
	opt.Today, opt.Check, opt.All, opt.Digest = time.Now().UTC(), c.Bool("check") || c.Bool("dry-run"), c.Bool("all"), door.WantsDigest(c)
	opt.Merging = strings.HasPrefix(s.Environ("GIT_REFLOG_ACTION"), "merge") || strings.HasPrefix(s.Environ("GIT_REFLOG_ACTION"), "pull")
	opt.WorkTreeOnly, opt.Prefix = inFramework(s), s.Environ("GIT_PREFIX")
	return opt, nil
}

// prepare reads the options and opens the repository around the working directory.
func prepare(c *cli.Context, s door.Streams) (opt hook.Options, repo *gitindex.Repo, err error) {
	if opt, err = options(c, s); err != nil {
		return opt, nil, err
	}
	repo, err = gitindex.Open(c.Context, ".", s.Env)
	if errors.Is(err, gitindex.ErrNoWorkTree) && c.IsSet("range") { // which needs none
		if s.Environ("GIT_DIR") == "" {
			return opt, nil, door.Incompletef("%v; a bare repository is used only if GIT_DIR names it, as in GIT_DIR=. modelaudit-hook --range A..B", err)
		}
		repo, err = gitindex.OpenServer(c.Context, ".", s.Env)
	}
	if err != nil {
		return opt, nil, notOpened(err)
	}
	return opt, repo, nil
}

// notOpened tells a place without a repository, which is wrong usage, from a
// repository that cannot be read.
func notOpened(err error) error {
	if errors.Is(err, gitindex.ErrNoRepo) {
		return door.Usagef("%v", err)
	}
	return door.Incompletef("%v", err)
}

// Explain gives an error of package hook its exit code: a wrong policy is 2, a commit that
// would lose something is 1, all else means that the audit is incomplete.
func Explain(err error) error {
	var wrong *hook.PolicyError
	var lost *hook.LostSourceError
	var ranged *hook.RangeError
	var path *hook.PathError
	switch {
	case errors.As(err, &ranged):
		return door.Usagef("%v", ranged)
	case errors.As(err, &path):
		return door.Usagef("%v", path)
	case errors.As(err, &wrong):
		return door.Usagef("%v", wrong.Err)
	case errors.As(err, &lost):
		return &door.Exit{Code: audit.ExitBlocked, Msg: lost.Error(), Hint: lost.Command}
	}
	return door.Incompletef("%v", err)
}

// show prints the report, what to do next, and last the undo block. A commit
// without models prints nothing.
func show(c *cli.Context, s door.Streams, res *hook.Run) error {
	return showAs(c, s, res, render.HookText)
}

// showAs is show with another text.
func showAs(c *cli.Context, s door.Streams, res *hook.Run, text door.TextWriter) error {
	r := &res.Report
	r.Tool = audit.Tool{Name: "modelaudit", Version: door.Version()}
	if r.ExitCode == audit.ExitInterrupted { // before the undo block, which stands last
		fmt.Fprintln(s.Err, "modelaudit: interrupted, after this was changed:")
	}
	wanted := len(c.StringSlice("format")) > 0 || c.String("output") != "" || c.Bool("dry-run")
	opt := s.TextOptions(c, s.Out)
	// Who asks for everything without a commit is told that it was looked at.
	opt.Counts = c.Bool("all") && c.Bool("check") && !opt.Quiet
	if r.ExitCode == audit.ExitAllowed && !wanted && !opt.Counts && !speaks(res) {
		return nil
	}
	opt.Remedy = res.Commands
	if c.Bool("dry-run") {
		if err := s.WriteReport(c, r, dryText, opt); err != nil {
			return err
		}
		return door.Code(r.ExitCode)
	}
	if err := s.WriteReport(c, r, text, opt); err != nil {
		return err
	}
	if text := next(res); text != "" && door.PlainText(c) {
		fmt.Fprint(s.Out, text)
	}
	return door.Code(r.ExitCode)
}

// speaks reports whether an allowed commit has something to say: a rewrite, a
// warning, a suppression, another policy than before for the models in it. A
// commit without models has nothing to say, whatever else it changes.
func speaks(res *hook.Run) bool {
	if res.PolicyChanged && len(res.Report.Artifacts) > 0 {
		return true
	}
	for _, a := range res.Report.Artifacts {
		if a.Remedy != nil || len(a.Findings) > 0 || len(a.Coverage.Unread) > 0 || a.Decision != nil && len(a.Decision.Notes) > 0 {
			return true
		}
	}
	return false
}

func next(res *hook.Run) string {
	var b strings.Builder
	if len(res.Next) > 0 {
		before := ""
		if res.Report.Summary.Rewritten > 0 {
			before = " look at what changed, " + adapt(res) + "then (with your own options, such as -m or --amend)"
		}
		fmt.Fprintf(&b, "\nnext:%s\n", before)
		for _, cmd := range res.Next {
			fmt.Fprintf(&b, "  %s\n", cmd)
		}
	}
	if len(res.Undo) > 0 {
		fmt.Fprintf(&b, "\nundo with\n")
		for _, cmd := range res.Undo {
			fmt.Fprintf(&b, "%s\n", cmd)
		}
		fmt.Fprintln(&b) // what started the hook, husky for one, may say something next
	}
	return b.String()
}

// adapt reminds of the code that loads a file whose format has changed.
func adapt(res *hook.Run) string {
	for i := range res.Report.Artifacts {
		if rem := res.Report.Artifacts[i].Remedy; rem != nil && rem.Kind != audit.RemedyStrip {
			return "adapt the code that loads the file, "
		}
	}
	return ""
}

// program is the binary that an installed hook runs.
func program() (path string, args []string, err error) {
	path, err = os.Executable()
	if err != nil {
		return "", nil, err
	}
	base := strings.TrimSuffix(strings.ToLower(baseName(path)), ".exe")
	if !strings.HasPrefix(base, "modelaudit-hook") {
		args = []string{"hook"}
	}
	return path, args, nil
}

func baseName(p string) string {
	return p[strings.LastIndexAny(p, `/\`)+1:]
}
