package main

import (
	"errors"
	"fmt"
	"io"
	"os"
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
		Name: "inspect", Usage: "show what is inside a file: members, what its pickles do, globals, tensors, findings", ArgsUsage: "FILE",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "disassemble", Usage: "list the opcodes of the pickles, with what they do"},
			&cli.BoolFlag{Name: "all", Usage: "show every step of the pickles and every element, not only the first and those that matter; with --disassemble every argument in full"},
		},
		Action: func(c *cli.Context) error { return inspect(c, s) },
	}
}

func inspect(c *cli.Context, s door.Streams) error {
	if c.NArg() != 1 {
		return door.Usagef("inspect needs exactly one file")
	}
	src, f, err := inspected(c, s)
	if err != nil {
		return err
	}
	defer f.Close()
	auditor := door.Auditor(nil, false)
	var inspector pipeline.Inspector
	inspector.Watch(auditor)
	a, err := auditor.Audit(c.Context, src)
	if err != nil {
		return err
	}
	switch {
	case c.Bool("disassemble"):
		err = auditor.Disassemble(c.Context, s.Out, a, c.Bool("all"))
		if errors.Is(err, pipeline.ErrNoPickle) {
			if u := a.Artifact.Coverage.Unread; len(u) > 0 {
				return door.Incompletef("%s: %v: %s", src.Path, err, u[0].Reason)
			}
			return door.Refusef("%s: %v", src.Path, err)
		}
	case a.Skipped:
		_, err = fmt.Fprintf(s.Out, "%s: nothing shows it to be a model file (%s)\n", render.Escape(src.Path), render.Bytes(src.Size))
	default:
		in := inspector.Inspect(a)
		if err = printContents(s.Out, in, c.Bool("all")); err != nil {
			break
		}
		if in.Pickles > 0 {
			if err = auditor.Decompile(c.Context, s.Out, a, c.Bool("all")); err != nil {
				break
			}
		}
		err = printAccount(s.Out, in, c.Bool("all"))
	}
	if err != nil {
		return door.Incompletef("%v", err)
	}
	return verdictCode(a)
}

// inspected opens what is to be looked at: a file, the index of shards with these,
// a directory that is one model, or standard input.
func inspected(c *cli.Context, s door.Streams) (pipeline.Source, io.Closer, error) {
	if input, err := takesInput(c, s); err != nil {
		return pipeline.Source{}, nil, err
	} else if input {
		src, f, err := pipeline.Receive(c.Context, s.In)
		if err != nil {
			err = door.Incompletef("%v", err)
		}
		return src, f, err
	}
	if _, err := sources(c.Args().Slice()); err != nil {
		return pipeline.Source{}, nil, err
	}
	path := c.Args().First()
	fi, err := os.Stat(path)
	if err == nil && fi.IsDir() {
		model := pipeline.ModelOf(path)
		if model == "" {
			return pipeline.Source{}, nil, door.Usagef("%s is a directory, and no model: inspect needs one; modelaudit scan looks at directories", path)
		}
		path = model
	}
	src, _, f, err := pipeline.OpenSet(path)
	if err != nil {
		return src, nil, door.Incompletef("%v", err)
	}
	return src, f, nil
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

// printContents prints what a file holds.
func printContents(out io.Writer, in *pipeline.Inspection, all bool) error {
	t := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	w := lister{t, all}
	esc := render.Escape
	fmt.Fprintf(w, "%s: %s, %s, %s\n", esc(in.Artifact.Path), formatNames(in.Artifact.Formats), render.Bytes(in.Artifact.Size), in.Artifact.Verdict)
	w.section("members", len(in.Members), 2000, func(i int) {
		m := in.Members[i]
		how := "stored"
		if !m.Stored {
			how = "compressed"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", esc(m.Name), render.Bytes(m.Size), how)
	})
	w.section("inside", len(in.Parts), 200, func(i int) {
		p := in.Parts[i]
		fmt.Fprintf(w, "  %s\t%s\t%s\n", esc(p.Member), render.Bytes(p.Size), formatNames(p.Formats))
	})
	w.section("globals", len(in.Globals), 200, func(i int) {
		how := "named only"
		if n := in.Globals[i].Calls; n > 0 {
			how = fmt.Sprintf("%d call%s", n, plural(n))
		}
		fmt.Fprintf(w, "  %s\t%s\n", esc(in.Globals[i].Name), how)
	})
	w.section("metadata", len(in.Metadata), 200, func(i int) {
		fmt.Fprintf(w, "  %s\t%s\n", esc(in.Metadata[i][0]), esc(clip(in.Metadata[i][1], 100)))
	})
	w.section("tensors", len(in.Tensors), 5000, func(i int) {
		t := in.Tensors[i]
		fmt.Fprintf(w, "  %s\t%s\t%v\t%s%s\n", esc(nameOr(t.Name, `""`)), t.DType, t.Shape, render.Bytes(t.Bytes), column(esc(t.Storage)))
	})
	w.section("left out by a conversion", len(in.Omitted), 200, func(i int) {
		fmt.Fprintf(w, "  %s\t%s\n", esc(nameOr(in.Omitted[i].Path, "the object itself")), esc(in.Omitted[i].Reason))
	})
	w.section("tensors that cannot be converted", len(in.Refused), 200, func(i int) {
		fmt.Fprintf(w, "  %s\t%s\n", esc(nameOr(in.Refused[i].Path, "the object itself")), esc(in.Refused[i].Reason))
	})
	if in.NoTree != "" && len(in.Artifact.Coverage.Unread) == 0 {
		fmt.Fprintf(w, "no tensors listed: %s\n", esc(in.NoTree))
	}
	return t.Flush()
}

// printAccount prints what was found, and how much of the file was understood.
func printAccount(out io.Writer, in *pipeline.Inspection, all bool) error {
	t := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	w := lister{t, all}
	esc := render.Escape
	w.section("findings", len(in.Artifact.Findings), 100, func(i int) {
		f := in.Artifact.Findings[i]
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", f.Severity, f.Rule, span(f.Location.Member, f.Location.Start, f.Location.End), render.EscapeMessage(f.Message))
	})
	w.section("unread", len(in.Artifact.Coverage.Unread), 100, func(i int) {
		u := in.Artifact.Coverage.Unread[i]
		fmt.Fprintf(w, "  %s\t%s\n", span(u.Member, u.Start, u.End), esc(u.Reason))
	})
	c := in.Artifact.Coverage
	fmt.Fprintf(w, "coverage: %s understood, %s opaque, %s unread\n", render.Bytes(c.Understood), render.Bytes(c.Opaque), render.Bytes(max(in.Artifact.Size-c.Understood-c.Opaque, 0)))
	return t.Flush()
}

// span is a byte range of a member, "x/data.pkl [0x1f,0x3a)".
func span(member string, start, end int64) string {
	if member != "" {
		member = render.Escape(member) + " "
	}
	return fmt.Sprintf("%s[%#x,%#x)", member, start, end)
}

// formatNames joins the formats of a file.
func formatNames(formats []audit.Format) string {
	if len(formats) == 0 {
		return "unknown"
	}
	names := make([]string, len(formats))
	for i, f := range formats {
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

// A lister prints sections of a list each, shortened unless all is set.
type lister struct {
	io.Writer
	all bool
}

// section prints the first most of n lines below a title.
func (w lister) section(title string, n, most int, line func(int)) {
	if n == 0 {
		return
	}
	fmt.Fprintf(w, "%s (%d)\n", title, n)
	for i := range n {
		if i == most && !w.all {
			fmt.Fprintf(w, "  and %d more; --all lists them\n", n-i)
			return
		}
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
