package main

import (
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/urfave/cli/v2"
)

func convertCommand(s door.Streams) *cli.Command {
	return &cli.Command{
		Name: "convert", Usage: "write the tensors of a file into a format that cannot run code", ArgsUsage: "SRC...",
		Description: "Writes beside the source unless told otherwise, never changes the source, and\nputs nothing in place whose proof does not stand.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "to", Usage: "target `FORMAT`: safetensors"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE` (one source)"},
			&cli.StringFlag{Name: "output-dir", Usage: "write into `DIR`"},
			&cli.BoolFlag{Name: "batch", Usage: "many sources: one summary, one failure does not stop the rest"},
			&cli.BoolFlag{Name: "validate", Usage: "also print what `modelaudit validate SRC RESULT` says"},
			&cli.BoolFlag{Name: "backup", Usage: "copy the source to NAME.backup"},
			&cli.BoolFlag{Name: "force", Usage: "replace an output that exists"},
			&cli.BoolFlag{Name: "preserve-metadata", Usage: "keep plain values in the metadata (this is the default)"},
			&cli.BoolFlag{Name: "weights-only", Usage: "leave optimizer and other state out"},
			&cli.BoolFlag{Name: "single-file", Usage: "weights and state in one file, under full names"},
			&cli.BoolFlag{Name: "partial", Usage: "leave out tensors that cannot be converted, and say which"},
			&cli.BoolFlag{Name: "dry-run", Usage: "say what would be done, write nothing"},
			&cli.StringSliceFlag{Name: "rename", Usage: "give a tensor another name: `OLD=NEW`"},
			&cli.StringFlag{Name: "tied", Usage: "tensors that are one object: `full|alias`", Value: "full"},
			&cli.StringFlag{Name: "report", Usage: "write a JSON report to `FILE`"},
		},
		Action: func(c *cli.Context) error { return convert(c, s) },
	}
}

func convert(c *cli.Context, s door.Streams) error {
	if c.NArg() == 0 {
		return door.Usagef("convert needs at least one source")
	}
	if c.String("to") == "" {
		return door.Usagef("convert needs --to FORMAT")
	}
	if _, err := converters.Lookup(c.String("to")); err != nil {
		return convertTarget(c.String("to"), err)
	}
	opt, err := convertOptions(c)
	if err != nil {
		return err
	}
	jobs, err := plan(c)
	if err != nil {
		return err
	}
	b := &batch{c: c, s: s, opt: opt, talk: len(jobs) == 1 && !c.Bool("batch")}
	for _, j := range jobs {
		if err := b.one(j); err != nil {
			return err
		}
	}
	return b.close()
}

// convertTarget tells a format that is planned from one that is nonsense.
func convertTarget(to string, err error) error {
	switch to {
	case "pytorch", "onnx", "savedmodel":
		return &door.Exit{Code: 1, Msg: "converting to " + to + " is not supported yet", Hint: "--to safetensors is"}
	}
	return door.Usagef("%v", err)
}

func convertOptions(c *cli.Context) (converters.Options, error) {
	opt := converters.Options{
		WeightsOnly: c.Bool("weights-only"), SingleFile: c.Bool("single-file"), Partial: c.Bool("partial"),
		Rename: map[string]string{},
	}
	switch c.String("tied") {
	case "full":
	case "alias":
		opt.TiedAlias = true
	default:
		return opt, door.Usagef("--tied %q: expected full or alias", c.String("tied"))
	}
	for _, r := range c.StringSlice("rename") {
		from, to, ok := cut(r)
		if !ok {
			return opt, door.Usagef("--rename %q: expected OLD=NEW", r)
		}
		opt.Rename[from] = to
	}
	if c.Bool("weights-only") && c.Bool("single-file") {
		return opt, door.Usagef("--weights-only and --single-file exclude each other")
	}
	return opt, nil
}

// cut splits OLD=NEW at the last "=", since tensor names may have one.
func cut(s string) (from, to string, ok bool) {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '=' {
			return s[:i], s[i+1:], true
		}
	}
	return "", "", false
}

// A job is one source and where its weights go.
type job struct {
	src, out string
	// explicit: the user named the file; else it was found in a directory and
	// is left out if it is no model.
	explicit bool
}

// plan lists the jobs, and refuses two with one target before any work.
func plan(c *cli.Context) ([]job, error) {
	var jobs []job
	for _, arg := range c.Args().Slice() {
		files, err := sources([]string{arg})
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			jobs = append(jobs, job{src: f, explicit: f == arg})
		}
	}
	if c.String("output") != "" && (len(jobs) != 1 || !jobs[0].explicit) {
		return nil, door.Usagef("--output takes exactly one source; use --output-dir for many")
	}
	if c.String("output") != "" && c.String("output-dir") != "" {
		return nil, door.Usagef("--output and --output-dir exclude each other")
	}
	for i := range jobs {
		jobs[i].out = outputFor(c, jobs[i].src)
	}
	return jobs, nil
}

func outputFor(c *cli.Context, src string) string {
	if o := c.String("output"); o != "" {
		return o
	}
	name := pipeline.OutputName(slash(src), roleWeights)
	if d := c.String("output-dir"); d != "" {
		return joinBase(d, name)
	}
	return name
}
