package policy

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
	"gopkg.in/yaml.v3"
)

// maxGlob is the greatest length of a glob in characters. The matcher tries the
// combinations of its braces one after the other (shape.go), each in at most
// len(glob) * len(path) steps.
const maxGlob = 512

// A glob is one entry of `paths`.
type glob struct {
	text    string // as written
	pattern string // without the leading slash
	rooted  bool   // compare with the whole path, not with the base name
	wild    bool   // has no literal character: it names no file in particular
	folder  bool   // has none behind the last slash: it names no file by its own name
}

// match says whether the glob matches a path, which is relative to the root and
// has slashes on every system.
func (g glob) match(name string) bool {
	if !g.rooted {
		name = path.Base(name)
	}
	ok, err := doublestar.Match(g.pattern, name)
	return ok && err == nil
}

// glob reads one glob.
func (r *reader) glob(n *yaml.Node) glob {
	s, ok := r.scalar(n, `a glob such as "**/*.pt"`, tagText)
	if !ok {
		return glob{}
	}
	if msg := globError(s); msg != "" {
		r.fail(follow(n), "expected a glob %s, found %s", msg, describe(follow(n)))
	}
	return glob{
		text:    s,
		pattern: strings.TrimPrefix(s, "/"),
		rooted:  strings.Contains(s, "/"),
		wild:    strings.Trim(s, "*?/") == "",
		folder:  strings.Trim(path.Base(s), "*?") == "",
	}
}

// globError says what a usable glob would have that s lacks, or "".
func globError(s string) string {
	switch {
	case s == "":
		return `with at least one character, as in "**/*.pt"`
	case utf8.RuneCountInString(s) > maxGlob:
		return fmt.Sprintf("of at most %d characters", maxGlob)
	case strings.HasPrefix(s, "!"):
		return `without "!" in front (put a rule for the exception before this one)`
	case strings.HasSuffix(s, "/"):
		return `that names files, as in "legacy/**" for all below a directory`
	case nowhereText.MatchString(s):
		return `from the root, without empty, "." or ".." segments`
	case !doublestar.ValidatePattern(s):
		return `whose "[", "{" and "\" are complete`
	case !globText.MatchString(s):
		return `without braces, commas or slashes inside "[...]", and with braces at most three deep`
	case !fewCommasText.MatchString(s) && !(fewPairsText.MatchString(s) && manyText.MatchString(s)):
		return "with at most 6 commas, or two pairs of braces and 31 commas: write several globs"
	}
	return ""
}
