package main

import (
	"io"
	"strings"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/cmd/internal/hookcommand"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/notices"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/urfave/cli/v2"
)

// papers are the commands that write what comes with a program: a manual page,
// completions, licences.
func papers(s door.Streams) []*cli.Command {
	return []*cli.Command{
		{Name: "completion", Usage: "write a script that completes commands and flags in a shell", ArgsUsage: strings.Join(door.Shells(), "|"),
			Flags:  []cli.Flag{hookFlag()},
			Action: func(c *cli.Context) error { return completion(c, s) }},
		{Name: "man", Usage: "write the manual page", Flags: []cli.Flag{hookFlag()},
			Action: func(c *cli.Context) error { return man(c, s) }},
		{Name: "licenses", Usage: "print the licences of this program and of all that it is built from",
			Action: func(c *cli.Context) error { return licenses(c, s) }},
	}
}

func hookFlag() cli.Flag {
	return &cli.BoolFlag{Name: "hook", Usage: "of modelaudit-hook, which is a program of its own, too"}
}

// written gives a writer of papers the app that is asked for.
func written(c *cli.Context, s door.Streams, write func(*cli.App, map[string]*cli.App) error) error {
	if c.Bool("hook") {
		return write(hookcommand.App(s), nil)
	}
	return write(newApp(s), map[string]*cli.App{"hook": hookcommand.App(s)})
}

func completion(c *cli.Context, s door.Streams) error {
	if c.NArg() != 1 {
		return door.Usagef("completion needs the name of a shell: %s", strings.Join(door.Shells(), ", "))
	}
	return written(c, s, func(app *cli.App, nested map[string]*cli.App) error {
		return door.Completion(s.Out, c.Args().First(), app, nested, words())
	})
}

// words are the names of this program that its command line takes.
func words() door.Words {
	var ids []string
	for _, r := range pipeline.Rules() {
		ids = append(ids, r.ID)
	}
	return door.Words{Values: map[string][]string{"--to": converters.Targets()}, Arguments: map[string][]string{"rules": ids}}
}

func man(c *cli.Context, s door.Streams) error {
	if c.NArg() > 0 {
		return door.Usagef("man takes no arguments")
	}
	return written(c, s, func(app *cli.App, nested map[string]*cli.App) error { return door.Man(s.Out, app, nested) })
}

func licenses(c *cli.Context, s door.Streams) error {
	if c.NArg() > 0 {
		return door.Usagef("licenses takes no arguments")
	}
	_, err := io.WriteString(s.Out, notices.Text())
	return err
}
