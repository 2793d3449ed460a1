package rules

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

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
	if strings.ContainsAny(e.rest, "\x00\r") || !utf8.ValidString(e.rest) {
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
	wordOr  = regexp.MustCompile(`^or\b`)
	aName   = regexp.MustCompile(`^[A-Za-z_][A-Za-z_0-9]*`)
	aWord   = regexp.MustCompile(`[A-Za-z_][A-Za-z_0-9]*`)
	aNumber = regexp.MustCompile(`^-?[0-9]+`)
	keyword = regexp.MustCompile(`^([A-Za-z_][A-Za-z_0-9]*)[ \t]*=[^=]`)
	// Python takes 00 for a number, and 01 for none.
	leadingZero = regexp.MustCompile(`^-?0[0-9]`)
	wordOrDot   = regexp.MustCompile(`^[A-Za-z_0-9.]`)
	// escape is what a backslash begins that Python decodes, or leaves as it is
	// (Parser/string_parser.c); names of characters are not looked up.
	escape   = regexp.MustCompile(`^\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U00(0[0-9a-fA-F]|10)[0-9a-fA-F]{4}|[^xuUN])`)
	emptyOf  = map[string]string{"dict()": "dict", "list()": "list", "__import__('collections').OrderedDict()": "collections.OrderedDict"}
	givesNil = []string{"print", "exec", "__import__('time').sleep"}
	// keywords are no names, whatever eval is given under them.
	keywords = strings.Fields("False None True __debug__ and as assert async await break class continue def del elif else except " +
		"finally for from global if import in is lambda nonlocal not or pass raise return try while with yield")
	// What starts another process, touches files, or writes to the terminal, gets at
	// nothing that this one holds.
	elsewhere = []string{"print", "__import__('os').system", "__import__('os').popen", "__import__('os').getpid", "__import__('os').getcwd", "__import__('os').remove",
		"__import__('posix').system", "__import__('nt').system", "__import__('pty').spawn", "__import__('shutil').rmtree", "__import__('webbrowser').open",
		"__import__('subprocess').run", "__import__('subprocess').call", "__import__('subprocess').Popen", "__import__('subprocess').check_output",
		"__import__('subprocess').check_call", "__import__('subprocess').getoutput", "__import__('time').sleep"}
	// ofOutput are methods of what these give: streams and texts.
	ofOutput = []string{"read", "readlines", "close", "wait", "communicate", "decode", "strip"}
)

func (e *expression) item() (y yield, ok bool) {
	y, ok = e.atom()
	for ok && e.take("[") {
		digits := aNumber.FindString(e.space())
		at, err := strconv.Atoi(digits)
		if e.rest = e.rest[len(digits):]; err != nil || leadingZero.MatchString(digits) || !e.take("]") {
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
