package door

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Arrange puts the flags of a command before its paths: urfave/cli stops
// reading flags at the first path and would take those behind it for file
// names, which for a gate is a way around it. `--` ends the flags; an unknown
// flag is wrong usage wherever it stands.
//
// isPath, which may be nil, names arguments that are paths whatever they look
// like; one that is also a known flag or command is refused.
func Arrange(app *cli.App, args []string, isPath func(string) bool) ([]string, error) {
	if isPath == nil {
		isPath = func(string) bool { return false }
	}
	a := arranger{known: app.Flags, isPath: isPath}
	args, err := a.commands(app, args)
	if err != nil {
		return nil, err
	}
	if len(a.words) == 0 {
		a.known = append(slices.Clip(a.known), cli.VersionFlag)
	}
	flags, paths, err := separate(a.known, append(a.leading, args...), isPath)
	if err != nil {
		return nil, err
	}
	// A CI service passes the inputs that nobody has set as empty ones.
	if err := checkNames(a.known, flags, slices.Equal(a.words, []string{"ci"})); err != nil {
		return nil, err
	}
	if len(a.words) == 0 && len(paths) > 0 && find(app.Commands, paths[0]) != nil {
		paths[0] = "./" + paths[0] // it stood behind --, which urfave/cli forgets
	}
	if len(paths) > 0 {
		flags = append(append(flags, "--"), paths...)
	}
	return append(a.words, flags...), nil
}

// arranger is what is known of a command line while its words are read.
type arranger struct {
	known   []cli.Flag // that the commands read so far take
	words   []string   // names of commands
	leading []string   // flags that stood before or between them
	isPath  func(string) bool
}

// commands reads the names of commands, and gives back what follows them.
func (a *arranger) commands(app *cli.App, args []string) ([]string, error) {
	commands := app.Commands
	for len(commands) > 0 && len(args) > 0 && args[0] != "--" {
		if a.isPath(args[0]) {
			if find(commands, args[0]) != nil {
				return nil, Usagef("%q is a command and the name of a file in the index: write it behind --", args[0])
			}
			break
		}
		if isFlag(args[0]) {
			a.leading = append(a.leading, args[0])
			args = args[1:]
			continue
		}
		cmd := find(commands, args[0])
		if cmd == nil && app.Args { // this program takes paths itself
			break
		}
		if cmd == nil {
			return nil, unknown(app.Name, a.words, args[0], commands)
		}
		a.words = append(a.words, args[0])
		args, commands = args[1:], cmd.Subcommands
		a.known = append(slices.Clip(a.known), cmd.Flags...)
		if len(commands) > 0 && (len(args) == 0 || find(commands, args[0]) == nil) && cmd.Action != nil {
			break // the command itself, with paths
		}
	}
	return args, nil
}

func isFlag(arg string) bool { return len(arg) > 1 && arg[0] == '-' }

func find(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}

// separate splits arguments into flags, with their values, and paths.
func separate(known []cli.Flag, args []string, isPath func(string) bool) (flags, paths []string, err error) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return flags, append(paths, args[i+1:]...), nil
		}
		if !isFlag(arg) {
			paths = append(paths, arg)
			continue
		}
		if isPath(arg) {
			if n, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "="); lookup(known, n) != nil {
				return nil, nil, Usagef("%q is a flag and the name of a file in the index: write it behind --", arg)
			}
			paths = append(paths, arg)
			continue
		}
		name, _, hasValue := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		f := lookup(known, name)
		if f == nil {
			return nil, nil, unknownFlag(known, arg, name)
		}
		if len(name) > 1 && !strings.HasPrefix(arg, "--") {
			return nil, nil, Usagef("unknown flag %s (did you mean --%s?)", arg, name)
		}
		flags = append(flags, arg)
		if takesValue(f) && !hasValue {
			if i++; i == len(args) {
				return nil, nil, Usagef("flag %s needs a value", arg)
			}
			flags = append(flags, args[i])
		}
	}
	return flags, paths, nil
}

func lookup(known []cli.Flag, name string) cli.Flag {
	if name == "h" || name == "help" {
		return cli.HelpFlag
	}
	for _, f := range known {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

func takesValue(f cli.Flag) bool {
	_, isBool := f.(*cli.BoolFlag)
	return !isBool
}
