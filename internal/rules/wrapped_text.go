package rules

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// An expression is a text of Python that eval is given, as far as it is read: a
// name that eval was given, and calls beside it whose results are thrown away.
//
//	expr = item {"or" item}
//	item = atom {"[" number "]"}
//	atom = name | text | "{}" | "[]" | call | "(" list ")" | "[" list "]"
type expression struct {
	rest  string
	names map[string]*sym.Node // what eval was given, at which calls could get
	depth int
	// ran is what calls before this place were spelled as. They are taken out with
	// the text and assumed not to change the process; one that mentions a name, or
	// what names are kept in, may have given it another meaning here.
	ran string
}

// A yield is what an expression gives: one of these, or something else.
type yield struct {
	node *sym.Node // a value that eval was given
	made string    // an empty object of that class
	none bool
	list []yield // a tuple or a list
}

func (y yield) empty() bool { return y.none || y.made != "" }

func (e *expression) whole() (yield, bool) {
	if strings.ContainsAny(e.rest, "\x00\r") {
		return yield{}, false
	}
	y, ok := e.expr()
	return y, ok && e.space() == ""
}

// space skips white space and returns what is left. A line's end is none: where no
// bracket is open, Python ends the expression there.
func (e *expression) space() string {
	e.rest = strings.TrimLeft(e.rest, " \t")
	return e.rest
}

// take skips a sign if it is next.
func (e *expression) take(sign string) bool {
	rest, ok := strings.CutPrefix(e.space(), sign)
	if ok {
		e.rest = rest
	}
	return ok
}

func (e *expression) expr() (yield, bool) {
	const deepest = 20
	if e.depth++; e.depth > deepest {
		return yield{}, false
	}
	defer func() { e.depth-- }()
	y, ok := e.item()
	for ok && wordOr.MatchString(e.space()) {
		e.take("or")
		next, fine := e.item()
		if ok = fine && y.empty(); ok {
			y = next
		}
	}
	return y, ok
}

var (
	wordOr   = regexp.MustCompile(`^or\b`)
	aName    = regexp.MustCompile(`^[A-Za-z_][A-Za-z_0-9]*`)
	aWord    = regexp.MustCompile(`[A-Za-z_][A-Za-z_0-9]*`)
	aNumber  = regexp.MustCompile(`^-?[0-9]+`)
	emptyOf  = map[string]string{"dict()": "dict", "list()": "list", "__import__('collections').OrderedDict()": "collections.OrderedDict"}
	givesNil = []string{"print", "exec", "__import__('time').sleep"}
	// keywords are no names, whatever eval is given under them.
	keywords = strings.Fields("False None True __debug__ and as assert async await break class continue def del elif else except " +
		"finally for from global if import in is lambda nonlocal not or pass raise return try while with yield")
	// What starts another process, or writes to the terminal, gets at nothing that
	// this one holds.
	elsewhere = []string{"print", "__import__('os').system", "__import__('os').popen", "__import__('subprocess').run", "__import__('subprocess').call",
		"__import__('subprocess').Popen", "__import__('subprocess').check_output", "__import__('time').sleep"}
)

func (e *expression) item() (y yield, ok bool) {
	y, ok = e.atom()
	for ok && e.take("[") {
		digits := aNumber.FindString(e.space())
		at, err := strconv.Atoi(digits)
		if e.rest = e.rest[len(digits):]; err != nil || !e.take("]") {
			return yield{}, false
		}
		if at < 0 {
			at += len(y.list)
		}
		if at < 0 || at >= len(y.list) {
			return yield{}, false
		}
		y = y.list[at]
	}
	return y, ok
}

func (e *expression) atom() (yield, bool) {
	rest := e.space()
	switch {
	case e.take("("):
		return e.listed(")")
	case e.take("["):
		return e.listed("]")
	case e.take("{"):
		return yield{made: "dict"}, e.take("}")
	case rest != "" && strings.Contains(quotes, rest[:1]):
		_, ok := e.text()
		return yield{}, ok
	}
	name := aName.FindString(rest)
	if name == "" || slices.Contains(keywords, name) {
		return yield{}, false
	}
	if n := e.names[name]; n != nil {
		e.rest = rest[len(name):]
		next := e.space()
		return yield{node: n}, next == "" || !strings.Contains("(.", next[:1])
	}
	return e.call()
}

