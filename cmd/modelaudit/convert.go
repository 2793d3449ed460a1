package main

import (
	"strings"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/converters"
	"github.com/urfave/cli/v2"
)

func convertCommand(s door.Streams) *cli.Command {
	return &cli.Command{
		Name: "convert", Usage: "write the tensors of a file into a format that cannot run code", ArgsUsage: "SRC...",
		Description: "Writes beside the source unless told otherwise, never changes the source, and\nputs nothing in place whose proof does not stand. No policy decides here: what a\n.modelaudit.yml trusts or allows does not count, and a tensor that depends on a\ncall of a class of your own is refused.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "to", Usage: "target `FORMAT`: safetensors"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE` (one source)"},
			&cli.StringFlag{Name: "output-dir", Usage: "write into `DIR`"},
			&cli.BoolFlag{Name: "batch", Usage: "many sources: one summary, one failure does not stop the rest"},
			&cli.BoolFlag{Name: "validate", Usage: "also print what modelaudit validate SRC RESULT says, under the names that --rename gave and of what --partial left"},
			&cli.BoolFlag{Name: "backup", Usage: "copy the source to NAME.backup"},
			&cli.BoolFlag{Name: "force", Usage: "replace an output that exists"},
			&cli.BoolFlag{Name: "preserve-metadata", Usage: "keep plain values in the metadata (always done)"},
			&cli.BoolFlag{Name: "weights-only", Usage: "leave optimizer and other state out"},
			&cli.BoolFlag{Name: "single-file", Usage: "weights and state in one file, under full names"},
			&cli.BoolFlag{Name: "partial", Usage: "leave out tensors that cannot be converted, and say which"},
			&cli.BoolFlag{Name: "dry-run", Usage: "say what would be done, write nothing"},
			&cli.StringSliceFlag{Name: "rename", Usage: "`OLD=NEW`: give the first tensor with the name OLD the name NEW"},
			&cli.StringFlag{Name: "tied", Usage: "`full|alias`: write tensors that are one object in full, or once", Value: "full"},
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
	opt, err := convertOptions(c)
	if err != nil {
		return err
	}
	jobs, err := plan(c)
	if err != nil {
		return err
	}
	if _, err := converters.Lookup(c.String("to")); err != nil {
		return convertTarget(c.String("to"), err)
	}
	b := &batch{c: c, s: s, opt: opt, talk: len(jobs) == 1 && !c.Bool("batch"), targets: map[string]string{}}
	for _, j := range jobs {
		b.sources = append(b.sources, j.File)
	}
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
	opt := converters.Options{WeightsOnly: c.Bool("weights-only"), SingleFile: c.Bool("single-file"), Partial: c.Bool("partial")}
	switch c.String("tied") {
	case "full":
	case "alias":
		opt.TiedAlias = true
	default:
		return opt, door.Usagef("--tied %q: expected full or alias", c.String("tied"))
	}
	for _, r := range c.StringSlice("rename") {
		// Tensor names may have a "=", so the last one separates.
		at := strings.LastIndexByte(r, '=')
		if at < 0 {
			return opt, door.Usagef("--rename %q: expected OLD=NEW", r)
		}
		opt.Renames = append(opt.Renames, converters.Rename{Old: r[:at], New: r[at+1:]})
	}
	if c.Bool("weights-only") && c.Bool("single-file") {
		return opt, door.Usagef("--weights-only and --single-file exclude each other")
	}
	return opt, nil
}
