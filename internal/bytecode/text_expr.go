package bytecode

import (
	"strings"

	"github.com/modelaudit/action/internal/marshal"
)

// precedence, the higher the tighter (Python's grammar, "Operator precedence").
const (
	lowest = iota
	conditional
	or
	and
	not
	comparing
	bitOr
	bitXor
	bitAnd
	shift
	sum
	product
	sign
	power
	primary
)

var precedences = map[string]int{
	"|": bitOr, "^": bitXor, "&": bitAnd, "<<": shift, ">>": shift, "+": sum, "-": sum,
	"*": product, "/": product, "//": product, "%": product, "@": product, "**": power,
}

// expr writes an expression, in brackets if it binds less than its place asks.
func (w *writer) expr(e *Expr, place int) {
	if w.full {
		return
	}
	own := e.precedence()
	if own < place {
		w.add("(")
		defer w.add(")")
	}
	switch e.Kind {
	case Const:
		w.add(constant(e.Value))
	case Local, Global, Free:
		w.add(e.Name)
	case Attribute:
		if e.Args[0].Kind == Const && e.Args[0].Value != nil {
			place = lowest
			w.add("(")
			w.expr(e.Args[0], lowest)
			w.add(").", e.Name)
			return
		}
		w.expr(e.Args[0], primary)
		w.add(".", e.Name)
	case Item:
		w.expr(e.Args[0], primary)
		w.add("[")
		w.index(e.Args[1])
		w.add("]")
	case SliceOf:
		w.list("slice(", e.Args, ")")
	case Unary, Binary, InPlace, Compare, And, Or, Conditional:
		w.operation(e, own)
	default:
		w.compound(e)
	}
}

func (e *Expr) precedence() int {
	switch e.Kind {
	case Lambda:
		return lowest
	case Conditional:
		return conditional
	case Or:
		return or
	case And:
		return and
	case Compare:
		return comparing
	case Binary, InPlace:
		return precedences[e.Name]
	case Unary:
		switch e.Name {
		case "not":
			return not
		case "bool":
			return primary
		}
		return sign
	case Const:
		if s := constant(e.Value); strings.HasPrefix(s, "-") {
			return sign
		}
	}
	return primary
}

func (w *writer) operation(e *Expr, own int) {
	switch e.Kind {
	case Conditional:
		w.expr(e.Args[1], own+1)
		w.add(" if ")
		w.expr(e.Args[0], own+1)
		w.add(" else ")
		w.expr(e.Args[2], own)
	case And, Or:
		for i, arg := range e.Args {
			if i > 0 {
				w.add(map[Kind]string{And: " and ", Or: " or "}[e.Kind])
			}
			w.expr(arg, own+1)
		}
	case Unary:
		if e.Name == "bool" {
			w.list("bool(", e.Args, ")")
			return
		}
		w.add(strings.Replace(e.Name, "not", "not ", 1))
		w.expr(e.Args[0], own)
	default:
		left, right := own, own+1
		if e.Name == "**" {
			left, right = own+1, sign
		}
		if e.Kind == Compare {
			left = own + 1
		}
		w.expr(e.Args[0], left)
		w.add(" ", e.Name, " ")
		w.expr(e.Args[1], right)
	}
}

// index writes what stands between [ and ].
func (w *writer) index(e *Expr) {
	switch e.Kind {
	case SliceOf:
		w.slice(e.Args)
	case Const:
		switch v := e.Value.(type) {
		case *marshal.Slice:
			w.slice([]*Expr{{Value: v.Start}, {Value: v.Stop}, {Value: v.Step}})
		case marshal.Tuple:
			if len(v) > 0 {
				for i, part := range v {
					w.separate(i)
					w.index(&Expr{Value: part})
				}
				if len(v) == 1 {
					w.add(",")
				}
				return
			}
			w.add("()")
		default:
			w.expr(e, lowest)
		}
	case TupleOf:
		for i, part := range e.Args {
			w.separate(i)
			w.index(part)
		}
		if len(e.Args) == 1 {
			w.add(",")
		}
		if len(e.Args) == 0 {
			w.add("()")
		}
	default:
		w.expr(e, lowest)
	}
}

func (w *writer) separate(i int) {
	if i > 0 {
		w.add(", ")
	}
}

func (w *writer) slice(parts []*Expr) {
	for i, part := range parts {
		empty := part.Kind == Const && part.Value == nil
		if i == 1 || i == 2 && !empty {
			w.add(":")
		}
		if !empty {
			w.expr(part, conditional)
		}
	}
}

func (w *writer) list(open string, items []*Expr, end string) {
	w.add(open)
	for i, item := range items {
		w.separate(i)
		w.expr(item, conditional)
	}
	w.add(end)
}