// listed reads what stands in brackets: one value, a tuple or a list.
func (e *expression) listed(end string) (yield, bool) {
	var list []yield
	comma := false
	for !e.take(end) {
		y, ok := e.expr()
		if !ok {
			return yield{}, false
		}
		list = append(list, y)
		if e.take(",") {
			comma = true
			continue
		}
		if !e.take(end) {
			return yield{}, false
		}
		break
	}
	switch {
	case end == ")" && len(list) == 1 && !comma:
		return list[0], true
	case end == "]" && len(list) == 0:
		return yield{made: "list"}, true
	}
	return yield{list: list}, true
}

// call reads a call of a dotted name, or of an attribute of what one returns. A
// call that could get at what eval was given must be one that does not, and be
// given nothing but texts.
func (e *expression) call() (yield, bool) {
	spelled := ""
	called, texts := "", true
	for {
		name := aName.FindString(e.space())
		if name == "" {
			return yield{}, false
		}
		e.rest, spelled = e.rest[len(name):], spelled+name
		for e.take("(") {
			args, plain, ok := e.arguments()
			if !ok {
				return yield{}, false
			}
			called = spelled
			texts = texts && plain
			spelled += "(" + args + ")"
		}
		if !e.take(".") {
			break
		}
		spelled += "."
	}
	apart := texts && slices.Contains(elsewhere, called)
	if !strings.HasSuffix(spelled, ")") || len(e.names) > 0 && !apart {
		return yield{}, false
	}
	if e.rebound(called) {
		return yield{}, true
	}
	if !apart && emptyOf[spelled] == "" {
		e.ran += spelled + "\n"
	}
	return yield{made: emptyOf[spelled], none: slices.Contains(givesNil, called)}, true
}

// rebound reports whether what ran before may have given a dotted name another
// meaning, where that can be seen.
func (e *expression) rebound(name string) bool {
	if e.ran == "" {
		return false
	}
	keepers := []string{"builtins", "globals", "locals", "vars", "__dict__", "setattr", "modules"}
	return slices.ContainsFunc(append(aWord.FindAllString(name, -1), keepers...), func(word string) bool {
		return word != "__import__" && strings.Contains(e.ran, word)
	})
}

// arguments reads up to the bracket that ends them. plain: they are texts alone.
// A text is spelled with the same quotes, however it was written.
func (e *expression) arguments() (spelled string, plain, ok bool) {
	var b strings.Builder
	plain = true
	for depth := 1; e.space() != ""; {
		c := e.rest[:1]
		switch {
		case strings.Contains(quotes, c):
			text, ok := e.text()
			if !ok {
				return "", false, false
			}
			b.WriteString("'" + text + "'")
			continue
		case c == "#" || c == "\n":
			return "", false, false
		case c == "(":
			depth++
		case c == ")":
			depth--
		}
		if e.rest = e.rest[1:]; depth == 0 {
			return b.String(), plain, true
		}
		plain = plain && c == ","
		b.WriteString(c)
	}
	return "", false, false
}

const quotes = `'"`

// text reads a text in quotes, and returns what is between them.
func (e *expression) text() (string, bool) {
	quote := e.rest[:1]
	if strings.HasPrefix(e.rest, strings.Repeat(quote, 3)) {
		quote = e.rest[:3]
	}
	rest := e.rest[len(quote):]
	for i := 0; i < len(rest); i++ {
		switch {
		case rest[i] == '\\':
			i++
		case strings.HasPrefix(rest[i:], quote):
			e.rest = rest[i+len(quote):]
			return rest[:i], true
		case rest[i] == '\n' && len(quote) == 1:
			return "", false
		}
	}
	return "", false
}
