package cicommand

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/cmd/internal/hookcommand"
	"github.com/modelaudit/action/internal/pipeline"
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
	upload, err := writeUpload(c, s, res.report)
	if err != nil {
		return err
	}
	sum := res.report.Summary
	text := fmt.Sprintf("exit-code=%d\nartifacts=%d\nclean=%d\nfindings=%d\nincomplete=%d\nblocked=%d\nskipped=%d\n",
		res.report.ExitCode, sum.Artifacts, sum.Clean, sum.Findings, sum.Incomplete, sum.Blocked, sum.Skipped)
	for _, f := range []struct{ output, file string }{
		{"report", door.ReportFile(c, "json")}, {"sarif", door.ReportFile(c, "sarif")}, {"comment-file", c.String("comment")}, {"upload-file", upload}, {"patch", res.patch},
	} {
		line, err := pathOutput(f.output, f.file)
		if err != nil {
			return err
		}
		text += line
	}
	return appendTo(s.Environ("GITHUB_OUTPUT"), text)
}

// pathOutput is the line that gives a step's output the path of a file, if there is one.
func pathOutput(output, file string) (string, error) {
	if file == "" {
		return "", nil
	}
	name, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(name, "\r\n") { // it would begin another output
		return "", fmt.Errorf("%q: a line break in the name of a report", name)
	}
	return output + "=" + name + "\n", nil
}

// An uploadRequest is the body of "Upload an analysis as SARIF data"
// (docs.github.com, REST API for code scanning). Asking by ourselves spares the
// action of GitHub's, which reads every model file in full to number its lines.
type uploadRequest struct {
	Commit string `json:"commit_sha"`
	Ref    string `json:"ref"`
	SARIF  []byte `json:"sarif"` // gzip; encoding/json makes base64 of it
	Tool   string `json:"tool_name"`
}

// writeUpload writes the request, if it was asked for, and returns the file's
// name. None is written where the commit that GitHub would hold it for is not
// what was audited.
func writeUpload(c *cli.Context, s door.Streams, r *audit.Report) (string, error) {
	name := c.String("upload")
	if name == "" || r.Change == nil || r.Change.Head != s.Environ("GITHUB_SHA") {
		return "", nil
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	err := errors.Join(render.SARIF(z, r, pipeline.Rules()), z.Close())
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(uploadRequest{r.Change.Head, s.Environ("GITHUB_REF"), packed.Bytes(), "modelaudit"})
	if err != nil {
		return "", err
	}
	return name, door.WriteFile(name, body)
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
