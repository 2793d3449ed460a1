package door

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// ExitStatus is the section on exit codes of a help page.
const ExitStatus = `EXIT STATUS
   0    allowed: nothing unsafe, and nothing unread
   1    blocked, refused with a reason, or rewritten and waiting for a second look
   2    wrong usage, or a policy that is wrong
   3    the audit is incomplete: something could not be read
   130  interrupted`

// Examples is the last section of a help page, "" without commands.
func Examples(commands []string) string {
	if len(commands) == 0 {
		return ""
	}
	return "\n\n" + examplesTitle + "\n   " + strings.Join(commands, "\n   ")
}

const examplesTitle = "EXAMPLES"

// flagText is a flag's line on a help page, "-o, --output FILE", a tab, and what
// it does. A flag that may be given several times is not written twice, which
// would take half of the page.
func flagText(f cli.Flag) string {
	doc, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return ""
	}
	value, usage := placeholder(doc.GetUsage())
	names := slices.Clone(f.Names())
	slices.SortStableFunc(names, func(a, b string) int { return min(len(a), 2) - min(len(b), 2) })
	for i, n := range names {
		names[i] = "--" + n
		if len(n) == 1 {
			names[i] = "-" + n
		}
	}
	text := strings.Join(names, ", ")
	if takesValue(f) {
		text += " " + value
	}
	if s := doc.GetDefaultText(); s != "" && takesValue(f) {
		usage += " (default: " + strings.Trim(s, `"`) + ")"
	}
	if several(f) {
		usage += "; may be repeated"
	}
	return text + "\t" + usage
}

// several reports whether a flag may be given more than once.
func several(f cli.Flag) bool {
	s, ok := f.(cli.DocGenerationSliceFlag)
	return ok && s.IsSliceFlag()
}

// placeholder takes the name of a value out of the text of a flag, where it
// stands in backquotes.
func placeholder(usage string) (value, text string) {
	before, rest, ok := strings.Cut(usage, "`")
	name, after, closed := strings.Cut(rest, "`")
	if !ok || !closed {
		return "VALUE", usage
	}
	return name, before + name + after
}
