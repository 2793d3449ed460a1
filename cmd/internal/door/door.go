// Package door is what the two programs have in common at their outside:
// streams, exit codes, the reading of arguments, policies and report files.
package door

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"unicode"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/render"
	"github.com/modelaudit/action/policy"
	"github.com/urfave/cli/v2"
)

// Streams are what a program talks to.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Env      []string
}

// Standard are the streams of the process.
func Standard() Streams {
	return Streams{In: os.Stdin, Out: &Checked{W: os.Stdout}, Err: os.Stderr, Env: os.Environ()}
}

// Checked is a writer that remembers that a write failed, so that a run whose
// results were lost does not end in exit code 0.
type Checked struct {
	W   io.Writer
	err error
}

func (c *Checked) Write(p []byte) (int, error) {
	n, err := c.W.Write(p)
	if err != nil && c.err == nil {
		c.err = err
	}
	return n, err
}

// An Exit is an error that chooses the exit code. Its message, if any, goes to
// standard error.
type Exit struct {
	Code int
	Msg  string
	Hint string // a command that helps, "" for none
	// Lines, unless nil, is printed in place of Msg, each text as one line
	// whatever it holds.
	Lines []string
}

func (e *Exit) Error() string { return e.Msg }

// Usagef is a wrong usage: exit code 2.
func Usagef(format string, args ...any) *Exit {
	return exit(audit.ExitUsage, format, args)
}

// Refusef is a refusal with a reason: exit code 1.
func Refusef(format string, args ...any) *Exit {
	return exit(audit.ExitBlocked, format, args)
}

// Incompletef is work that could not be done: exit code 3.
func Incompletef(format string, args ...any) *Exit {
	return exit(audit.ExitIncomplete, format, args)
}

// exit keeps a message on one line if a name in it has a line break.
func exit(code int, format string, args []any) *Exit {
	e := &Exit{Code: code, Msg: fmt.Sprintf(format, args...)}
	for _, arg := range args {
		var at *fs.PathError
		switch arg := arg.(type) {
		case string:
			if strings.Contains(arg, "\n") {
				e.Lines = []string{e.Msg}
			}
		case policy.Errors:
			if len(args) == 1 {
				for _, each := range arg {
					e.Lines = append(e.Lines, each.Error())
				}
			}
		case *policy.Error:
			e.Lines = []string{e.Msg}
		case error:
			if errors.As(arg, &at) && strings.Contains(at.Path, "\n") {
				e.Lines = []string{e.Msg}
			}
		}
	}
	return e
}

// Code is an exit code without a message, nil for 0.
func Code(code int) error {
	if code == audit.ExitAllowed {
		return nil
	}
	return &Exit{Code: code}
}

// Run runs an app with arguments, without the program's name, and returns the
// exit code. It is the only place that turns errors into codes.
// isPath is Arrange's.
func Run(app *cli.App, args []string, s Streams, isPath func(string) bool) (code int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(s.Err, "modelaudit: internal error: %s\n", render.Escape(fmt.Sprint(p)))
			code = audit.ExitIncomplete
		}
	}()
	prepare(app, s)
	arranged, err := Arrange(app, args, isPath)
	if err == nil {
		err = app.RunContext(ctx, append([]string{app.Name}, arranged...))
		app.Writer.(*folded).flush()
	}
	if ctx.Err() != nil {
		var e *Exit
		if !errors.As(err, &e) || e.Code != audit.ExitInterrupted { // else the program has said so
			fmt.Fprintln(s.Err, "modelaudit: interrupted")
		}
		return audit.ExitInterrupted
	}
	code = report(err, s)
	if out, ok := s.Out.(*Checked); ok && out.err != nil && code == audit.ExitAllowed {
		return report(Incompletef("%v", out.err), s)
	}
	return code
}

func report(err error, s Streams) int {
	if err == nil {
		return audit.ExitAllowed
	}
	var e *Exit
	if !errors.As(err, &e) {
		e = Incompletef("%v", err)
	}
	lines := e.Lines
	if lines == nil && e.Msg != "" {
		lines = strings.Split(e.Msg, "\n")
	}
	for _, line := range lines {
		fmt.Fprintf(s.Err, "modelaudit: %s\n", render.EscapeMessage(line))
	}
	if e.Hint != "" {
		hint := e.Hint
		if strings.ContainsFunc(hint, func(r rune) bool { return !unicode.IsPrint(r) }) {
			hint = render.Escape(hint)
		} // else it is a command that works as it stands, backslashes and all
		fmt.Fprintf(s.Err, "hint: %s\n", hint)
	}
	return e.Code
}

// prepare sets what both programs share. urfave/cli's own habits of exiting
// and of printing help on an error are turned off.
func prepare(app *cli.App, s Streams) {
	app.Reader, app.Writer, app.ErrWriter = s.In, &folded{w: s.Out}, s.Err
	app.ExitErrHandler = func(*cli.Context, error) {}
	app.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return Usagef("%s", dashes(err.Error())) }
	app.HideHelpCommand = true
	cli.FlagStringer = flagText
	app.DisableSliceFlagSeparator = true
	app.Version = Version()
	hideFalse(app.Flags)
	for _, c := range app.Commands {
		c.OnUsageError = app.OnUsageError
		hideFalse(c.Flags)
		for _, sub := range c.Subcommands {
			sub.OnUsageError = app.OnUsageError
			hideFalse(sub.Flags)
		}
	}
}

// dashes names a flag as it is written: the flag package knows one dash only.
func dashes(msg string) string {
	before, name, ok := strings.Cut(msg, "for flag -")
	if !ok || strings.HasPrefix(name, "-") || strings.Index(name, ":") < 2 {
		return msg
	}
	return before + "for flag --" + name
}

// hideFalse keeps "(default: false)" out of the help: a switch that is not
// given is off.
func hideFalse(flags []cli.Flag) {
	for _, f := range flags {
		if b, ok := f.(*cli.BoolFlag); ok {
			b.DisableDefaultText = true
		}
	}
}

// Version is the version of the module that was built, "devel" in a checkout.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" || strings.Contains(info.Main.Version, "+dirty") {
		return "devel"
	}
	return strings.TrimPrefix(info.Main.Version, "v")
}

// Environ looks a variable up in the streams' environment.
func (s Streams) Environ(name string) string {
	value := ""
	for _, kv := range s.Env {
		if k, v, ok := strings.Cut(kv, "="); ok && k == name {
			value = v
		}
	}
	return value
}
