package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
	"github.com/urfave/cli/v2"
)

func rulesCommand(s door.Streams) *cli.Command {
	return &cli.Command{
		Name: "rules", Usage: "list every rule, or explain one with its example", ArgsUsage: "[ID]",
		Action: func(c *cli.Context) error {
			switch c.NArg() {
			case 0:
				return render.Rules(s.Out, pipeline.Rules())
			case 1:
				r, ok := pipeline.Rule(c.Args().First())
				if !ok {
					return door.Usagef("there is no rule %q; `modelaudit rules` lists them", c.Args().First())
				}
				return render.Rule(s.Out, r)
			}
			return door.Usagef("rules takes one ID at most")
		},
	}
}

func formatsCommand(s door.Streams) *cli.Command {
	return &cli.Command{
		Name: "formats", Usage: "show which formats are read and what can be made of them",
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return door.Usagef("formats takes no arguments")
			}
			w := tabwriter.NewWriter(s.Out, 0, 8, 2, ' ', 0)
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
			return w.Flush()
		},
	}
}
