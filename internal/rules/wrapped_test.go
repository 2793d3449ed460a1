package rules

import (
	"strings"
	"testing"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// TestExpression: what eval gives is said only where nothing else can come of it.
func TestExpression(t *testing.T) {
	x := &sym.Node{Kind: sym.Dict}
	for text, want := range map[string]string{
		"x":                                      "x",
		" ( x ) ":                                "x",
		"(1, x)":                                 "?",
		"('a', x)[1]":                            "x",
		"[x, print('')][0]":                      "x",
		"(__import__('os').system('id'), x)[-1]": "x",
		"(__import__(\"os\").system(\"a'b\"),x)[1]": "x",
		"print('') or x":              "x",
		"print('') or print('') or x": "x",
		"{} or x":                     "x",
		"[__import__('os').popen('id').read(), x][1]":                                 "x",
		"(__import__('subprocess').run(['a', ('b', -1)], shell=True, cwd=None),x)[1]": "x",
		"(__import__('subprocess').run('a', preexec_fn=x),x)[1]":                      "?",
		"(__import__('subprocess').run('a', env=y()),x)[1]":                           "?",
		"(__import__('os').popen('id').detach(), x)[1]":                               "?",
		"print('').read() or x":                                                       "?",
		"{}":                                                                          "dict",

		// Calls could change x, give something else, or are not understood.
		"exec('') or x":                      "?",
		"(exec('x.clear()'), x)[1]":          "?",
		"(__import__('os').system(x), x)[1]": "?",
		"(__import__('os').system, x)[1]":    "?",
		"__import__('os').system('id') or x": "?",
		"x or {}":                            "?",
		"x.clear()":                          "?",
		"x()":                                "?",
		"x[0]":                               "?",
		"(x, 1)[2]":                          "?",
		"y":                                  "?",
		"x if 1 else x":                      "?",
		"x, x":                               "?",
		"(lambda: x)()":                      "?",
		"(__import__('os').system('')('x'),x)[1]": "?",
		"'''":                       "?",
		"orx":                       "?",
		"(print('')orx)":            "?",
		"print('') or None":         "?", // a keyword is no name
		"(print(''), True)[1]":      "?",
		"(print(''), __debug__)[1]": "?",
		"print('')\nor x":           "?", // SyntaxError
		"print('')\ror x":           "?",
		"print('' # )\n) or x":      "?",
		strings.Repeat("(", 100) + "x" + strings.Repeat(")", 100): "?",
	} {
		e := expression{rest: text, names: map[string]*sym.Node{"x": x, "None": x, "True": x, "__debug__": x}}
		y, ok := e.whole()
		if got := said(y, ok); got != want {
			t.Errorf("%s gives %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"exec('''import os\nos.x(\"(\")''') or {}":                  "dict",
		"print('') or dict()":                                       "dict",
		"print(\"1\") or __import__(\"collections\").OrderedDict()": "collections.OrderedDict",
		"(foo(1, bar(2)), [])[1]":                                   "list",
		"exec('import os\\nos.system(1)') or dict()":                "dict",
		"exec('') or __import__('collections').OrderedDict()":       "collections.OrderedDict",
		`exec('a' "\x41\d", b=[1, -2], c=x.y('')) or {}`:            "dict",
		"(foo(), dict())[1]":                                        "dict",
		// What a call can give another meaning is no longer known.
		"exec('dict=lambda: [1]') or dict()":              "",
		"exec('import builtins as b; b.x = 1') or dict()": "",
		"exec('globals()[1]=2') or list()":                "",
		"exec('print=id') or print('') or {}":             "?",
		"exec('exec=id') or exec('') or {}":               "?",
		"exec(# ) or {}":                                  "?",
		`exec('\x4') or {}`:                               "?", // what Python refuses
		`exec('\N{no}') or {}`:                            "?",
		`exec('\U00110000') or {}`:                        "?",
		"exec('\xff') or {}":                              "?",
		"exec(1 2) or {}":                                 "?",
		"exec('', a=1, b) or {}":                          "?",
		"exec('', a=1, a=2) or {}":                        "?",
		"exec((1, a=2)) or {}":                            "?",
		"exec(01) or {}":                                  "?",
		"exec(if) or {}":                                  "?",
		"[{}][01]":                                        "?",
		"foo() or dict()":                                 "?",
		"dict(a=1)":                                       "",
		"dict().x":                                        "?",
		"foo('":                                           "?",
	} {
		e := expression{rest: text}
		y, ok := e.whole()
		if got := said(y, ok); got != want {
			t.Errorf("%s, given nothing, gives %q, want %q", text, got, want)
		}
	}
}

// said is what an expression gives: a name, a class, "" for something else, or "?".
func said(y yield, ok bool) string {
	switch {
	case !ok:
		return "?"
	case y.node != nil:
		return "x"
	}
	return y.made
}
