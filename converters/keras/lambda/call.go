package lambda

import (
	"slices"

	"github.com/modelaudit/action/internal/bytecode"
)

// called interprets a call: of the table of functions, or of the few builtins
// and methods that give numbers.
func (e *evaluator) called(x *bytecode.Expr) (any, error) {
	callee, err := e.expr(x.Args[0])
	if err != nil {
		return nil, err
	}
	args, err := e.list(x.Args[1:])
	if err != nil {
		return nil, err
	}
	if m, ok := callee.(method); ok {
		return e.method(m, args)
	}
	name, ok := callee.(symbol)
	if !ok {
		return nil, because("it calls something that has no name")
	}
	if v, known, err := e.builtin(name, args, x.Keys); known {
		return v, err
	}
	f, ok := e.lookup[string(name)]
	if !ok {
		return nil, because("it calls %s, which is not in the table", name)
	}
	given, err := f.arguments(args, x.Keys)
	if err != nil {
		return nil, err
	}
	return e.apply(f, given)
}

// apply makes the nodes of a function in the table.
func (e *evaluator) apply(f Function, given map[string]any) (v any, err error) {
	chain := []string{f.Op}
	switch f.Op {
	case "identity":
		return given["x"], nil
	case "sqrt of positive":
		if v, err = e.operate(f.Name, operation("maximum"), map[string]any{"x": given["x"], "y": 0.0}); err != nil {
			return nil, err
		}
		given, chain = map[string]any{"x": v}, []string{"sqrt"}
	case "squared difference":
		if v, err = e.operate(f.Name, operation("subtract"), given); err != nil {
			return nil, err
		}
		given, chain = map[string]any{"x": v}, []string{"square"}
	case "norm":
		chain = []string{"square", "sum", "sqrt"}
	}
	for _, op := range chain {
		if v, err = e.operate(f.Name, operation(op), given); err != nil {
			return nil, err
		}
		given["x"] = v
	}
	return v, nil
}

func (e *evaluator) method(m method, args []any) (any, error) {
	if len(args) == 0 {
		switch of := m.of.(type) {
		case tensor:
			if s := e.shape(of.Ref); s != nil {
				return s, nil
			}
			return nil, because("the shape of a tensor is not known")
		case shape:
			return of, nil
		}
	}
	return nil, because("it calls the method %s", m.name)
}

// builtin does what is no operation of a graph.
func (e *evaluator) builtin(name symbol, args []any, keys []string) (v any, known bool, err error) {
	if len(keys) > 0 || len(args) > 1 || len(args) == 0 && name != "K.epsilon" {
		return nil, false, nil
	}
	switch name {
	case "K.epsilon":
		if e.call.Epsilon != 0 {
			return e.call.Epsilon, true, nil
		}
		return 1e-7, true, nil
	case "len":
		if list, ok := args[0].(sequence); ok && len(args) == 1 {
			return len(list.items), true, nil
		}
	case "abs":
		if t, ok := args[0].(tensor); ok && len(args) == 1 {
			v, err = e.node("absolute", t.Ref)
			return v, true, err
		}
	case "float":
		if f, _, ok := number(args[0]); ok {
			return f, true, nil
		}
	case "int":
		if n, ok := args[0].(int); ok {
			return n, true, nil
		}
	case "np.sqrt", "math.sqrt":
		v, err = arithmetic("**", args[0], 0.5)
		return v, true, err
	case "K.int_shape":
		if t, ok := args[0].(tensor); ok {
			if s := e.shape(t.Ref); s != nil {
				return s, true, nil
			}
			return nil, true, because("the shape of a tensor is not known")
		}
	}
	return nil, false, nil
}

// arguments gives each parameter of the operation its value.
func (f Function) arguments(args []any, keys []string) (map[string]any, error) {
	given := map[string]any{}
	plain := len(args) - len(keys)
	if plain > len(f.Params) {
		return nil, because("it calls %s with too many arguments", f.Name)
	}
	seen := map[string]bool{}
	for i, v := range args {
		at := i
		if i >= plain {
			at = slices.IndexFunc(f.Params, func(p Param) bool { return p.Name == keys[i-plain] })
		}
		if at < 0 {
			return nil, because("it calls %s with the argument %s", f.Name, keys[i-plain])
		}
		p := f.Params[at]
		switch {
		case seen[p.Name]:
			return nil, because("it calls %s with %s twice", f.Name, p.Name)
		case p.For != "_":
			given[p.For] = v
		case p.Name != "name" && v != nil && v != false && !(p.Known && v == p.Default):
			return nil, because("it calls %s with %s", f.Name, p.Name)
		}
		seen[p.Name] = true
	}
	for _, p := range f.Params {
		if p.Known && p.For != "_" && !seen[p.Name] {
			given[p.For] = p.Default
		}
	}
	return given, nil
}

// operate makes the node of an operation, its arguments checked.
func (e *evaluator) operate(name string, op *Operation, given map[string]any) (any, error) {
	args := make([]any, 0, len(op.Params))
	tensors := 0
	for _, param := range op.Params {
		key, value, hasDefault := cutDefault(param)
		v, ok := given[key]
		if !ok {
			if !hasDefault {
				return nil, because("it calls %s without %s", name, key)
			}
			v = value
		}
		switch key {
		case "xs":
			list, ok := v.(sequence)
			if !ok {
				return nil, because("it calls %s with something other than a list of tensors", name)
			}
			refs := make([]Ref, len(list.items))
			for i, item := range list.items {
				t, ok := item.(tensor)
				if !ok {
					return nil, because("it calls %s with something other than tensors", name)
				}
				refs[i] = t.Ref
			}
			tensors += len(refs)
			args = append(args, refs)
			continue
		case "x", "y", "condition":
			if !operand(v) {
				return nil, because("it calls %s with something that is neither a tensor nor a number", name)
			}
			if _, ok := v.(tensor); ok {
				tensors++
			}
		default:
			if !settled(v, 0) {
				return nil, because("it calls %s with a %s that is not constant", name, key)
			}
		}
		args = append(args, bare(v))
	}
	if tensors == 0 {
		return nil, because("it calls %s without a tensor", name)
	}
	return e.node(op.Name, args...)
}

// settled reports a value that is known: no tensor in it, no unknown size but -1 for "the rest".
func settled(v any, depth int) bool {
	switch v := v.(type) {
	case nil, bool, int, float64, string:
		return true
	case sequence:
		for _, item := range v.items {
			if depth > 2 || !settled(item, depth+1) {
				return false
			}
		}
		return true
	case shape:
		unknown := 0
		for _, n := range v {
			if n < 0 {
				unknown++
			}
		}
		return unknown < 2
	}
	return false
}
