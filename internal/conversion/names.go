package conversion

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Names is a list of globs over the names of tensors. `*` stands for any
// text, dots included, `?` for one character, `[0-9]` for one of a class,
// `{a,b}` for one of several.
type Names []string

// maxGlob is how many bytes a glob may have.
const maxGlob = 1000

// Check reports the first glob that is none.
func (n Names) Check() error {
	for _, g := range n {
		if _, err := compileGlob(g); err != nil {
			return fmt.Errorf("%q is no glob: %w", g, err)
		}
	}
	return nil
}

// matcher is the globs as one function; a glob that is none matches nothing.
func (n Names) matcher() func(string) bool {
	var list []*regexp.Regexp
	for _, g := range n {
		if r, err := compileGlob(g); err == nil {
			list = append(list, r)
		}
	}
	return func(name string) bool {
		for _, r := range list {
			if r.MatchString(name) {
				return true
			}
		}
		return false
	}
}

// compileGlob translates a glob; the expressions of the regexp package take
// time in proportion to the name, whatever stands in them.
func compileGlob(glob string) (*regexp.Regexp, error) {
	if glob == "" || len(glob) > maxGlob {
		return nil, fmt.Errorf("expected 1 to %d bytes", maxGlob)
	}
	var b strings.Builder
	braces := 0
	b.WriteString(`(?s)\A(?:`)
	for i := 0; i < len(glob); {
		n, text, err := globToken(glob[i:], &braces)
		if err != nil {
			return nil, err
		}
		b.WriteString(text)
		i += n
	}
	if braces != 0 {
		return nil, fmt.Errorf("a { without }")
	}
	return regexp.Compile(b.String() + `)\z`)
}

// globToken translates what a glob begins with, and says how long that is.
func globToken(glob string, braces *int) (int, string, error) {
	switch c := glob[0]; {
	case c == '*':
		return 1, `.*`, nil
	case c == '?':
		return 1, `.`, nil
	case c == '\\' && len(glob) > 1:
		return 2, regexp.QuoteMeta(glob[1:2]), nil
	case c == '[':
		end := strings.IndexByte(glob, ']')
		if end < 2 {
			return 0, "", fmt.Errorf("a [ without ]")
		}
		class := glob[1:end]
		not := ""
		if class[0] == '!' || class[0] == '^' {
			not, class = "^", class[1:]
		}
		return end + 1, "[" + not + strings.NewReplacer(`\`, `\\`, `[`, `\[`, `^`, `\^`).Replace(class) + "]", nil
	case c == '{':
		*braces++
		return 1, `(?:`, nil
	case c == ',' && *braces > 0:
		return 1, `|`, nil
	case c == '}' && *braces > 0:
		*braces--
		return 1, `)`, nil
	default:
		return 1, regexp.QuoteMeta(glob[:1]), nil
	}
}

// Chosen says which tensors a conversion is to have: those with a name that a
// glob of include matches, all without one, and none with one that a glob of
// exclude matches. A tensor has several names here: the one in the result, that
// with its prefixes, and its path.
func Chosen(include, exclude Names) func(names ...string) bool {
	in, out := include.matcher(), exclude.matcher()
	return func(names ...string) bool {
		return (len(include) == 0 || slices.ContainsFunc(names, in)) && !slices.ContainsFunc(names, out)
	}
}
