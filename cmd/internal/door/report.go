package door

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
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
		&cli.StringSliceFlag{Name: "format", Usage: "`text|json|sarif|github|gitlab[=FILE]`, may be given more than once"},
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
	f, ok := w.(*os.File)
	tty := ok && term.IsTerminal(int(f.Fd())) && s.Environ("TERM") != "dumb"
	utf8 := strings.Contains(strings.ToUpper(s.Environ("LC_ALL")+s.Environ("LC_CTYPE")+s.Environ("LANG")), "UTF-8")
	return render.TextOptions{
		Color: tty && !c.Bool("no-color") && s.Environ("NO_COLOR") == "",
		Emoji: tty && utf8,
		Quiet: c.Bool("quiet"),
	}
}

// A TextWriter renders a report as text; the two programs differ here only.
type TextWriter func(io.Writer, *audit.Report, render.TextOptions) error

// WriteReport renders a report in every format that was asked for. A report
// that goes to a file is there in full or not at all.
func (s Streams) WriteReport(c *cli.Context, r *audit.Report, text TextWriter, opt render.TextOptions) error {
	formats := c.StringSlice("format")
	if len(formats) == 0 {
		formats = []string{"text"}
	}
	for _, f := range formats {
		name, file, _ := strings.Cut(f, "=")
		if file == "" {
			file = c.String("output")
		}
		var buf bytes.Buffer
		if err := one(&buf, name, r, text, opt); err != nil {
			return err
		}
		if file == "" || file == "-" {
			if _, err := s.Out.Write(buf.Bytes()); err != nil {
				return Incompletef("%v", err)
			}
			continue
		}
		if err := pipeline.WriteFile(file, buf.Bytes(), 0o644, true); err != nil {
			return Incompletef("%v", err)
		}
	}
	return nil
}

func one(w io.Writer, format string, r *audit.Report, text TextWriter, opt render.TextOptions) error {
	switch format {
	case "text":
		return text(w, r, opt)
	case "json":
		return render.JSON(w, r)
	case "sarif":
		return render.SARIF(w, r, pipeline.Rules())
	case "github":
		return render.GitHub(w, r)
	case "gitlab":
		return render.GitLab(w, r)
	}
	return Usagef("unknown format %q: expected text, json, sarif, github or gitlab", format)
}

// CheckFormats refuses a --format that cannot be served, before any work.
func CheckFormats(c *cli.Context) error {
	unnamed := 0
	for _, f := range c.StringSlice("format") {
		name, file, named := strings.Cut(f, "=")
		switch name {
		case "text", "json", "sarif", "github", "gitlab":
		default:
			return Usagef("unknown format %q: expected text, json, sarif, github or gitlab", name)
		}
		if named && file == "" {
			return Usagef("--format %s needs a file behind =", f)
		}
		if !named {
			unnamed++
		}
	}
	if unnamed > 1 {
		return Usagef("only one --format can go to standard output: give the others a file, as in --format json=report.json")
	}
	return nil
}

// WantsDigest reports whether a format was asked for that carries digests.
func WantsDigest(c *cli.Context) bool {
	for _, f := range c.StringSlice("format") {
		name, _, _ := strings.Cut(f, "=")
		if name == "json" || name == "sarif" {
			return true
		}
	}
	return false
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
	return &pipeline.Auditor{Policy: p, Today: time.Now().UTC(), Digest: digest}
}

// NewReport fills in who made a report and under which policy.
func NewReport(r *audit.Report, p *policy.Policy) {
	r.Tool = audit.Tool{Name: "modelaudit", Version: Version()}
	if p == nil {
		p = policy.BuiltIn()
	}
	r.Policy = &audit.PolicySource{Source: p.Source, SHA256: p.SHA256}
	r.Notes = append(r.Notes, p.Expired(time.Now().UTC())...)
}

// ReportTo writes a report as JSON to a file.
func (s Streams) ReportTo(name string, r *audit.Report) error {
	var buf bytes.Buffer
	if err := render.JSON(&buf, r); err != nil {
		return Incompletef("%v", err)
	}
	if err := pipeline.WriteFile(name, buf.Bytes(), 0o644, true); err != nil {
		return Incompletef("%v", err)
	}
	return nil
}
