package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// A reader turns the bytes of one policy file into values and collects what
// is wrong with them. The YAML library only builds the tree of nodes; the
// reader walks it itself, because only so does every error have its line and column.
type reader struct {
	file  string
	lines int // of the file, at least 1
	errs  Errors
}

// lineEnds makes one of every line break that the library knows.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// load parses the one YAML document in data and returns its root, or nil after
// recording an error.
func (r *reader) load(data []byte) *yaml.Node {
	if len(data) > MaxSize {
		r.failAt(1, 1, "expected a policy of at most %d bytes, found %d", MaxSize, len(data))
		return nil
	}
	r.lines = 1 + strings.Count(lineEnds.Replace(string(data)), "\n")
	if !r.checkText(data) {
		return nil
	}
	docs, err := documents(data)
	switch {
	case err != nil:
		r.failSyntax(data, err)
		return nil
	case len(docs) == 0:
		r.failAt(1, 1, `expected a policy that begins with "version: 1", found an empty file`)
		return nil
	case len(docs) > 1:
		r.fail(docs[1], "expected one YAML document, found a second")
		return nil
	}
	if !r.checkAliases(docs[0]) {
		return nil
	}
	return docs[0].Content[0]
}

// documents reads the first two documents at most. The library's parser has panics for states
// that it thinks impossible (yaml.v3 parser.parse, "please report"); one would become an error.
func documents(data []byte) (list []*yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: the YAML library cannot read this: %v", p)
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for len(list) < 2 {
		document := new(yaml.Node)
		if err := decoder.Decode(document); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, err
		}
		list = append(list, document)
	}
	return list, nil
}

// checkText records the first byte that is not UTF-8 or that YAML 1.2 section 5.1 does
// not allow, with its place; the library would name no place for them.
func (r *reader) checkText(data []byte) bool {
	line, column := 1, 1
	for i := 0; i < len(data); {
		c, size := utf8.DecodeRune(data[i:])
		switch {
		case c == utf8.RuneError && size == 1:
			r.failAt(line, column, "expected UTF-8, found the byte %#02x", data[i])
			return false
		case c < 0x20 && c != '\t' && c != '\n' && c != '\r', c == 0x7f,
			c >= 0x80 && c < 0xa0 && c != 0x85, c == 0xfeff && i > 0, c == 0xfffe, c == 0xffff:
			r.failAt(line, column, "expected text, found the control character %U", c)
			return false
		}
		column++
		if c == '\n' {
			line, column = line+1, 1
		}
		i += size
	}
	return true
}

// checkAliases records an error where an anchor contains itself, and where
// the aliases of the document stand for more than MaxValues values.
func (r *reader) checkAliases(document *yaml.Node) bool {
	sizes := map[*yaml.Node]int{} // values below each node, itself included; -1 while it is being counted
	var count func(n *yaml.Node) int
	count = func(n *yaml.Node) int {
		if n.Kind == yaml.AliasNode {
			if sizes[n.Alias] < 0 {
				r.fail(n, "expected a value, found the alias *%s inside its own anchor", clip(n.Value))
				return 0
			}
			n = n.Alias
		}
		if size := sizes[n]; size > 0 {
			return size
		}
		sizes[n] = -1
		size := 1
		for _, child := range n.Content {
			size = min(size+count(child), MaxValues+1)
			if size > MaxValues && len(r.errs) == 0 {
				r.fail(child, "expected at most %d values, found more (an alias counts as often as it is used)", MaxValues)
			}
		}
		sizes[n] = size
		return size
	}
	count(document)
	return len(r.errs) == 0
}

var (
	syntaxLine    = regexp.MustCompile(`^(yaml: )?(line \d+: )?`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced`)
)

// quoteHint explains what most often goes wrong with globs in YAML.
const quoteHint = `a glob that begins with * must be quoted, as in "*.pt"`

// failSyntax records what the YAML library says, at its place.
func (r *reader) failSyntax(data []byte, err error) {
	msg := syntaxMsg(err)
	line, column := syntaxPlace(data, msg)
	if m := unknownAnchor.FindStringSubmatch(msg); m != nil {
		r.failAt(line, column-utf8.RuneCountInString(m[1]),
			"expected a value, found the alias *%s without its anchor; %s", clip(m[1]), quoteHint)
		return
	}
	switch {
	case strings.Contains(msg, "alphabetic or numeric character"):
		msg += "; " + quoteHint
	case strings.Contains(msg, "cannot start any token"):
		msg += "; indent with spaces, and quote text that begins with a special character"
	}
	r.failAt(line, column, "expected YAML: %s", msg)
}

// syntaxMsg is the library's message without the line, which it counts from 0 for some errors
// and leaves out for others.
func syntaxMsg(err error) string {
	return syntaxLine.ReplaceAllString(err.Error(), "")
}

// syntaxPlace finds the place of a syntax error, which the library does not tell: the last
// character of the shortest beginning of data that has the same error. Since the library
// stops at the first error, longer beginnings have it too, so that a binary search finds it.
func syntaxPlace(data []byte, msg string) (line, column int) {
	text := []rune(string(data))
	length := 1 + sort.Search(len(text)-1, func(i int) bool {
		_, err := documents([]byte(string(text[:i+1])))
		return err != nil && syntaxMsg(err) == msg
	})
	line, column = 1, 0
	for i, c := range text[:min(length, len(text))] {
		column++
		if c == '\n' && i < length-1 {
			line, column = line+1, 0
		}
	}
	return line, column
}
