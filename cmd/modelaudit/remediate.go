package main

import (
	"os"
	"slices"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/urfave/cli/v2"
)

func remediateCommand(s door.Streams) *cli.Command {
	return &cli.Command{
		Name: "remediate", Usage: "take the dangerous operations out of a file and keep the rest", ArgsUsage: "SRC...",
		Description: "Works in place, atomically: the same format, the same tensors and values, and\nnothing that runs. Without --remove-dangerous-ops and --remove-lambdas both are done. What cannot be taken out without changing the meaning of the\nrest is refused, with the place. No policy decides here.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "remove-dangerous-ops", Usage: "take out calls, imports and objects that are not known to be harmless, and leave Lambda layers"},
			&cli.BoolFlag{Name: "remove-lambdas", Usage: "replace Lambda layers of Keras files by layers that compute the same, and leave all else"},
			&cli.StringFlag{Name: "lambda", Usage: "`replace|identity`: with identity, a Lambda that is not understood passes its input on, which changes the model"},
			&cli.BoolFlag{Name: "drop-training", Usage: "leave out what is your own code in a Keras model and only training needs: losses and metrics (compile it again), initializers, regularizers, constraints; it predicts as before"},
			&cli.BoolFlag{Name: "drop-items", Usage: "leave such an item out of a list; without it None keeps its place"},
			&cli.BoolFlag{Name: "plain-state", Usage: "put the state of an object of an unknown class in its place, as a dict, or its items, as a dict or list"},
			&cli.BoolFlag{Name: "drop-unread", Usage: "leave out what no known loader reads: bytes and pickles behind a pickle, and members of archives in which nothing can be kept"},
			&cli.BoolFlag{Name: "interactive", Aliases: []string{"i"}, Usage: "ask before a file is changed"},
			&cli.BoolFlag{Name: "dry-run", Usage: "say what would be removed, write nothing"},
			&cli.BoolFlag{Name: "backup", Usage: "copy the source to NAME.backup"},
			&cli.BoolFlag{Name: "force", Usage: "with --output: replace a file that exists"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE` and leave the source alone (one source)"},
			&cli.StringFlag{Name: "report", Usage: "write a report to `FILE`: Markdown if it ends in .md, else JSON"},
		},
		Action: func(c *cli.Context) error { return remediate(c, s) },
	}
}

func remediate(c *cli.Context, s door.Streams) error {
	jobs, err := remediateJobs(c)
	if err != nil {
		return err
	}
	b := &batch{c: c, s: s, done: "stripped", talk: len(jobs) == 1, unified: c.Bool("dry-run"), targets: map[string]string{}, meter: newMeter(s, jobs)}
	defer b.meter.end()
	for _, j := range jobs {
		g := b.meter.gauge(j.size)
		if err := b.remedy(j, g); err != nil {
			return err
		}
		g.end()
		if b.asked != nil && b.asked.quit {
			break // whoever quits wants no more questions
		}
	}
	b.meter.end()
	return b.close()
}

// remediateJobs lists the files to strip, and refuses what cannot be meant before
// any work.
func remediateJobs(c *cli.Context) ([]job, error) {
	if c.NArg() == 0 {
		return nil, door.Usagef("remediate needs at least one source")
	}
	if err := remediateFlags(c); err != nil {
		return nil, err
	}
	out := c.String("output")
	if out == "-" || slices.Contains(c.Args().Slice(), "-") {
		return nil, door.Usagef("remediate works on files; a file of the name - is ./-")
	}
	files, err := sources(c.Args().Slice())
	if err != nil {
		return nil, err
	}
	files = pipeline.WithoutBackups(files) // they are there to have what the files were
	if err := checkStripOutput(c, files, out); err != nil {
		return nil, err
	}
	var jobs []job
	for _, f := range files {
		if f.Passed {
			continue
		}
		j := job{File: f, out: out}
		if fi, err := os.Stat(f.Path); err == nil {
			j.size = fi.Size()
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// checkStripOutput refuses an output and a report that cannot be meant.
func checkStripOutput(c *cli.Context, files []pipeline.File, out string) error {
	if err := checkFile("--output", out); err != nil {
		return err
	}
	if err := checkReportFile(c.String("report"), ""); err != nil {
		return err
	}
	if out != "" && (len(files) != 1 || files[0].Below != "") {
		return door.Usagef("--output takes exactly one source")
	}
	if p := promises(out); (p == "safetensors" || p == "gguf") && promises(files[0].Path) != p { // scan blocks other content
		return door.Usagef("--output %s: the name promises %s, and what is written has the source's format", out, p)
	}
	if name := overwritten([]string{c.String("report"), out}, files); name != "" {
		return door.Usagef("%s would overwrite a source", name)
	}
	return nil
}

func remediateFlags(c *cli.Context) error {
	switch c.String("lambda") {
	case "", "replace", "identity":
	default:
		return door.Usagef("--lambda %q: expected replace or identity", c.String("lambda"))
	}
	if c.String("lambda") == "identity" && c.Bool("remove-dangerous-ops") && !c.Bool("remove-lambdas") {
		return door.Usagef("--lambda is about --remove-lambdas")
	}
	return nil
}
