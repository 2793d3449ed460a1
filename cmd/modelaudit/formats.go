package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/urfave/cli/v2"
)

func formatsCommand(s door.Streams) *cli.Command {
	return &cli.Command{
		Name: "formats", Usage: "show which formats are read and what can be made of them",
		Description: "The compatibility matrix: what is read, what it converts to, what a conversion\nkeeps and loses. docs/formats/README.md has the same.",
		Flags:       []cli.Flag{&cli.StringFlag{Name: "format", Usage: "`text|json`", Value: "text"}},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return door.Usagef("formats takes no arguments")
			}
			switch c.String("format") {
			case "text":
				return formatsText(s.Out)
			case "json":
				return formatsJSON(s.Out)
			}
			return door.Usagef("unknown format %q: expected text or json", c.String("format"))
		},
	}
}

func formatsText(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "FORMAT\tSCAN\tCONVERT TO\tNOTE")
	for _, f := range pipeline.Formats() {
		scan := "no"
		if f.Read {
			scan = "yes"
		}
		to := strings.Join(f.Targets, ", ")
		if to == "" {
			to = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", f.Name, scan, to, f.Note)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, t := range pipeline.TargetFormats() {
		fmt.Fprintf(w, "\nTO %s\n  kept\t%s\n  lost\t%s\n", strings.ToUpper(t.Name), strings.Join(t.Kept, "; "), strings.Join(t.Lost, "; "))
	}
	fmt.Fprintln(w, "\nFROM")
	formatsFrom(w, pipeline.Formats())
	return w.Flush()
}

// formatsFrom prints what is converted of each source; formats of which the same
// is said stand together.
func formatsFrom(w io.Writer, rows []pipeline.FormatInfo) {
	for i := 0; i < len(rows); i++ {
		f := rows[i]
		if len(f.Targets) == 0 {
			continue
		}
		name := string(f.Name)
		for i+1 < len(rows) && rows[i+1].Tensors == f.Tensors && rows[i+1].Lost == f.Lost && rows[i+1].Limits == f.Limits {
			i++
			name += " " + string(rows[i].Name)
		}
		if len(name) > 30 { // a line of its own keeps the column narrow
			fmt.Fprintf(w, "  %s\n", name)
			name = ""
		}
		for n, part := range [][2]string{{"tensors", f.Tensors}, {"lost", f.Lost}, {"limits", f.Limits}} {
			if n > 0 {
				name = ""
			}
			if part[1] != "" {
				fmt.Fprintf(w, "  %-30s  %-7s  %s\n", name, part[0], part[1])
			}
		}
	}
}

// formatJSON is one format as JSON has it.
type formatJSON struct {
	Format  string   `json:"format"`
	Scan    bool     `json:"scan"`
	Note    string   `json:"note"`
	Targets []string `json:"targets"`
	Tensors string   `json:"tensors,omitempty"`
	Lost    string   `json:"lost,omitempty"`
	Limits  string   `json:"limits,omitempty"`
}

// targetJSON is what every conversion to a target keeps and loses.
type targetJSON struct {
	Target string   `json:"target"`
	Kept   []string `json:"kept"`
	Lost   []string `json:"lost"`
}

func formatsJSON(out io.Writer) error {
	var all struct {
		Formats []formatJSON `json:"formats"`
		Targets []targetJSON `json:"targets"`
	}
	for _, f := range pipeline.Formats() {
		all.Formats = append(all.Formats, formatJSON{string(f.Name), f.Read, f.Note, append([]string{}, f.Targets...), f.Tensors, f.Lost, f.Limits})
	}
	for _, t := range pipeline.TargetFormats() {
		all.Targets = append(all.Targets, targetJSON{t.Name, t.Kept, t.Lost})
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(all)
}
