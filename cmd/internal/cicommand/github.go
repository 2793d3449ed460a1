package cicommand

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/cmd/internal/hookcommand"
	"github.com/modelaudit/action/internal/render"
	"github.com/modelaudit/action/policy"
	"github.com/urfave/cli/v2"
)

// onGitHub tells GitHub Actions what was found: annotations in the log, the job
// summary, and the step's outputs (docs.github.com, "Workflow commands").
func onGitHub(c *cli.Context, s door.Streams, res result) error {
	if s.Environ("GITHUB_ACTIONS") != "true" {
		return nil
	}
	if door.PlainText(c) { // else standard output is taken
		if err := render.GitHub(s.Out, res.report); err != nil {
			return err
		}
	}
	var b strings.Builder
	if err := render.Summary(&b, res.report, render.SummaryLimit, res.remedy); err != nil {
		return err
	}
	if err := appendTo(s.Environ("GITHUB_STEP_SUMMARY"), b.String()); err != nil {
		return err
	}
	sum := res.report.Summary
	text := fmt.Sprintf("exit-code=%d\nartifacts=%d\nclean=%d\nfindings=%d\nincomplete=%d\nblocked=%d\nskipped=%d\n",
		res.report.ExitCode, sum.Artifacts, sum.Clean, sum.Findings, sum.Incomplete, sum.Blocked, sum.Skipped)
	for _, f := range []struct{ output, file string }{
		{"report", door.ReportFile(c, "json")}, {"sarif", door.ReportFile(c, "sarif")}, {"comment-file", c.String("comment")},
	} {
		if f.file == "" {
			continue
		}
		name, err := filepath.Abs(f.file)
		if err != nil {
			return err
		}
		if strings.ContainsAny(name, "\r\n") { // it would begin another output
			return fmt.Errorf("%q: a line break in the name of a report", name)
		}
		text += f.output + "=" + name + "\n"
	}
	return appendTo(s.Environ("GITHUB_OUTPUT"), text)
}

// failed gives an audit that could not be done its exit code, and tells GitHub
// Actions why. A policy that is wrong is annotated where it is.
func failed(s door.Streams, err error) error {
	var exit *door.Exit
	if !errors.As(err, &exit) && !errors.As(hookcommand.Explain(err), &exit) {
		return err
	}
	if s.Environ("GITHUB_ACTIONS") != "true" {
		return exit
	}
	var wrong *policy.Error
	if errors.As(err, &wrong) {
		err = render.Annotate(s.Out, wrong.File, wrong.Line, wrong.Column, wrong.Msg)
	} else {
		err = render.Annotate(s.Out, "", 0, 0, exit.Msg)
	}
	err = errors.Join(err,
		appendTo(s.Environ("GITHUB_STEP_SUMMARY"), render.Failure(exit.Code, exit.Msg)),
		appendTo(s.Environ("GITHUB_OUTPUT"), fmt.Sprintf("exit-code=%d\n", exit.Code)))
	if err != nil {
		return &door.Exit{Code: exit.Code, Msg: exit.Msg + "\n" + err.Error()}
	}
	return exit
}

// appendTo adds text to a file of the runner's; no name is no file.
func appendTo(name, text string) error {
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
