package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
	"github.com/urfave/cli/v2"
)

func inspectCommand(s door.Streams) *cli.Command {
	return &cli.Command{
		Name: "inspect", Usage: "show what is inside a file: members, globals, tensors, findings", ArgsUsage: "FILE",
		Flags:  []cli.Flag{&cli.BoolFlag{Name: "disassemble", Usage: "list the opcodes of the pickle"}},
		Action: func(c *cli.Context) error { return inspect(c, s) },
	}
}

func inspect(c *cli.Context, s door.Streams) error {
	if c.NArg() != 1 {
		return door.Usagef("inspect needs exactly one file")
	}
	if _, err := sources(c.Args().Slice()); err != nil {
		return err
	}
	src, f, err := pipeline.Open(c.Args().First())
	if err != nil {
		return door.Incompletef("%v", err)
	}
	defer f.Close()
	a, err := door.Auditor(nil, false).Audit(c.Context, src)
	if err != nil {
		return err
	}
	switch {
	case c.Bool("disassemble"):
		err = pipeline.Disassemble(s.Out, a)
		if errors.Is(err, pipeline.ErrNoPickle) {
			return door.Refusef("%s: %v", src.Path, err)
		}
	case a.Skipped:
		_, err = fmt.Fprintf(s.Out, "%s: nothing shows it to be a model file (%s)\n", render.Escape(src.Path), render.Bytes(src.Size))
	default:
		err = printInspection(s.Out, pipeline.Inspect(a))
	}
	if err != nil {
		return door.Incompletef("%v", err)
	}
	return verdictCode(a)
}

// verdictCode is the exit code that a file's verdict has at every door.
func verdictCode(a *pipeline.Audited) error {
	switch a.Artifact.Verdict {
	case audit.VerdictFindings:
		return door.Code(audit.ExitBlocked)
	case audit.VerdictIncomplete:
		return door.Code(audit.ExitIncomplete)
	}
	return nil
}

// printInspection prints the tree of a file.
func printInspection(out io.Writer, in *pipeline.Inspection) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	esc := render.Escape
	fmt.Fprintf(w, "%s: %s, %s, %s\n", esc(in.Artifact.Path), formatNames(in.Artifact), render.Bytes(in.Artifact.Size), in.Artifact.Verdict)
	section(w, "members", len(in.Members), func(i int) {
		m := in.Members[i]
		how := "stored"
		if !m.Stored {
			how = "compressed"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", esc(m.Name), render.Bytes(m.Size), how)
	})
	section(w, "globals", len(in.Globals), func(i int) {
		how := "named only"
		if n := in.Globals[i].Calls; n > 0 {
			how = fmt.Sprintf("%d call%s", n, plural(n))
		}
		fmt.Fprintf(w, "  %s\t%s\n", esc(in.Globals[i].Name), how)
	})
	section(w, "metadata", len(in.Metadata), func(i int) {
		fmt.Fprintf(w, "  %s\t%s\n", esc(in.Metadata[i][0]), esc(clip(in.Metadata[i][1], 100)))
	})
	section(w, "tensors", len(in.Tensors), func(i int) {
		t := in.Tensors[i]
		fmt.Fprintf(w, "  %s\t%s\t%v\t%s%s\n", esc(nameOr(t.Name, `""`)), t.DType, t.Shape, render.Bytes(t.Bytes), column(esc(t.Storage)))
	})
	section(w, "left out by a conversion", len(in.Omitted), func(i int) {
		fmt.Fprintf(w, "  %s\t%s\n", esc(in.Omitted[i].Path), esc(in.Omitted[i].Reason))
	})
	section(w, "tensors that cannot be converted", len(in.Refused), func(i int) {
		fmt.Fprintf(w, "  %s\t%s\n", esc(nameOr(in.Refused[i].Path, "the object itself")), esc(in.Refused[i].Reason))
	})
	if in.NoTree != "" && len(in.Artifact.Coverage.Unread) == 0 {
		fmt.Fprintf(w, "no tensors listed: %s\n", esc(in.NoTree))
	}
	section(w, "findings", len(in.Artifact.Findings), func(i int) {
		f := in.Artifact.Findings[i]
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s [%#x,%#x)\n", f.Severity, f.Rule, esc(f.Message), esc(f.Location.Member), f.Location.Start, f.Location.End)
	})
	section(w, "unread", len(in.Artifact.Coverage.Unread), func(i int) {
		u := in.Artifact.Coverage.Unread[i]
		fmt.Fprintf(w, "  %s [%#x,%#x)\t%s\n", esc(u.Member), u.Start, u.End, esc(u.Reason))
	})
	return w.Flush()
}

// formatNames joins the formats of a file.
func formatNames(a *audit.Artifact) string {
	if len(a.Formats) == 0 {
		return "unknown"
	}
	names := make([]string, len(a.Formats))
	for i, f := range a.Formats {
		names[i] = string(f)
	}
	return strings.Join(names, " + ")
}

// column is a last column, or nothing where it would be empty.
func column(s string) string {
	if s == "" {
		return ""
	}
	return "\t" + s
}

func section(w io.Writer, title string, n int, line func(int)) {
	if n == 0 {
		return
	}
	fmt.Fprintf(w, "%s (%d)\n", title, n)
	for i := range n {
		line(i)
	}
}

// clip shortens a text to n bytes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "..."
}
