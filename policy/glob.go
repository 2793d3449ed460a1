package policy

import (
	"fmt"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"gopkg.in/yaml.v3"
)

// The bounds of one glob. The matcher tries the combinations of its braces one
// after the other, each in at most len(glob) * len(path) steps: with these
// bounds and a path of 4096 bytes, about 10^8.
const (
	maxGlob         = 512 // bytes
	maxCombinations = 64
)

// A glob is one entry of `paths`.
type glob struct {
	text    string // as written
	pattern string // without the leading slash
	rooted  bool   // compare with the whole path, not with the base name
	wild    bool   // has no literal character: it names no file in particular
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
	}
}

// globError says what a usable glob would have that s lacks, or "".
func globError(s string) string {
	switch {
	case s == "":
		return `with at least one character, as in "**/*.pt"`
	case len(s) > maxGlob:
		return fmt.Sprintf("of at most %d bytes", maxGlob)
	case strings.HasPrefix(s, "!"):
		return `without "!" in front (put a rule for the exception before this one)`
	case strings.HasSuffix(s, "/"):
		return `that names files, as in "legacy/**" for all below a directory`
	case !doublestar.ValidatePattern(s):
		return `whose "[", "{" and "\" are complete`
	}
	for segment := range strings.SplitSeq(strings.TrimPrefix(s, "/"), "/") {
		if segment == "" || segment == "." || segment == ".." {
			return `from the root, without empty, "." or ".." segments`
		}
	}
	return braceError(s)
}

// braceError says what is wrong with the braces of a valid glob, or "". Inside a class they would
// be literal to the validator and special to the matcher.
func braceError(s string) string {
	combinations, alternatives := 1, []int{}
	class := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case class && strings.IndexByte("{},/", c) >= 0:
			return `without braces, commas or slashes inside "[...]"`
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '{':
			alternatives = append(alternatives, 1)
		case c == ',' && len(alternatives) > 0:
			alternatives[len(alternatives)-1]++
		case c == '}' && len(alternatives) > 0:
			combinations *= alternatives[len(alternatives)-1]
			alternatives = alternatives[:len(alternatives)-1]
		}
		if combinations > maxCombinations {
			return fmt.Sprintf("with at most %d combinations of its braces", maxCombinations)
		}
	}
	return ""
}
