package rules

import (
	"regexp"
	"slices"
	"strings"
)

// PlainExpression reports whether the text of a symbolic size is arithmetic:
// numbers, names of symbols and calls of the functions that torch writes. The
// loader hands the text to sympy.sympify, which evaluates it
// (torch/_export/serde/serialize.py, _parse_sym_expr): a name in brackets is
// called like a name, so a bracket may not follow a value. What it computes must
// be of a size that it can compute.
func PlainExpression(text string) bool {
	list, ok := tokens(text, "+ - * / % < > & | ~ ^ = ( ) ,")
	return ok && (len(list) == 0 || boundedExpression(list)) && plainCode(list, func(i int, t token) bool {
		before, after := list.at(i-1).text, list.at(i+1).text
		switch {
		case t.kind == quoteToken && before == "(":
			of := list.at(i - 2).text
			return (of == "Symbol" || of == "Dummy") && plainWord(t.text) || (of == "Float" || of == "Integer" || of == "Rational") && strings.Trim(t.text, "0123456789.e+-/") == ""
		case t.kind == quoteToken:
			return false
		case after == "(":
			return slices.Contains(sympyCalls, t.text) || strings.HasPrefix(t.text, "OpaqueUnaryFn_") || strings.HasPrefix(t.text, "BitwiseFn_")
		case after == "=":
			return (before == "(" || before == ",") && slices.Contains(assumptions, t.text)
		}
		return symbol.MatchString(t.text) || slices.Contains(constants, t.text)
	})
}

// symbol: torch/utils/_sympy/symbol.py, prefix_str.
var symbol = regexp.MustCompile("^(s|u|zf|zuf|ps|i|x|y|z)[0-9]+$")

var constants = strings.Fields("True False true false oo zoo nan pi E I int_oo")

var assumptions = strings.Fields(`positive negative nonnegative nonpositive zero nonzero integer noninteger even odd prime composite
	real extended_real complex imaginary rational irrational finite infinite commutative hermitian algebraic transcendental
	extended_positive extended_negative extended_nonnegative extended_nonpositive extended_nonzero precision dps evaluate`)

// sympyCalls: what sympy.srepr writes of a size, and the functions of
// torch/utils/_sympy/functions.py.
var sympyCalls = strings.Fields(`Symbol Dummy Integer Float Rational Add Mul Pow Mod Max Min Abs floor ceiling And Or Not Xor ITE
	Piecewise ExprCondPair Tuple Equality Eq Unequality Ne GreaterThan Ge LessThan Le StrictGreaterThan Gt StrictLessThan Lt sqrt exp log
	sin cos tan asin acos atan sinh cosh tanh FloorDiv ModularIndexing Where PythonMod CleanDiv CeilToInt FloorToInt CeilDiv LShift RShift
	PowByNatural FloatPow FloatTrueDiv IntTrueDiv IsNonOverlappingAndDenseIndicator TruncToFloat TruncToInt RoundToInt RoundDecimal
	ToFloat Identity`)

// PlainGuard reports whether a guard of an exported program compares sizes of
// the inputs and no more. It becomes the source of a function, and its names
// the text of a message in it (torch/export/_unlift.py,
// _convert_guards_code_to_fn).
func PlainGuard(text string) bool {
	list, ok := tokens(text, "+ - * / % < > & | ~ ^ ( ) , . [ ]")
	return ok && boundedGuard(list) && plainCode(list, func(i int, t token) bool {
		before, after := list.at(i-1).text, list.at(i+1).text
		switch {
		case t.kind == quoteToken:
			return before == "[" && after == "]" && strings.Trim(t.text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == ""
		case before == "." && (slices.Contains(guardMethods, t.text) || slices.Contains(mathematics, t.text)):
			return after == "("
		case before == ".":
			return after == "(" && (strings.HasPrefix(t.text, "sym_") || strings.HasPrefix(t.text, "_sym_")) && plainWord(t.text)
		case after == "(":
			return slices.Contains(pythonSigns, t.text) || slices.Contains(guardCalls, t.text)
		}
		return slices.Contains(pythonSigns, t.text) || slices.Contains(guardNames, t.text)
	})
}

var (
	guardMethods = strings.Fields("size stride storage_offset dim")
	guardNames   = strings.Fields("L True False None torch math inf")
	guardCalls   = strings.Fields("max min abs int float bool")
	pythonSigns  = strings.Fields("and or not if else is in")
)

// A token is a word, number, text or sign of an expression of Python.
type token struct {
	kind tokenKind
	text string // of a text what stands between its quotes
}

type tokenKind uint8

const (
	signToken tokenKind = iota
	wordToken
	numberToken
	quoteToken
)

type tokenList []token

// at is the token at i, none of one that does not exist.
func (l tokenList) at(i int) token {
	if i < 0 || i >= len(l) {
		return token{}
	}
	return l[i]
}

// tokenForms are tried in this order. A number ends where no letter, digit or
// point follows it, so that it has no attribute.
var (
	wordForm   = regexp.MustCompile("^[A-Za-z_][A-Za-z_0-9]*")
	numberForm = regexp.MustCompile(`^[0-9]+(\.[0-9]*)?(e[+-]?[0-9]+)?`)
	quoteForm  = regexp.MustCompile(`^('[^'"\\]*'|"[^'"\\]*")`)
	signForm   = regexp.MustCompile(`^(\*\*|//|<<|>>|<=|>=|==|!=)`)
)

// tokens takes an expression apart. False means that it has what no expression
// of numbers has. Signs are those of one byte; those of two are all allowed.
func tokens(text, signs string) (list tokenList, ok bool) {
	for text = strings.TrimLeft(text, " "); text != ""; text = strings.TrimLeft(text, " ") {
		t := token{}
		n := 0
		if w := wordForm.FindString(text); w != "" {
			t, n = token{wordToken, w}, len(w)
		} else if d := numberForm.FindString(text); d != "" {
			if rest := text[len(d):]; rest != "" && (rest[0] == '.' || wordForm.MatchString(rest)) {
				return nil, false
			}
			t, n = token{numberToken, d}, len(d)
		} else if q := quoteForm.FindString(text); q != "" {
			t, n = token{quoteToken, q[1 : len(q)-1]}, len(q)
		} else if s := signForm.FindString(text); s != "" {
			t, n = token{signToken, s}, len(s)
		} else if s := text[:1]; slices.Contains(strings.Fields(signs), s) {
			t, n = token{signToken, s}, 1
		} else {
			return nil, false
		}
		list, text = append(list, t), text[n:]
	}
	return list, true
}

// plainCode judges words and texts by named, and allows brackets where they
// group, index or hold the arguments of a word that named allows to be called.
func plainCode(list tokenList, named func(int, token) bool) bool {
	for i, t := range list {
		before := list.at(i - 1)
		switch {
		case t.kind == wordToken || t.kind == quoteToken:
			if strings.Contains(t.text, "__") || !named(i, t) {
				return false
			}
		case t.text == "(" && (before.kind == numberToken || before.kind == quoteToken || before.text == ")" || before.text == "]"):
			return false
		case t.text == "." && (before.kind == numberToken || before.kind == signToken && before.text != ")" && before.text != "]"):
			return false
		}
	}
	return true
}
