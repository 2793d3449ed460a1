package lambda

import (
	"github.com/modelaudit/action/internal/bytecode"
)

// operators are Python's, by the operation that a tensor makes of them.
var operators = map[string]string{
	"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "//": "floor_divide", "%": "mod", "**": "power", "@": "matmul",
	"<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal",
}

func (e *evaluator) expr(x *bytecode.Expr) (any, error) {
	if e.steps++; e.steps > maxSteps {
		return nil, because("it takes too many steps")
	}
	switch x.Kind {
	case bytecode.Const:
		return constant(x.Value, 0)
	case bytecode.Local:
		return e.named(e.locals, x.Name)
	case bytecode.Free:
		return e.named(e.free, x.Name)
	case bytecode.Global:
		return global(x.Name)
	case bytecode.Import:
		return canonical(x.Name), nil
	case bytecode.Attribute:
		return e.attribute(x)
	case bytecode.TupleOf, bytecode.ListOf:
		items, err := e.list(x.Args)
		return sequence{items, x.Kind == bytecode.TupleOf}, err
	case bytecode.SliceOf:
		parts, err := e.list(x.Args)
		if err != nil {
			return nil, err
		}
		return Slice{parts[0], parts[1], parts[2]}, nil
	case bytecode.Item:
		return e.item(x)
	case bytecode.Unary:
		return e.unary(x)
	case bytecode.Binary, bytecode.InPlace, bytecode.Compare:
		return e.binary(x)
	case bytecode.Conditional:
		return e.conditional(x)
	case bytecode.Call:
		return e.called(x)
	}
	return nil, because("it is more than arithmetic and calls")
}

// conditional interprets the branch that is taken: the condition must be known.
func (e *evaluator) conditional(x *bytecode.Expr) (any, error) {
	yes, err := e.decide(x.Args[0])
	if err != nil {
		return nil, err
	}
	if yes {
		return e.expr(x.Args[1])
	}
	return e.expr(x.Args[2])
}

// decide interprets a condition.
func (e *evaluator) decide(x *bytecode.Expr) (bool, error) {
	condition, err := e.expr(x)
	if err != nil {
		return false, err
	}
	return truth(condition)
}

func (e *evaluator) named(values map[string]any, name string) (any, error) {
	if v, ok := values[name]; ok {
		return v, nil
	}
	return nil, because("the variable %s has no value that is known", name)
}

// global is what a name stands for that the function does not define.
func global(name string) (any, error) {
	if root, ok := roots[name]; ok {
		return symbol(root), nil
	}
	switch name {
	case "len", "abs", "int", "float", "tuple", "list":
		return symbol(name), nil
	}
	return nil, because("what %s stands for is not known", name)
}

func (e *evaluator) list(args []*bytecode.Expr) ([]any, error) {
	items := make([]any, 0, len(args))
	for _, arg := range args {
		if arg == nil || arg.Kind == bytecode.Spread {
			return nil, because("it spreads a list")
		}
		v, err := e.expr(arg)
		if err != nil {
			return nil, err
		}
		items = append(items, v)
	}
	return items, nil
}

func (e *evaluator) attribute(x *bytecode.Expr) (any, error) {
	of, err := e.expr(x.Args[0])
	if err != nil {
		return nil, err
	}
	switch of := of.(type) {
	case symbol:
		s := canonical(string(of) + "." + x.Name)
		if v, ok := symbolValue(s); ok {
			return v, nil
		}
		return s, nil
	case tensor:
		if x.Name == "shape" {
			if s := e.shape(of.Ref); s != nil {
				return s, nil
			}
			return nil, because("the shape of a tensor is not known")
		}
		if x.Name == "get_shape" {
			return method{of, x.Name}, nil
		}
	case shape:
		if x.Name == "as_list" {
			return method{of, x.Name}, nil
		}
	}
	return nil, because("it uses the attribute %s", x.Name)
}

func (e *evaluator) unary(x *bytecode.Expr) (any, error) {
	v, err := e.expr(x.Args[0])
	if err != nil {
		return nil, err
	}
	switch t, isTensor := v.(tensor); {
	case isTensor && x.Name == "-":
		return e.node("negative", t.Ref)
	case isTensor && x.Name == "+":
		return v, nil
	case isTensor:
	case x.Name == "-":
		if f, ok := v.(float64); ok {
			return -f, nil // also of 0.0
		}
		return arithmetic("-", 0, v)
	case x.Name == "+":
		return arithmetic("+", 0, v)
	case x.Name == "not", x.Name == "bool":
		yes, err := truth(v)
		return yes == (x.Name == "bool"), err
	}
	return nil, because("it computes %s of a tensor", x.Name)
}

func (e *evaluator) binary(x *bytecode.Expr) (any, error) {
	args, err := e.list(x.Args)
	if err != nil {
		return nil, err
	}
	_, left := args[0].(tensor)
	_, right := args[1].(tensor)
	switch {
	case x.Name == "is" || x.Name == "is not":
		if args[1] != nil {
			return nil, because("it compares identities")
		}
		return (args[0] == nil) == (x.Name == "is"), nil
	case left || right:
		op := operators[x.Name]
		if op == "" || !operand(args[0]) || !operand(args[1]) {
			return nil, because("it computes %s with a tensor", x.Name)
		}
		return e.node(op, bare(args[0]), bare(args[1]))
	case x.Kind == bytecode.Compare:
		return compare(x.Name, args[0], args[1])
	}
	if a, ok := args[0].(sequence); ok && x.Name == "+" {
		if b, ok := args[1].(sequence); ok && a.tuple == b.tuple {
			return sequence{append(append([]any(nil), a.items...), b.items...), a.tuple}, nil
		}
	}
	return arithmetic(x.Name, args[0], args[1])
}

// row is a list of numbers, which a tensor takes element by element along its last axis; nil if v is none.
func row(v any) []any {
	var items []any
	switch v := v.(type) {
	case vector:
		return v
	case sequence:
		items = v.items
	}
	for _, item := range items {
		if _, isBool := item.(bool); isBool {
			return nil
		}
		if _, _, ok := number(item); !ok {
			return nil
		}
	}
	return items
}

// operand reports a tensor, a number, or a list of numbers.
func operand(v any) bool {
	if _, ok := v.(tensor); ok {
		return true
	}
	if row(v) != nil {
		return true
	}
	_, isBool := v.(bool)
	_, _, ok := number(v)
	return ok && !isBool
}

// bare is a value as a Node holds it.
func bare(v any) any {
	switch v := v.(type) {
	case tensor:
		return v.Ref
	case vector:
		return []any(v)
	case sequence:
		list := make([]any, len(v.items))
		for i, item := range v.items {
			list[i] = bare(item)
		}
		return list
	case shape:
		list := make([]any, len(v))
		for i, n := range v {
			list[i] = n
		}
		return list
	}
	return v
}

func compare(operator string, a, b any) (any, error) {
	x, _, ok := number(a)
	y, _, ok2 := number(b)
	if s, isText := a.(string); isText {
		if t, isText := b.(string); isText && (operator == "==" || operator == "!=") {
			return (s == t) == (operator == "=="), nil
		}
	}
	if !ok || !ok2 {
		return nil, because("it compares something that is no number")
	}
	switch operator {
	case "<":
		return x < y, nil
	case "<=":
		return x <= y, nil
	case ">":
		return x > y, nil
	case ">=":
		return x >= y, nil
	case "==":
		return x == y, nil
	case "!=":
		return x != y, nil
	}
	return nil, because("it computes %s", operator)
}
