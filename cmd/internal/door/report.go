package door

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
	"github.com/modelaudit/action/policy"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

// ReportFlags are the flags that say where reports go.
func ReportFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "format", Usage: "report as `FORMAT`, or into a file as FORMAT=FILE: " + formatNames()},
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE` what would go to standard output"},
	}
}

// CommonFlags are the flags of every command.
func CommonFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print only what needs attention"},
		&cli.BoolFlag{Name: "no-color", Usage: "no colour, whatever the terminal"},
	}
}

// TextOptions chooses colour and emoji for a stream: only a terminal gets them.
func (s Streams) TextOptions(c *cli.Context, w io.Writer) render.TextOptions {
	if checked, ok := w.(*Checked); ok {
		w = checked.W
	}
	f, ok := w.(*os.File)
	tty := ok && term.IsTerminal(int(f.Fd())) && s.Environ("TERM") != "dumb"
	return render.TextOptions{
		Trustable: policy.Trustable,
		Color:     tty && !c.Bool("no-color") && s.Environ("NO_COLOR") == "",
		Emoji:     tty && s.utf8(),
		Quiet:     c.Bool("quiet"),
	}
}

// utf8 reports whether the locale's encoding is UTF-8; the first variable that
// is set decides, as in setlocale(3).
func (s Streams) utf8() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := s.Environ(name); v != "" {
			v = strings.ToUpper(v)
			return strings.Contains(v, "UTF-8") || strings.Contains(v, "UTF8")
		}
	}
	return false
}

// A TextWriter renders a report as text; the two programs differ here only.
type TextWriter func(io.Writer, *audit.Report, render.TextOptions) error

// WriteReport renders a report in every format that was asked for. A report
// that goes to a file is there in full or not at all, and plain.
func (s Streams) WriteReport(c *cli.Context, r *audit.Report, text TextWriter, opt render.TextOptions) error {
	for _, f := range wanted(c) {
		if f.file != "" {
			opt.Color, opt.Emoji = false, false
		}
		var buf bytes.Buffer
		if err := s.one(&buf, f.name, r, text, opt); err != nil {
			return err
		}
		if f.file == "" {
			if _, err := s.Out.Write(buf.Bytes()); err != nil {
				return Incompletef("%v", err)
			}
			continue
		}
		if err := WriteFile(f.file, buf.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// A wish is one report: its format, and the file that it goes to, "" for
// standard output.
type wish struct{ name, file string }

// wanted lists the reports that were asked for, those for standard output first.
func wanted(c *cli.Context) []wish {
	formats := c.StringSlice("format")
	if len(formats) == 0 {
		formats = []string{"text"}
	}
	var files, stdout []wish
	for _, f := range formats {
		name, file, _ := strings.Cut(f, "=")
		if file == "" {
			file = c.String("output")
		}
		if file == "" || file == "-" {
			stdout = append(stdout, wish{name, ""})
			continue
		}
		files = append(files, wish{name, file})
	}
	return append(stdout, files...)
}

// WriteFile writes a report to a file, which is there in full or not at all. A
// symbolic link is followed, a device or a pipe written to. A directory that
// does not exist is wrong usage.
func WriteFile(name string, data []byte) error {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	var err error
	if fi, statErr := os.Stat(name); statErr == nil && !fi.Mode().IsRegular() && !fi.IsDir() {
		err = os.WriteFile(name, data, 0)
	} else {
		err = pipeline.WriteFile(name, data, 0o644, true)
	}
	fi, statErr := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Usagef("%v", err)
	case err != nil && statErr == nil && fi.IsDir():
		return Usagef("%s is a directory", name)
	case err != nil:
		return Incompletef("%v", err)
	}
	return nil
}

// ReportFiles lists the files that reports go to, so that none is written over
// a file that is looked at.
func ReportFiles(c *cli.Context) []string {
	var files []string
	for _, f := range wanted(c) {
		if f.file != "" {
			files = append(files, f.file)
		}
	}
	return files
}

// ReportFile is the file that a format's report goes to, "" for none.
func ReportFile(c *cli.Context, format string) string {
	for _, f := range wanted(c) {
		if f.name == format && f.file != "" {
			return f.file
		}
	}
	return ""
}

// PlainText reports whether standard output carries text and not a format for machines.
func PlainText(c *cli.Context) bool {
	for _, f := range wanted(c) {
		if f.file == "" && f.name != "text" {
			return false
		}
	}
	return c.String("output") == ""
}

// LoadPolicy reads the policy file of --policy, nil without one. Whatever is
// wrong with it is exit code 2, with its place.
func LoadPolicy(file string) (*policy.Policy, error) {
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		msg := err.Error()
		if errors.Is(err, fs.ErrNotExist) {
			msg = "there is no such file; `modelaudit policy init` writes one"
		}
		return nil, Usagef("%v", &policy.Error{File: file, Line: 1, Column: 1, Msg: msg})
	}
	return ParsePolicy(file, data)
}

// LoadPolicies reads the files of --policy and --policy-floor, nil where a flag is
// not given.
func LoadPolicies(c *cli.Context) (own, floor *policy.Policy, err error) {
	if own, err = LoadPolicy(c.String("policy")); err == nil {
		floor, err = LoadPolicy(c.String("policy-floor"))
	}
	return own, floor, err
}

// FloorFlag is the flag of every command that lets a policy decide.
func FloorFlag() cli.Flag {
	return &cli.StringFlag{Name: "policy-floor", Usage: "an organisation's policy `FILE`, which the repository's may tighten and not loosen"}
}

// ParsePolicy parses a policy; an error is exit code 2.
func ParsePolicy(name string, data []byte) (*policy.Policy, error) {
	p, err := policy.Parse(name, data)
	if err != nil {
		return nil, Usagef("%v", err)
	}
	return p, nil
}

// Auditor is an auditor for a policy, today.
func Auditor(p *policy.Policy, digest bool) *pipeline.Auditor {
	return &pipeline.Auditor{Policy: p, Today: time.Now().UTC(), Digest: digest, AsZip: true, Plan: true}
}

// NewReport fills in who made a report and under which policy.
func NewReport(r *audit.Report, p *policy.Policy) {
	r.Tool = audit.Tool{Name: "modelaudit", Version: Version()}
	if p == nil {
		p = policy.BuiltIn()
	}
	r.Policy = p.Identity()
	r.Notes = append(r.Notes, p.Expired(time.Now().UTC())...)
}

// ReportTo writes a report to a file: as Markdown if its name ends in .md, else
// as JSON.
func (s Streams) ReportTo(name string, r *audit.Report) error {
	var buf bytes.Buffer
	write := render.JSON
	if strings.EqualFold(filepath.Ext(name), ".md") {
		write = render.Markdown
	}
	if err := write(&buf, r); err != nil {
		return Incompletef("%v", err)
	}
	return WriteFile(name, buf.Bytes())
}
