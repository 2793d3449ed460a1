package rules

import (
	"slices"
	"strings"
)

// call reads a call of a dotted name, or of an attribute of what one returns. A
// call that could get at what eval was given must be one that does not, and be
// given nothing but constants.
func (e *expression) call() (yield, bool) {
	spelled, called, constants, ok := e.chain()
	if !ok {
		return yield{}, false
	}
	apart := constants && slices.Contains(elsewhere, called)
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

// arguments reads up to the bracket that ends them; those of a call may have
// keywords. plain: they are constants alone. A text is spelled with the same quotes,
// however it was written.
func (e *expression) arguments(end string, call bool) (spelled string, plain, ok bool) {
	const deepest = 20
	if e.depth++; e.depth > deepest {
		return "", false, false
	}
	defer func() { e.depth-- }()
	var list, keys []string
	for plain = true; !e.take(end); {
		key := keyword.FindStringSubmatch(e.space())
		switch {
		case key == nil && len(keys) > 0, key != nil && (!call || slices.Contains(keywords, key[1]) || slices.Contains(keys, key[1])):
			return "", false, false
		case key != nil:
			e.rest, keys = e.rest[len(key[0])-1:], append(keys, key[1])
		}
		text, constant, ok := e.argument()
		if !ok {
			return "", false, false
		}
		if list, plain = append(list, text), plain && constant; key != nil {
			list[len(list)-1] = key[1] + "=" + text
		}
		if e.take(",") {
			continue
		}
		if !e.take(end) {
			return "", false, false
		}
		break
	}
	return strings.Join(list, ","), plain, true
}

// argument reads one value that a call is given: texts one behind the other, a
// number, None or the like, values in brackets, or a dotted name with calls.
func (e *expression) argument() (spelled string, constant, ok bool) {
	rest := e.space()
	number, name := aNumber.FindString(rest), aName.FindString(rest)
	switch {
	case rest == "":
		return "", false, false
	case strings.Contains(quotes, rest[:1]):
		for ok = true; ok && e.space() != "" && strings.Contains(quotes, e.rest[:1]); {
			var text string
			text, ok = e.text()
			spelled += text
		}
		return "'" + spelled + "'", true, ok
	case number != "":
		e.rest = rest[len(number):]
		return number, true, !leadingZero.MatchString(number) && !wordOrDot.MatchString(e.rest)
	case name == "None" || name == "True" || name == "False":
		e.rest = rest[len(name):]
		return name, true, !wordOrDot.MatchString(e.rest)
	case e.take("("):
		spelled, constant, ok = e.arguments(")", false)
		return "(" + spelled + ")", constant, ok
	case e.take("["):
		spelled, constant, ok = e.arguments("]", false)
		return "[" + spelled + "]", constant, ok
	}
	spelled, _, _, ok = e.chain()
	return spelled, false, ok
}

// chain reads a dotted name with calls. called is what was called last, but for the
// methods of what another process gives; constants: all calls were given nothing else.
func (e *expression) chain() (spelled, called string, constants, ok bool) {
	for constants = true; ; {
		name := aName.FindString(e.space())
		if name == "" || slices.Contains(keywords, name) {
			return "", "", false, false
		}
		e.rest, spelled = e.rest[len(name):], spelled+name
		for e.take("(") {
			args, plain, ok := e.arguments(")", true)
			if !ok {
				return "", "", false, false
			}
			if constants = constants && plain; !strings.HasPrefix(called, "__import__('") || !slices.Contains(elsewhere, called) || !slices.Contains(ofOutput, name) {
				called = spelled
			}
			spelled += "(" + args + ")"
		}
		if !e.take(".") {
			return spelled, called, constants, true
		}
		spelled += "."
	}
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
			n := len(escape.FindString(rest[i:]))
			if n == 0 {
				return "", false
			}
			i += n - 1
		case strings.HasPrefix(rest[i:], quote):
			e.rest = rest[i+len(quote):]
			return rest[:i], true
		case rest[i] == '\n' && len(quote) == 1:
			return "", false
		}
	}
	return "", false
}
