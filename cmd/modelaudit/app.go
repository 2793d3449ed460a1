package main

import (
	"slices"
	"strings"

	"github.com/modelaudit/action/cmd/internal/cicommand"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/cmd/internal/hookcommand"
	"github.com/urfave/cli/v2"
)

// run is the whole program: arguments in, exit code out.
func run(args []string, s door.Streams) int {
	if len(args) > 0 && args[0] == "hook" {
		return hookcommand.Run(args[1:], s)
	}
	if len(args) > 0 && args[0] == "help" {
		args = append(slices.Clone(args[1:]), "--help")
	}
	return door.Run(newApp(s), args, s, nil)
}

func newApp(s door.Streams) *cli.App {
	app := &cli.App{
		Name:        "modelaudit",
		Usage:       "tell what a model file would do when opened, and make it safe",
		Description: door.ExitStatus,
		Flags:       door.CommonFlags(),
		Commands: append([]*cli.Command{
			scanCommand(s), convertCommand(s), remediateCommand(s), validateCommand(s), inspectCommand(s),
			policyCommand(s), rulesCommand(s), formatsCommand(s), demoCommand(s), reportCommand(s), hookPlaceholder(), cicommand.Command(s),
		}, papers(s)...),
		Action: func(c *cli.Context) error {
			if err := cli.ShowAppHelp(c); err != nil {
				return err
			}
			return door.Usagef("no command given")
		},
	}
	for _, cmd := range app.Commands {
		cmd.Description = strings.TrimSpace(paragraphs(cmd.Description)+"\n\n"+door.ExitStatus) + door.Examples(examples[cmd.Name])
		if len(cmd.Subcommands) == 0 {
			cmd.Flags = append(cmd.Flags, door.CommonFlags()...)
		}
		for _, sub := range cmd.Subcommands {
			sub.Flags = append(sub.Flags, door.CommonFlags()...)
			own := slices.DeleteFunc(slices.Clone(examples[cmd.Name]), func(line string) bool {
				return !strings.HasPrefix(line, "modelaudit "+cmd.Name+" "+sub.Name)
			})
			sub.Description = strings.TrimSpace(sub.Description + door.Examples(own))
		}
	}
	return app
}

// paragraphs joins the lines of each paragraph: the help page breaks them anew.
func paragraphs(text string) string {
	list := strings.Split(text, "\n\n")
	for i := range list {
		list[i] = strings.ReplaceAll(list[i], "\n", " ")
	}
	return strings.Join(list, "\n\n")
}

// hookPlaceholder lists the hook in the help; run hands it over before.
func hookPlaceholder() *cli.Command {
	return &cli.Command{Name: "hook", Usage: "audit and rewrite what is staged; `modelaudit hook --help` tells more", SkipFlagParsing: true}
}
