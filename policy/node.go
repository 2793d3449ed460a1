package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// YAML's names for the types of scalars, as yaml.v3 resolves them.
const (
	tagText  = "!!str"
	tagInt   = "!!int"
	tagDate  = "!!timestamp"
	tagNull  = "!!null"
	tagBool  = "!!bool"
	tagFloat = "!!float"
	tagMerge = "!!merge"
)

// fields are the values of a mapping by key; a missing key is nil.
type fields map[string]*yaml.Node

// follow replaces an alias by what it stands for.
func follow(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// untagged records an error where a value has an explicit tag, which could
// give a scalar another meaning than its text shows.
func (r *reader) untagged(n *yaml.Node) bool {
	if n.Style&yaml.TaggedStyle != 0 {
		r.fail(n, "expected a value without a tag, found %s", clip(n.Tag))
		return false
	}
	return true
}

// mapping reads a mapping that may have the given keys and no others.
// It returns false after recording an error if n is no mapping.
func (r *reader) mapping(n *yaml.Node, what string, keys ...string) (fields, bool) {
	n = follow(n)
	if !r.untagged(n) {
		return nil, false
	}
	expected := strings.Join(keys, ", ")
	if n.Kind != yaml.MappingNode {
		r.fail(n, "expected %s as a mapping of %s, found %s", what, expected, describe(n))
		return nil, false
	}
	found, lines := fields{}, map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Tag == tagMerge:
			r.fail(key, "expected one of %s; merge keys (<<) are not supported", expected)
		case key.Kind != yaml.ScalarNode || !slices.Contains(keys, key.Value):
			r.fail(key, "unknown key %s%s, expected one of %s", describe(key), Suggestion(key.Value, keys), expected)
		case lines[key.Value] > 0:
			r.fail(key, "duplicate key %s, expected it once (first in line %d)", describe(key), lines[key.Value])
		default:
			found[key.Value], lines[key.Value] = value, key.Line
		}
	}
	return found, true
}

// list reads a list; what names its elements in the plural.
func (r *reader) list(n *yaml.Node, what string) []*yaml.Node {
	n = follow(n)
	if !r.untagged(n) {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "expected a list of %s, found %s", what, describe(n))
		return nil
	}
	return n.Content
}

// filled is list for lists that may not be empty.
func (r *reader) filled(n *yaml.Node, what string) []*yaml.Node {
	before := len(r.errs)
	items := r.list(n, what)
	if len(items) == 0 && len(r.errs) == before {
		r.fail(follow(n), "expected at least one of %s, found an empty list", what)
	}
	return items
}

// scalar returns the text of a scalar of one of the given YAML types.
func (r *reader) scalar(n *yaml.Node, what string, tags ...string) (string, bool) {
	n = follow(n)
	if !r.untagged(n) {
		return "", false
	}
	if n.Kind != yaml.ScalarNode || !slices.Contains(tags, n.ShortTag()) {
		r.fail(n, "expected %s, found %s", what, describe(n))
		return "", false
	}
	return n.Value, true
}

// word reads one of the given words.
func (r *reader) word(n *yaml.Node, words ...string) (string, bool) {
	what := "one of " + strings.Join(words, ", ")
	if len(words) == 1 {
		what = words[0]
	}
	s, ok := r.scalar(n, what, tagText)
	if ok && !slices.Contains(words, s) {
		r.fail(follow(n), "expected %s, found %s%s", what, describe(follow(n)), Suggestion(s, words))
		return "", false
	}
	return s, ok
}

// reason reads the mandatory `reason` of an entry: printable text, white
// space folded, so that it stands on one line of a report.
func (r *reader) reason(entry *yaml.Node, f fields) string {
	const what = "a reason as text, in words"
	n := f["reason"]
	if n == nil {
		r.fail(follow(entry), "expected the key reason with %s", what)
		return ""
	}
	s, ok := r.scalar(n, what, tagText)
	if !ok {
		return ""
	}
	if !reasonText.MatchString(s) || !wordText.MatchString(s) {
		r.fail(follow(n), "expected %s, found %s", what, describe(follow(n)))
	}
	return strings.Join(strings.Fields(s), " ")
}

// describe says in words what a node is.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "the alias *" + clip(n.Value)
	}
	switch n.ShortTag() {
	case tagNull:
		return "nothing"
	case tagInt, tagFloat:
		return "the number " + clip(n.Value)
	case tagBool, tagDate:
		return fmt.Sprintf("%s (quote it if text is meant)", clip(n.Value))
	}
	return strconv.Quote(clip(n.Value))
}

// clip shortens text from the file for a message.
func clip(s string) string {
	runes := []rune(s)
	if len(runes) > 80 {
		return string(runes[:80]) + "..."
	}
	return s
}
