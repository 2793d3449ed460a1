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

// builtin does what is no operation of a graph: functions of one argument that
// give numbers, sequences or shapes.
func (e *evaluator) builtin(name symbol, args []any, keys []string) (v any, known bool, err error) {
	if name == "K.epsilon" && len(args) == 0 && len(keys) == 0 {
		if e.call.Epsilon != 0 {
			return e.call.Epsilon, true, nil
		}
		return 1e-7, true, nil
	}
	if len(args) != 1 || len(keys) > 0 {
		return nil, false, nil
	}
	switch x := args[0].(type) {
	case tensor:
		v, known, err = e.ofTensor(name, x)
	case sequence:
		v, known = ofSequence(name, x)
	}
	if known || err != nil {
		return v, known, err
	}
	return ofNumber(name, args[0])
}

// ofTensor does what asks a tensor for its shape, and abs, which is Python's own.
func (e *evaluator) ofTensor(name symbol, t tensor) (v any, known bool, err error) {
	s := e.shape(t.Ref)
	switch name {
	case "abs":
		v, err = e.node("absolute", t.Ref)
		return v, true, err
	case "K.int_shape":
		if s == nil {
			return nil, true, because("the shape of a tensor is not known")
		}
		return s, true, nil
	case "tf.shape", "K.shape", "ops.shape":
		return sizes{s, t.Ref}, s != nil, nil
	case "K.ndim", "tf.rank", "ops.ndim":
		return len(s), s != nil, nil
	}
	return nil, false, nil
}

func ofSequence(name symbol, s sequence) (v any, known bool) {
	switch name {
	case "len":
		return len(s.items), true
	case "tuple", "list":
		return sequence{s.items, name == "tuple"}, true
	}
	return nil, false
}

// ofNumber does the arithmetic of the standard library and of numpy, on numbers alone.
func ofNumber(name symbol, arg any) (v any, known bool, err error) {
	f, _, isNumber := number(arg)
	switch name {
	case "float":
		return f, isNumber, nil
	case "int":
		n, ok := arg.(int)
		return n, ok, nil
	case "np.sqrt", "math.sqrt":
		v, err = arithmetic("**", arg, 0.5)
		return v, true, err
	case "np.log", "math.log":
		if isNumber && f > 0 {
			return math.Log(f), true, nil
		}
	case "np.exp", "math.exp":
		if isNumber {
			v, err = arithmetic("*", math.Exp(f), 1.0) // fails where it is too large
			return v, true, err
		}
	case "np.array", "tf.constant", "K.constant", "ops.array":
		if numbers := row(arg); numbers != nil {
			return vector(numbers), true, nil
		}
		return arg, isNumber, nil
	}
	return nil, false, nil
}
