package door

import (
	"os"
	"strings"

	"github.com/modelaudit/action/internal/render"
	"github.com/modelaudit/action/policy"
	"github.com/urfave/cli/v2"
)

// unknown is the error for a word that is no command: what was most likely meant, and
// where the commands are listed.
func unknown(app string, before []string, word string, commands []*cli.Command) *Exit {
	var names []string
	for _, c := range commands {
		if !c.Hidden {
			names = append(names, c.Name)
		}
	}
	e := Usagef("unknown command %q%s", word, policy.Suggestion(word, names))
	e.Hint = "`" + strings.Join(append([]string{app}, before...), " ") + " --help` lists the commands"
	return e
}

// unknownFlag is the error for an argument that begins like a flag and is none: what was
// most likely meant, or how a file of that name is written.
func unknownFlag(known []cli.Flag, arg, name string) *Exit {
	if _, err := os.Lstat(arg); err == nil {
		e := Usagef("unknown flag %s", arg)
		e.Hint = "a file of that name is " + render.ShellQuote("./"+arg)
		return e
	}
	var names []string
	for _, f := range known {
		names = append(names, "--"+f.Names()[0])
	}
	if len(name) < 2 {
		return Usagef("unknown flag %s", arg)
	}
	return Usagef("unknown flag %s%s", arg, policy.Suggestion("--"+name, names))
}
