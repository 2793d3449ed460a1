package door

import (
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
	"github.com/urfave/cli/v2"
)

// formats are the values of --format.
var formats = []string{"text", "json", "sarif", "github", "gitlab", "gitlab-sast", "junit", "markdown"}

func formatNames() string {
	last := len(formats) - 1
	return strings.Join(formats[:last], ", ") + " or " + formats[last]
}

func (s Streams) one(w io.Writer, format string, r *audit.Report, text TextWriter, opt render.TextOptions) error {
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
	case "gitlab-sast":
		// GitLab tells its jobs when they began; without that the time is zero.
		began, _ := time.Parse(time.RFC3339, s.Environ("CI_JOB_STARTED_AT"))
		return render.GitLabSAST(w, r, pipeline.Rules(), began)
	case "junit":
		return render.JUnit(w, r)
	case "markdown":
		return render.Summary(w, r, render.SummaryLimit, opt.Remedy)
	}
	return Usagef("unknown format %q: expected %s", format, formatNames())
}

// CheckFormats refuses a --format that cannot be served, before any work. inputs are
// files that are read besides the policies, over which no report is written either.
func CheckFormats(c *cli.Context, inputs ...string) error {
	out, unnamed, stdout, files := c.String("output"), 0, 0, map[string]bool{}
	for _, f := range c.StringSlice("format") {
		name, file, named := strings.Cut(f, "=")
		if !slices.Contains(formats, name) {
			return Usagef("unknown format %q: expected %s", name, formatNames())
		}
		if named && file == "" {
			return Usagef("--format %s needs a file behind =", f)
		}
		if !named {
			unnamed++
			file = out
		}
		if file == "" || file == "-" {
			stdout++
			continue
		}
		if files[filepath.Clean(file)] {
			return Usagef("two reports for %s", file)
		}
		files[filepath.Clean(file)] = true
	}
	for _, file := range ReportFiles(c) {
		if err := CheckReplaced(file, append(inputs, c.String("policy"), c.String("policy-floor"))...); err != nil {
			return err
		}
	}
	if unnamed == 0 && out != "" && files[filepath.Clean(out)] {
		return Usagef("two reports for %s", out)
	}
	if stdout > 1 {
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
