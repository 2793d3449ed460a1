package main

import (
	"fmt"
	"io"
	"math"

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
			&cli.IntFlag{Name: "samples", Aliases: []string{"n"}, Value: defaultSamples, Usage: "measure `N` elements of each tensor that differs (every byte is compared in any case)"},
			&cli.Float64Flag{Name: "tolerance", Value: defaultTolerance, Usage: "largest absolute difference that passes"},
			&cli.Int64Flag{Name: "seed", Usage: "choose the samples by `N`"},
			&cli.StringFlag{Name: "report", Usage: "write a JSON report to `FILE`"},
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
	if err := checkReport(c); err != nil {
		return err
	}
	auditor := door.Auditor(nil, c.String("report") != "")
	var both [2]*pipeline.Audited
	for i, name := range c.Args().Slice() {
		src, f, err := pipeline.Open(name)
		if err != nil {
			return door.Incompletef("%v", err)
		}
		defer f.Close()
		if both[i], err = auditor.Audit(c.Context, src); err != nil {
			return err
		}
	}
	v, err := pipeline.Validate(c.Context, both[0], both[1], pipeline.ValidateOptions{Samples: c.Int("samples"), Tolerance: c.Float64("tolerance"), Seed: c.Int64("seed")})
	if err != nil {
		for _, a := range both {
			if e := exitFor(a, err); e.Code == audit.ExitIncomplete {
				return e
			}
		}
		return exitFor(both[0], err)
	}
	if !c.Bool("quiet") {
		printValidation(s.Out, c.Args().Get(0), c.Args().Get(1), v)
	}
	code := audit.ExitAllowed
	if !v.Valid() {
		code = audit.ExitBlocked
	}
	if name := c.String("report"); name != "" {
		if err := s.ReportTo(name, validationReport(both, v, code)); err != nil {
			return err
		}
	}
	return door.Code(code)
}

// checkReport refuses files that are not there, and a report over one of them.
func checkReport(c *cli.Context) error {
	files, err := sources(c.Args().Slice())
	if err != nil {
		return err
	}
	if name := overwritten([]string{c.String("report")}, files); name != "" {
		return door.Usagef("--report %s would overwrite a file that is compared", name)
	}
	return nil
}

// validationReport has both artifacts, and what was compared as notes.
func validationReport(both [2]*pipeline.Audited, v *pipeline.Validation, code int) *audit.Report {
	r := &audit.Report{}
	for _, a := range both {
		a.Artifact.Decision = nil // no policy decides here
		r.Artifacts = append(r.Artifacts, a.Artifact)
	}
	r.Notes = append(r.Notes, fmt.Sprintf("%s compared, %d equal byte for byte, largest difference %g", tensors(v.Tensors), v.Equal, v.MaxDiff))
	r.Notes = append(r.Notes, v.Problems...)
	door.NewReport(r, nil)
	r.Policy = nil // none decided
	r.Close(code)
	r.ExitCode = code
	return r
}

func printValidation(w io.Writer, orig, conv string, v *pipeline.Validation) {
	fmt.Fprintf(w, "Validating %s against %s\n", render.Escape(conv), render.Escape(orig))
	fmt.Fprintf(w, "  tensors  %d compared, %d equal byte for byte (%s)\n", v.Tensors, v.Equal, render.Bytes(v.BytesCompared))
	if v.Equal < v.Tensors {
		fmt.Fprintf(w, "  accuracy largest difference %g (%s), mean %g\n", v.MaxDiff, render.Escape(v.Worst), v.MeanDiff)
	} else {
		fmt.Fprintf(w, "  accuracy largest difference 0\n")
	}
	fmt.Fprintf(w, "  rescan   %s\n", v.Rescan)
	fmt.Fprintf(w, "  size     %s before, %s after\n", render.Bytes(v.SizeBefore), render.Bytes(v.SizeAfter))
	if v.LeftOut > 0 {
		fmt.Fprintf(w, "  left out %s, as --partial asked\n", tensors(v.LeftOut))
	}
	for i, p := range v.Problems {
		if i == 20 {
			fmt.Fprintf(w, "  and %d more\n", len(v.Problems)-i)
			break
		}
		fmt.Fprintf(w, "  problem  %s\n", render.Escape(p))
	}
	if v.Valid() {
		fmt.Fprintln(w, "valid")
	} else {
		fmt.Fprintln(w, "NOT valid")
	}
}
