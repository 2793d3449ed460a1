package main

import (
	"os"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/internal/render"
	"github.com/urfave/cli/v2"
)

func reportCommand(s door.Streams) *cli.Command {
	return &cli.Command{
		Name: "report", Usage: "show saved reports in another format, several as one", ArgsUsage: "REPORT.json...",
		Description: "Reads reports that --format json wrote and writes them as one in any format, without looking at a model again: the jobs of a matrix give one SARIF file. The exit code is that of the reports, the worst of them. A report is believed as it stands; only read those that your own jobs made.",
		Flags:       door.ReportFlags(),
		Action:      func(c *cli.Context) error { return showReports(c, s) },
	}
}

func showReports(c *cli.Context, s door.Streams) error {
	if c.NArg() == 0 {
		return door.Usagef("report needs at least one report")
	}
	if err := door.CheckFormats(c, c.Args().Slice()...); err != nil {
		return err
	}
	var list []*audit.Report
	for _, name := range c.Args().Slice() {
		r, err := readReport(name)
		if err != nil {
			return err
		}
		list = append(list, r)
	}
	merged := audit.Merge(list)
	opt := s.TextOptions(c, s.Out)
	opt.Remedy = door.Remedies
	if err := s.WriteReport(c, merged, render.Text, opt); err != nil {
		return err
	}
	return door.Code(merged.ExitCode)
}

// readReport reads one report. A file that is not there is wrong usage; one that
// is no report means that something is not known.
func readReport(name string) (*audit.Report, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, door.Usagef("%v", err)
	}
	defer f.Close()
	r, err := render.ReadJSON(f)
	if err != nil {
		return nil, door.Incompletef("%s: %v", name, err)
	}
	return r, nil
}
