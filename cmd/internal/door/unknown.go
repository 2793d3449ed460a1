package door

import (
	"strings"

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
