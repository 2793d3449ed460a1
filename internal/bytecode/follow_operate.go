package bytecode

import (
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/marshal"
)

// binaryOperators are the arguments of BINARY_OP in order (Include/opcode.h, NB_*);
// the augmented forms follow the thirteen plain ones.
var binaryOperators = []string{"+", "&", "//", "<<", "@", "*", "%", "|", "**", ">>", "-", "/", "^"}

// wordOperators are the operators in the names of the instructions before 3.11.
var wordOperators = map[string]string{
	"ADD": "+", "AND": "&", "FLOOR_DIVIDE": "//", "LSHIFT": "<<", "MATRIX_MULTIPLY": "@", "MULTIPLY": "*", "MODULO": "%",
	"OR": "|", "POWER": "**", "RSHIFT": ">>", "SUBTRACT": "-", "TRUE_DIVIDE": "/", "XOR": "^",
}

// comparisons are the arguments of COMPARE_OP; those behind the sixth are 3.8's and older.
var comparisons = []string{"<", "<=", "==", "!=", ">", ">=", "in", "not in", "is", "is not", exceptionMatch}

// exceptionMatch stands in handlers of exceptions alone, which are not followed.
const exceptionMatch = "exception match"

// operate does the operators, attribute access excepted.
func (b *block) operate() bool {
	switch name := b.in.Name; name {
	case "UNARY_NEGATIVE", "UNARY_POSITIVE", "UNARY_INVERT":
		b.unary(map[string]string{"UNARY_NEGATIVE": "-", "UNARY_POSITIVE": "+", "UNARY_INVERT": "~"}[name])
	case "UNARY_NOT":
		b.push(&Expr{Kind: Unary, Name: "not", Args: []*Expr{truth(b.pop())}})
	case "TO_BOOL":
		b.unary("bool")
	case "BINARY_SUBSCR":
		b.push(&Expr{Kind: Item, Args: b.popN(2)})
	case "BINARY_SLICE":
		if args := b.popN(3); args != nil {
			b.push(&Expr{Kind: Item, Args: []*Expr{args[0], {Kind: SliceOf, Args: []*Expr{args[1], args[2], none()}}}})
		}
	case "BINARY_OP":
		return b.binary()
	case "COMPARE_OP":
		return b.compare()
	case "IS_OP", "CONTAINS_OP":
		at := map[string]int{"IS_OP": 8, "CONTAINS_OP": 6}[name]
		b.push(&Expr{Kind: Compare, Name: comparisons[at+b.in.Arg&1], Args: b.popN(2)})
	case "CALL_INTRINSIC_1":
		switch b.in.Arg {
		case 5:
			b.unary("+")
		case 6:
			b.push(b.tuple(b.pop()))
		default:
			return false
		}
	default:
		return b.word(name)
	}
	return true
}

func (b *block) unary(operator string) {
	b.push(&Expr{Kind: Unary, Name: operator, Args: b.popN(1)})
}

// word does the operators of which each is an instruction.
func (b *block) word(name string) bool {
	kind, word, _ := strings.Cut(name, "_")
	operator := wordOperators[word]
	if operator == "" || kind != "BINARY" && kind != "INPLACE" {
		return false
	}
	b.push(&Expr{Kind: binaryKind(kind == "INPLACE"), Name: operator, Args: b.popN(2)})
	return true
}

func binaryKind(inPlace bool) Kind {
	if inPlace {
		return InPlace
	}
	return Binary
}

func (b *block) binary() bool {
	n := len(binaryOperators)
	switch arg := b.in.Arg; {
	case arg < 2*n:
		b.push(&Expr{Kind: binaryKind(arg >= n), Name: binaryOperators[arg%n], Args: b.popN(2)})
	case arg == 2*n && b.f.Version >= 14:
		b.push(&Expr{Kind: Item, Args: b.popN(2)})
	default:
		return false
	}
	return true
}

func (b *block) compare() bool {
	arg, bound := comparison(b.f.Version, b.in.Arg)
	if arg >= bound || comparisons[arg] == exceptionMatch {
		return false
	}
	e := &Expr{Kind: Compare, Name: comparisons[arg], Args: b.popN(2)}
	if b.f.Version >= 13 && b.in.Arg&16 != 0 {
		e = &Expr{Kind: Unary, Name: "bool", Args: []*Expr{e}}
	}
	b.push(e)
	return true
}

// comparison is the index in comparisons that COMPARE_OP's argument means, and
// how many of them the version knows.
func comparison(v Version, arg int) (index, bound int) {
	switch {
	case v >= 13:
		return arg >> 5, 6
	case v == 12:
		return arg >> 4, 6
	case v >= 9:
		return arg, 6
	}
	return arg, len(comparisons)
}

// make does the instructions that make functions, import and unpack.
func (b *block) make() bool {
	switch b.in.Name {
	case "MAKE_FUNCTION":
		return b.function()
	case "SET_FUNCTION_ATTRIBUTE":
		f, value := b.pop(), b.pop()
		if f.Kind != Lambda {
			return false
		}
		if b.in.Arg == 1 {
			f.Args = []*Expr{value}
		}
		b.push(f)
	case "IMPORT_NAME":
		args := b.popN(2)
		if args == nil {
			break
		}
		e := &Expr{Kind: Import, Name: b.name(b.in.Arg), Value: args[0].Value}
		if list, ok := args[1].Value.(marshal.Tuple); ok {
			e.Keys = texts(list)
		}
		b.push(e)
	case "IMPORT_FROM":
		module := b.pop()
		b.push(module)
		b.push(&Expr{Kind: Attribute, Name: b.name(b.in.Arg), Args: []*Expr{module}})
	case "UNPACK_SEQUENCE":
		value, items := b.pop(), &Expr{Kind: TupleOf}
		for range min(b.in.Arg, maxSteps) {
			items.Args = append(items.Args, b.fresh())
		}
		b.assign(items, value)
		for _, item := range slices.Backward(items.Args) {
			b.push(item)
		}
	case "GET_ITER":
		b.push(&Expr{Kind: Call, Args: []*Expr{{Kind: Global, Name: "iter"}, b.pop()}})
	default:
		return false
	}
	return true
}

// function is MAKE_FUNCTION: what it takes stands in its argument's bits up to 3.12.
func (b *block) function() bool {
	if b.f.Version < 11 {
		b.pop() // its qualified name
	}
	code, ok := b.pop().Value.(*marshal.Code)
	if !ok {
		return false
	}
	e := &Expr{Kind: Lambda}
	for _, inner := range b.f.Inner {
		if inner.Code == code {
			e.Function = inner
		}
	}
	if b.f.Version < 13 {
		for _, bit := range []int{8, 4, 2, 1} {
			if b.in.Arg&bit == 0 {
				continue
			}
			value := b.pop()
			if bit == 1 {
				e.Args = []*Expr{value}
			}
		}
	}
	b.push(e)
	return e.Function != nil
}

func texts(t marshal.Tuple) []string {
	var list []string
	for _, v := range t {
		if s, ok := v.(string); ok {
			list = append(list, s)
		}
	}
	return list
}
