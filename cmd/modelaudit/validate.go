package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
	"github.com/urfave/cli/v2"
)

// The defaults of --samples and --tolerance.
const (
	defaultSamples   = 100
	defaultTolerance = 1e-6
)

func validateCommand(s door.Streams) *cli.Command {
	return &cli.Command{
		Name: "validate", Usage: "say whether a converted file holds what the original holds", ArgsUsage: "ORIG CONVERTED",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "samples", Aliases: []string{"n"}, Value: defaultSamples, Usage: "compare no more than `N` elements of each tensor above 1 MiB, and take means and ULPs of as many of any other; unless it is given, every element is compared"},
			&cli.Float64Flag{Name: "tolerance", Value: defaultTolerance, Usage: "largest absolute difference that passes; without it, rounding that the file speaks of passes too"},
			&cli.Int64Flag{Name: "seed", Usage: "choose the samples by `N`"},
			&cli.StringFlag{Name: "report", Usage: "write a report to `FILE`: Markdown if it ends in .md, else JSON"},
		},
		Action: func(c *cli.Context) error { return validate(c, s) },
	}
}

func validate(c *cli.Context, s door.Streams) error {
	if c.NArg() != 2 {
		return door.Usagef("validate needs the original and the converted file")
	}
	if x := c.Float64("tolerance"); c.Int("samples") < 1 || !(x >= 0) || math.IsInf(x, 1) {
		return door.Usagef("--samples must be at least 1 and --tolerance a number that is not negative")
	}
	if slices.Contains(c.Args().Slice(), toStdout) {
		return door.Usagef("validate reads both files more than once, so that neither can be standard input: save it under a name")
	}
	if err := checkDirectories(c.Args().Slice()); err != nil {
		return err
	}
	if err := checkReport(c); err != nil {
		return err
	}
	all, closeAll, err := openCompared(c, append(c.Args().Slice(), stateBeside(c.Args().Get(1))...))
	defer closeAll()
	if err != nil {
		return err
	}
	both := [2]*pipeline.Audited(all[:2])
	v, err := pipeline.Validate(c.Context, both[0], both[1], pipeline.ValidateOptions{State: all[2], Samples: c.Int("samples"), Sparing: c.IsSet("samples"), Tolerance: c.Float64("tolerance"), Strict: c.IsSet("tolerance"), Seed: c.Int64("seed")})
	if err != nil {
		for _, a := range both {
			if e := exitFor(a, err); e.Code == audit.ExitIncomplete {
				return oneLine(e)
			}
		}
		return oneLine(exitFor(both[0], err))
	}
	if !c.Bool("quiet") {
		printValidation(s.Out, c.Args().Get(0), c.Args().Get(1), v, c.Int("samples"))
	}
	code := audit.ExitAllowed
	if !v.Valid {
		code = audit.ExitBlocked
	}
	if name := c.String("report"); name != "" {
		if err := s.ReportTo(name, validationReport(both, v, code)); err != nil {
			return err
		}
	}
	return door.Code(code)
}

// openCompared audits the original, the converted file, and the state beside it if that is
// among the names.
func openCompared(c *cli.Context, names []string) (all [3]*pipeline.Audited, closeAll func(), err error) {
	auditor := door.Auditor(nil, c.String("report") != "")
	var files []io.Closer
	closeAll = func() {
		for _, f := range files {
			f.Close()
		}
	}
	for i, name := range names {
		src, _, f, err := pipeline.OpenSet(name)
		if err != nil {
			return all, closeAll, door.Incompletef("%v", err)
		}
		files = append(files, f)
		if all[i], err = auditor.Audit(c.Context, src); err != nil {
			return all, closeAll, err
		}
	}
	return all, closeAll, nil
}

// stateBeside is the file with the state beside a converted one, if there is one.
func stateBeside(converted string) []string {
	for _, name := range pipeline.StateBeside(converted) {
		if fi, err := os.Stat(filepath.FromSlash(name)); err == nil && fi.Mode().IsRegular() {
			return []string{name}
		}
	}
	return nil
}

// checkDirectories refuses a directory that is no distributed checkpoint, and
// names the index in it if there is one.
func checkDirectories(names []string) error {
	hint, wrong := []string{"modelaudit", "validate", "--"}, ""
	for _, name := range names {
		word := name
		if fi, err := os.Stat(name); err == nil && fi.IsDir() {
			if _, err := os.Stat(filepath.Join(name, ".metadata")); err == nil {
				hint = append(hint, quoted(name))
				continue
			}
			wrong = name
			entries, _ := os.ReadDir(name) // none, none is named
			for _, e := range entries {
				if strings.HasSuffix(e.Name(), ".index.json") {
					word = filepath.Join(name, e.Name())
				}
			}
		}
		hint = append(hint, quoted(word))
	}
	if wrong == "" {
		return nil
	}
	e := door.Usagef("%s is a directory: validate compares two files, two distributed checkpoints, or two indexes with their shards", wrong)
	if text := strings.Join(hint, " "); strings.Contains(text, ".index.json") {
		e.Hint = text
	}
	return e
}

// oneLine keeps a message that begins with the name of a file on its line.
func oneLine(e *door.Exit) *door.Exit {
	e.Lines = []string{e.Msg}
	return e
}

// checkReport refuses files that are not there, and a report over one of them.
func checkReport(c *cli.Context) error {
	files, err := sources(c.Args().Slice())
	if err != nil {
		return err
	}
	if err := checkReportFile(c.String("report"), ""); err != nil {
		return err
	}
	if name := overwritten([]string{c.String("report")}, files); name != "" {
		return door.Usagef("--report %s would overwrite a file that is compared", name)
	}
	return nil
}

// validationReport has both artifacts, and what was compared.
func validationReport(both [2]*pipeline.Audited, v *pipeline.Validation, code int) *audit.Report {
	r := &audit.Report{Validation: v}
	for _, a := range both {
		a.Artifact.Decision = nil // no policy decides here
		r.Artifacts = append(r.Artifacts, a.Artifact)
	}
	r.Notes = append(r.Notes, fmt.Sprintf("%s compared, %d equal %s, largest difference %g", tensors(v.Tensors), v.Equal, render.HowEqual(v), float64(v.MaxAbs)))
	r.Notes = append(r.Notes, v.Problems...)
	door.NewReport(r, nil)
	r.Policy = nil // none decided
	r.Close(code)
	r.ExitCode = code
	return r
}
