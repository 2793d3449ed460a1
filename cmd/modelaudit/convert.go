package main

import (
	"os"
	"strings"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/converters/pytorch"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

func convertCommand(s door.Streams) *cli.Command {
	return &cli.Command{
		Name: "convert", Usage: "write the tensors of a file into a format that cannot run code", ArgsUsage: "SRC...",
		Description: "Writes beside the source unless told otherwise, never changes the source, and\nputs nothing in place whose proof does not stand. SRC is a file, a directory, a\nglob ('models/**/*.pt'), or - for standard input. No policy decides here: what a\n.modelaudit.yml trusts or allows does not count, and a tensor that depends on a\ncall of a class of your own is refused. docs/convert.md is the guide.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "to", Usage: "target `FORMAT`: " + strings.Join(converters.Targets(), ", ") + " (the last two hold weights of Keras)"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE` (one source); - is standard output"},
			&cli.StringFlag{Name: "output-dir", Usage: "write into `DIR`, the tree of a source kept"},
			&cli.BoolFlag{Name: "batch", Usage: "one summary, even for one source"},
			&cli.IntFlag{Name: "jobs", Usage: "convert `N` files at a time; 0 is the default", DefaultText: "all processors busy"},
			&cli.BoolFlag{Name: "validate", Usage: "also print what validate SRC RESULT says"},
			&cli.BoolFlag{Name: "backup", Usage: "copy the source to NAME.backup"},
			&cli.BoolFlag{Name: "force", Usage: "replace an output that exists"},
			&cli.BoolFlag{Name: "dry-run", Usage: "say what would be written, write nothing"},
			&cli.StringFlag{Name: "report", Usage: "write a report to `FILE`: Markdown if it ends in .md, else JSON"},
			&cli.BoolFlag{Name: "weights-only", Usage: "leave optimizer and other state out"},
			&cli.BoolFlag{Name: "single-file", Usage: "weights and state in one file, full names"},
			&cli.StringFlag{Name: "max-shard-size", Usage: "cut into files of `SIZE` (5GB, 1GiB) and an index"},
			&cli.BoolFlag{Name: "partial", Usage: "leave out tensors that cannot be converted"},
			&cli.StringSliceFlag{Name: "include", Usage: "only tensors whose name matches `GLOB`"},
			&cli.StringSliceFlag{Name: "exclude", Usage: "no tensor whose name matches `GLOB`"},
			&cli.StringSliceFlag{Name: "strip-prefix", Usage: "take `PREFIX` off names, as in module."},
			&cli.StringSliceFlag{Name: "rename", Usage: "`OLD=NEW`: another name for a tensor"},
			&cli.StringFlag{Name: "tied", Usage: "`full|alias`: write tied tensors each, or once, which load_model of safetensors.torch takes and load_state_dict does not", Value: "full"},
			&cli.StringFlag{Name: "dtype", Usage: "round weights to `float16|bfloat16`"},
			&cli.BoolFlag{Name: "preserve-metadata", Usage: "keep plain values (always done)"},
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
	if err := answerInput(c); err != nil {
		return err
	}
	if err := checkStreams(c, s); err != nil {
		return err
	}
	to, unknown := converters.Lookup(c.String("to"))
	jobs, err := plan(c, to)
	if err != nil {
		return err
	}
	if unknown != nil {
		return convertTarget(c.String("to"), unknown)
	}
	door.BoundConversion()
	b := &batch{c: c, s: s, to: to, opt: opt, talk: len(jobs) == 1 && !c.Bool("batch"), targets: map[string]string{}, meter: newMeter(s, jobs)}
	for _, j := range jobs {
		if j.info != nil {
			b.sources = append(b.sources, j)
		}
	}
	if err := b.run(jobs); err != nil {
		return b.interrupted(err)
	}
	return b.close()
}

// convertTarget tells a format that is planned from one that is nonsense.
func convertTarget(to string, err error) error {
	switch to {
	case "onnx", "savedmodel":
		return &door.Exit{Code: 1, Msg: "converting to " + to + " is not supported yet", Hint: "--to safetensors, pytorch, weights.h5 and h5 are"}
	}
	return door.Usagef("%v", err)
}

// answerInput sends what is made of standard input to standard output, unless told otherwise.
func answerInput(c *cli.Context) error {
	if c.NArg() != 1 || c.Args().First() != pipeline.Received || c.IsSet("output") || c.IsSet("output-dir") {
		return nil
	}
	return c.Set("output", toStdout)
}

// checkStreams refuses a terminal where a model would be read or written.
func checkStreams(c *cli.Context, s door.Streams) error {
	if c.Int("jobs") < 0 {
		return door.Usagef("--jobs must not be negative")
	}
	if _, err := takesInput(c, s); err != nil {
		return err
	}
	if c.String("output") != toStdout {
		return nil
	}
	switch {
	case c.Bool("validate"):
		return door.Usagef("--validate needs an output that is a file")
	case isTerminal(s.Out):
		return door.Usagef("standard output is a terminal: expected a file or a pipe for the result")
	}
	return nil
}

func isTerminal(stream any) bool {
	if checked, ok := stream.(*door.Checked); ok {
		stream = checked.W
	}
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func convertOptions(c *cli.Context) (opt converters.Options, err error) {
	opt = converters.Options{To: c.String("to"), WeightsOnly: c.Bool("weights-only"), SingleFile: c.Bool("single-file"), Partial: c.Bool("partial"),
		StripPrefixes: c.StringSlice("strip-prefix"), Include: c.StringSlice("include"), Exclude: c.StringSlice("exclude")}
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
	for name, globs := range map[string]converters.Names{"include": opt.Include, "exclude": opt.Exclude} {
		if err := globs.Check(); err != nil {
			return opt, door.Usagef("--%s: %v", name, err)
		}
	}
	for _, p := range opt.StripPrefixes {
		if p == "" {
			return opt, door.Usagef("--strip-prefix needs a prefix, as in module.")
		}
	}
	if opt.DType, err = converters.CastTo(c.String("dtype")); err != nil {
		return opt, door.Usagef("%v", err)
	}
	if size := c.String("max-shard-size"); size != "" {
		if opt.MaxShardSize, err = converters.ParseSize(size); err != nil {
			return opt, door.Usagef("--max-shard-size %v", err)
		}
		if out := c.String("output"); out != "" && out != toStdout && converters.TorchName(out) != (opt.To == pytorch.Target) {
			return opt, door.Usagef("--max-shard-size: shards of %s cannot be called after %q", opt.To, out)
		}
	}
	if c.Bool("weights-only") && c.Bool("single-file") {
		return opt, door.Usagef("--weights-only and --single-file exclude each other")
	}
	return opt, nil
}
