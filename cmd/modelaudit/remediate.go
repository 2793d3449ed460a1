package main

import (
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/internal/render"
	"github.com/urfave/cli/v2"
)

// remediateCommand says that a file cannot be stripped yet, and what can be
// done instead.
func remediateCommand() *cli.Command {
	return &cli.Command{
		Name: "remediate", Usage: "remove the dangerous parts and keep the file (not supported yet)", ArgsUsage: "SRC...",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "remove-dangerous-ops"}, &cli.BoolFlag{Name: "remove-lambdas"}, &cli.StringFlag{Name: "lambda"},
			&cli.BoolFlag{Name: "interactive", Aliases: []string{"i"}}, &cli.BoolFlag{Name: "dry-run"}, &cli.BoolFlag{Name: "backup"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}}, &cli.StringFlag{Name: "report"},
		},
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return door.Usagef("remediate needs at least one source")
			}
			if _, err := sources(c.Args().Slice()); err != nil {
				return err
			}
			return &door.Exit{Code: 1, Msg: "removing operations from a file is not supported yet",
				Hint: "modelaudit convert --to safetensors -- " + render.ShellQuote(c.Args().First())}
		},
	}
}
