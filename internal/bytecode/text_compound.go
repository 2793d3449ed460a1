package bytecode

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/modelaudit/action/internal/marshal"
)

func (w *writer) compound(e *Expr) {
	switch e.Kind {
	case TupleOf:
		end := ")"
		if len(e.Args) == 1 {
			end = ",)"
		}
		w.list("(", e.Args, end)
	case ListOf:
		w.list("[", e.Args, "]")
	case SetOf:
		w.list("{", e.Args, "}")
	case DictOf:
		w.dict(e)
	case Call:
		w.call(e)
	case CallSpread:
		w.expr(e.Args[0], primary)
		w.add("(*")
		w.expr(e.Args[1], bitOr)
		if len(e.Args) > 2 {
			w.add(", **")
			w.expr(e.Args[2], bitOr)
		}
		w.add(")")
	case Spread:
		w.add("*")
		w.expr(e.Args[0], bitOr)
	case Text:
		w.add(`f"`)
		for _, part := range e.Args {
			w.piece(part)
		}
		w.add(`"`)
	case Format, converted:
		w.add(`f"`)
		w.piece(e)
		w.add(`"`)
	case Lambda:
		w.lambda(e)
	case Import:
		w.add("__import__(", quoted(e.Name), ")")
	default:
		w.add("NULL")
	}
}

func (w *writer) dict(e *Expr) {
	w.add("{")
	for i := 0; i+1 < len(e.Args); i += 2 {
		w.separate(i)
		if e.Args[i] == nil {
			w.add("**")
			w.expr(e.Args[i+1], bitOr)
			continue
		}
		w.expr(e.Args[i], conditional)
		w.add(": ")
		w.expr(e.Args[i+1], conditional)
	}
	w.add("}")
}

func (w *writer) call(e *Expr) {
	w.expr(e.Args[0], primary)
	w.add("(")
	plain := len(e.Args) - len(e.Keys)
	for i, arg := range e.Args[1:] {
		w.separate(i)
		if k := i + 1 - plain; k >= 0 {
			w.add(e.Keys[k], "=")
		}
		w.expr(arg, conditional)
	}
	w.add(")")
}

// piece writes a part of an f-string.
func (w *writer) piece(e *Expr) {
	switch {
	case e.Kind == Const:
		s, _ := e.Value.(string)
		q := quoted(s)
		w.add(strings.NewReplacer("{", "{{", "}", "}}", `"`, `\"`).Replace(q[1 : len(q)-1]))
	case e.Kind == Format || e.Kind == converted:
		w.add("{")
		w.expr(e.Args[0], conditional)
		if e.Name != "" {
			w.add("!", e.Name)
		}
		if len(e.Args) > 1 {
			w.add(":")
			w.format(e.Args[1])
		}
		w.add("}")
	default:
		w.add("{")
		w.expr(e, conditional)
		w.add("}")
	}
}

func (w *writer) format(e *Expr) {
	if e.Kind == Text {
		for _, part := range e.Args {
			w.piece(part)
		}
		return
	}
	w.piece(e)
}

func (w *writer) lambda(e *Expr) {
	if f := e.Function; !w.inline(f, e.defaults(), conditional) {
		w.add("<", strings.Trim(f.Code.Name, "<>"), "(", f.parameters(e.defaults()), ")>")
	}
}

// defaults are the values of a Lambda's defaults, where they are written out.
func (e *Expr) defaults() []*Expr {
	if len(e.Args) == 1 {
		if list := spread(e.Args[0]); len(list) == 0 || list[0].Kind != Spread {
			return list
		}
	}
	return nil
}

// constant writes a constant as Python would.
func constant(v marshal.Value) string {
	w := &writer{}
	w.constant(v, 0)
	return w.String()
}

func (w *writer) constant(v marshal.Value, depth int) {
	if depth > maxNesting {
		w.add("...")
		return
	}
	switch v := v.(type) {
	case nil:
		w.add("None")
	case bool:
		w.add(map[bool]string{true: "True", false: "False"}[v])
	case *big.Int:
		w.add(integerText(v))
	case float64:
		w.add(floatText(v))
	case complex128:
		w.add(complexText(v))
	case string:
		w.add(quoted(v))
	case marshal.Bytes:
		w.add("b", quotedBytes(v))
	case marshal.Special:
		w.add(map[marshal.Special]string{marshal.Ellipsis: "..."}[v])
	case marshal.Tuple:
		end := ")"
		if len(v) == 1 {
			end = ",)"
		}
		w.values("(", v, end, depth)
	case marshal.List:
		w.values("[", v, "]", depth)
	case *marshal.Set:
		if len(v.Items) == 0 || v.Frozen {
			w.values("frozenset({", v.Items, "})", depth)
		} else {
			w.values("{", v.Items, "}", depth)
		}
	case *marshal.Slice:
		w.values("slice(", []marshal.Value{v.Start, v.Stop, v.Step}, ")", depth)
	case *marshal.Code:
		w.add("<code ", v.Name, ">")
	default:
		w.add("<", fmt.Sprintf("%T", v), ">")
	}
}

func (w *writer) values(open string, items []marshal.Value, end string, depth int) {
	w.add(open)
	for i, item := range items {
		if w.full {
			return
		}
		w.separate(i)
		w.constant(item, depth+1)
	}
	w.add(end)
}
