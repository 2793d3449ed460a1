package door

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// needed are the flags that name a file or a directory, by what they name. An
// empty value is as a rule a variable that is not set: taken for "not given" it
// would change a file in place, or drop a policy.
var needed = map[string]string{"output": "file", "output-dir": "directory", "report": "file", "policy": "file", "policy-floor": "file"}

// checkNames refuses an output that is given twice and, unless they may be
// empty, empty names. The flags are those that separate returned.
func checkNames(known []cli.Flag, flags []string, mayBeEmpty bool) error {
	outputs := 0
	for i := 0; i < len(flags); i++ {
		arg, value, hasValue := strings.Cut(flags[i], "=")
		f := lookup(known, strings.TrimLeft(arg, "-"))
		if !takesValue(f) {
			continue
		}
		if !hasValue {
			i++
			value = flags[i]
		}
		name := f.Names()[0]
		if what := needed[name]; what != "" && value == "" && !mayBeEmpty {
			return Usagef("%s needs a %s name: the one given is empty", arg, what)
		}
		if name == "output" {
			if outputs++; outputs > 1 {
				return Usagef("%s is given twice", arg)
			}
		}
	}
	return nil
}
