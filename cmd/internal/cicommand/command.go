// Package cicommand is `modelaudit ci`: the gate as a CI service runs it. It
// finds out which change the job is about, audits it by the policy of the
// revision before, and tells the service.
package cicommand

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/internal/render"
	"github.com/urfave/cli/v2"
)

// failOn are the values of --fail-on: the rank of the mildest finding that
// fails the job.
var failOn = map[string]int{"any": 0, "low": audit.Low.Rank(), "medium": audit.Medium.Rank(), "high": audit.High.Rank(), "critical": audit.Critical.Rank(), "never": 100}

// Command is the command for an app.
func Command(s door.Streams) *cli.Command {
	return &cli.Command{
		Name: "ci", Usage: "audit the change that a CI job is about", ArgsUsage: "[PATH...]",
		Description: "Finds out from the environment of GitHub Actions or GitLab CI what is pushed or proposed and what was there before, and audits the difference, from the repository's objects and not from the work tree, by the policy of the revision before. Elsewhere, and for tags, schedules and manual runs, all of HEAD is audited. What cannot be compared is audited whole.\n\nOn GitHub it also writes annotations, the job summary and the step's outputs. docs/ci.md is the guide.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "range", Value: "auto", Usage: "audit `A..B`, or auto (the job's change), all (every file of HEAD) or files (on disk, no git)"},
			&cli.BoolFlag{Name: "each-commit", Usage: "look at what every commit between has added"},
			&cli.StringFlag{Name: "policy", Usage: "the policy `FILE` (default: .modelaudit.yml of the revision before; with --range files the built-in policy)"},
			door.FloorFlag(),
			&cli.StringFlag{Name: "paths", Usage: "audit only what is at or below these, one on a `LINE`"},
			&cli.StringFlag{Name: "fail-on", Value: "any", Usage: "`LEVEL` of the mildest finding that fails the job: any, low, medium, high, critical, or never"},
			&cli.StringFlag{Name: "fix", Usage: "write to `FILE` a patch that converts or strips what is blocked, if that is possible; nothing else is changed"},
			&cli.StringFlag{Name: "comment", Usage: "write the summary to `FILE`, short enough for a comment"},
			&cli.StringFlag{Name: "upload", Usage: "on GitHub, write to `FILE` the request that uploads the SARIF report to code scanning"},
		}, door.ReportFlags()...),
		Action: func(c *cli.Context) error { return tell(c, s, run) },
	}
}

// A job is one run of the command.
type job struct {
	c     *cli.Context
	s     door.Streams
	today time.Time
	paths []string
}

// result is what a job found out. remedy has the commands that help with a file.
type result struct {
	report *audit.Report
	remedy func(*audit.Artifact) []string
	patch  string // the file of a patch that mends something, "" for none
}

// run audits. The error is of the audit itself, the report's code is not in it.
func run(c *cli.Context, s door.Streams) (result, error) {
	if _, ok := failOn[c.String("fail-on")]; !ok {
		return result{}, door.Usagef("--fail-on %s: expected any, low, medium, high, critical or never", c.String("fail-on"))
	}
	if err := door.CheckFormats(c); err != nil {
		return result{}, err
	}
	j := &job{c: c, s: s, today: time.Now().UTC(), paths: c.Args().Slice()}
	for line := range strings.Lines(c.String("paths")) {
		if line = strings.TrimSpace(line); line != "" {
			j.paths = append(j.paths, line)
		}
	}
	text := c.String("range")
	if text == "files" {
		return j.files()
	}
	if !slices.Contains([]string{"auto", "all", ""}, text) && !strings.Contains(text, "..") {
		return result{}, door.Usagef("--range %s: expected auto, all, files, A..B, A...B or A..", text)
	}
	return j.change()
}

// tell runs the audit and hands what came of it to everybody who asked.
func tell(c *cli.Context, s door.Streams, run func(*cli.Context, door.Streams) (result, error)) error {
	res, err := run(c, s)
	if err != nil {
		return failed(s, err)
	}
	verdict := verdict(res.report, c.String("fail-on"))
	if verdict == nil && res.report.ExitCode != audit.ExitAllowed {
		res.report.Notes = append(res.report.Notes, fmt.Sprintf("the job passes all the same, with exit code 0: --fail-on %s", c.String("fail-on")))
	}
	opt := s.TextOptions(c, s.Out)
	opt.Remedy = res.remedy
	if err := s.WriteReport(c, res.report, render.Text, opt); err != nil {
		return err
	}
	if name := c.String("comment"); name != "" {
		var b strings.Builder
		if err := render.Summary(&b, res.report, render.CommentLimit, res.remedy); err != nil {
			return door.Incompletef("%v", err)
		}
		if err := door.WriteFile(name, []byte(b.String())); err != nil {
			return err
		}
	}
	if err := onGitHub(c, s, res); err != nil {
		return door.Incompletef("%v", err)
	}
	return verdict
}

// verdict is the exit code that --fail-on leaves of a report's.
func verdict(r *audit.Report, level string) error {
	if level == "any" || r.ExitCode == audit.ExitAllowed {
		return door.Code(r.ExitCode)
	}
	code := audit.ExitAllowed
	switch {
	case r.ExitCode == audit.ExitUsage || r.ExitCode == audit.ExitInterrupted:
		return door.Code(r.ExitCode)
	case level == "never":
	case len(r.Artifacts) == 0: // nothing was there to look at
		code = r.ExitCode
	default:
		for i := range r.Artifacts {
			if a := &r.Artifacts[i]; !a.Passes() {
				code = audit.WorseExit(code, weigh(a, failOn[level]))
			}
		}
	}
	if code == audit.ExitAllowed {
		return nil
	}
	return &door.Exit{Code: code}
}

// weigh is the exit code of a file that does not pass. What is unread, and what
// a policy blocks without a finding, has no level and always counts.
func weigh(a *audit.Artifact, least int) int {
	if len(a.Coverage.Unread) > 0 && len(a.Findings) == 0 {
		return audit.ExitIncomplete
	}
	worst := 100
	for i, f := range a.Findings {
		if i == 0 {
			worst = 0
		}
		worst = max(worst, f.Severity.Rank())
	}
	switch {
	case worst >= least:
		return audit.ExitBlocked
	case len(a.Coverage.Unread) > 0:
		return audit.ExitIncomplete
	}
	return audit.ExitAllowed
}
