package main

import (
	"iter"
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
	"github.com/urfave/cli/v2"
)

func scanCommand(s door.Streams) *cli.Command {
	return &cli.Command{
		Name: "scan", Usage: "tell what files would do when opened", ArgsUsage: "PATH...",
		Description: "Audits files, and every file below a directory, without opening them the way\ntheir framework does. Content decides, not the name. Symbolic links below a\ndirectory are counted and not followed. - is standard input.\n\nWithout --policy the built-in one decides: a repository's .modelaudit.yml is\nread by the hook, not by scan.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "policy", Usage: "decide by the policy in `FILE`"},
			door.FloorFlag(),
			&cli.IntFlag{Name: "jobs", Usage: "audit `N` files at a time; 0 is the default", DefaultText: "the number of processors"},
		}, door.ReportFlags()...),
		Action: func(c *cli.Context) error { return scan(c, s) },
	}
}

func scan(c *cli.Context, s door.Streams) error {
	if c.NArg() == 0 {
		return door.Usagef("scan needs at least one path")
	}
	if err := door.CheckFormats(c); err != nil {
		return err
	}
	for _, name := range door.ReportFiles(c) {
		if err := checkFile("the report", name); err != nil {
			return err
		}
	}
	pol, floor, err := door.LoadPolicies(c)
	if err != nil {
		return err
	}
	if floor != nil {
		pol = pol.WithFloor(floor)
	}
	files, err := scanned(c, s)
	if err != nil {
		return err
	}
	if c.Int("jobs") < 0 {
		return door.Usagef("--jobs must not be negative")
	}
	w := watch{files: files, reports: door.ReportFiles(c)}
	r, err := door.Auditor(pol, door.WantsDigest(c)).ScanFiles(c.Context, w.all, c.Int("jobs"))
	if err != nil {
		return err
	}
	if w.overwritten != "" {
		return door.Usagef("the report would overwrite %s, which is to be scanned", w.overwritten)
	}
	door.NewReport(r, pol)
	r.Close(audit.ExitAllowed)
	if w.n == 0 {
		r.Notes = append(r.Notes, "no file was found to look at")
		r.ExitCode = audit.ExitIncomplete
	}
	opt := s.TextOptions(c, s.Out)
	opt.Remedy = door.Remedies
	if err := s.WriteReport(c, r, render.Text, opt); err != nil {
		return err
	}
	return door.Code(r.ExitCode)
}

// scanned yields the files to look at.
func scanned(c *cli.Context, s door.Streams) (iter.Seq[pipeline.File], error) {
	if input, err := takesInput(c, s); err != nil || input {
		return slices.Values([]pipeline.File{{Path: pipeline.Received, In: s.In}}), err
	}
	files, err := pipeline.Walk(pipeline.WithMetadata(c.Args().Slice()))
	if err != nil {
		return nil, door.Usagef("%v", err)
	}
	return files, nil
}

// takesInput reports whether the source is standard input, which comes alone
// and is no terminal.
func takesInput(c *cli.Context, s door.Streams) (bool, error) {
	switch {
	case !slices.Contains(c.Args().Slice(), pipeline.Received):
		return false, nil
	case c.NArg() > 1:
		return false, door.Usagef("standard input (-) can be the only source; a file of that name is ./-")
	case isTerminal(s.In):
		return false, door.Usagef("standard input is a terminal: expected a model file, as in modelaudit %s - < FILE", c.Command.Name)
	}
	return true, nil
}

// A watch counts the files that are scanned, and ends with one that a report
// would overwrite.
type watch struct {
	files       iter.Seq[pipeline.File]
	reports     []string
	n           int
	overwritten string
}

func (w *watch) all(yield func(pipeline.File) bool) {
	for f := range w.files {
		if !f.Passed {
			w.n++
		}
		if w.overwritten = overwritten(w.reports, []pipeline.File{f}); w.overwritten != "" || !yield(f) {
			return
		}
	}
}

// sources lists the files that paths name; a path that is not there is wrong usage.
func sources(paths []string) ([]pipeline.File, error) {
	files, err := pipeline.Files(paths)
	if err != nil {
		return nil, door.Usagef("%v", err)
	}
	return files, nil
}
