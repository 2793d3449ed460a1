package lambda

import (
	"math"
	"strings"

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
	if name == "tf.einsum" || name == "tf.linalg.einsum" || name == "ops.einsum" {
		return e.einsum(args, x.Keys)
	}
	f, ok := e.lookup[string(name)]
	if !ok && random(string(name)) {
		return nil, because("it draws random numbers (%s)", name)
	}
	if !ok {
		return nil, because("it calls %s, which is not in the table", name)
	}
	given, err := f.arguments(args, x.Keys)
	if err != nil {
		return nil, err
	}
	return e.apply(f, given)
}

// random reports functions that give something else each time.
func random(name string) bool {
	return strings.Contains(name, "random") || strings.HasSuffix(name, ".dropout")
}

// apply makes the nodes of a function in the table.
func (e *evaluator) apply(f Function, given map[string]any) (any, error) {
	if op := operation(f.Op); op != nil {
		return e.operate(f.Name, op, given)
	}
	b := &builder{e: e, name: f.Name}
	v := composed[f.Op].build(b, given)
	return v, b.err
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
	case "tf.shape", "K.shape", "ops.shape":
		if t, ok := args[0].(tensor); ok && e.shape(t.Ref) != nil {
			return sizes{e.shape(t.Ref), t.Ref}, true, nil
		}
	case "K.ndim", "tf.rank", "ops.ndim":
		if t, ok := args[0].(tensor); ok && e.shape(t.Ref) != nil {
			return len(e.shape(t.Ref)), true, nil
		}
	case "np.log", "math.log", "np.exp", "math.exp":
		if f, _, ok := number(args[0]); ok && (f > 0 || strings.HasSuffix(string(name), "exp")) {
			if strings.HasSuffix(string(name), "log") {
				return math.Log(f), true, nil
			}
			v, err = arithmetic("*", math.Exp(f), 1.0) // fails where it is too large
			return v, true, err
		}
	case "np.array", "tf.constant", "K.constant", "ops.array":
		if numbers := row(args[0]); numbers != nil {
			return vector(numbers), true, nil
		}
		if _, _, ok := number(args[0]); ok {
			return args[0], true, nil
		}
	case "tuple", "list":
		if s, ok := args[0].(sequence); ok {
			return sequence{s.items, name == "tuple"}, true, nil
		}
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
