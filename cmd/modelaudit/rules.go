package main

import (
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
