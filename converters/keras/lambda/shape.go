package lambda

import "slices"

// shape returns a tensor's shape, nil if it is not known.
func (e *evaluator) shape(r Ref) shape {
	switch {
	case r.Node >= 0:
		return e.shapes[r.Node]
	case r.Input < len(e.call.Shapes):
		return e.call.Shapes[r.Input]
	}
	return nil
}

// shapeOf infers the shape that an operation gives; nil where this is not plain.
func (e *evaluator) shapeOf(op string, args []any) shape {
	x, ok := args[0].(Ref)
	if !ok {
		return nil
	}
	in := e.shape(x)
	if in == nil {
		return nil
	}
	entry := operation(op)
	switch {
	case len(entry.Params) == 1, op == "softmax", op == "log_softmax", op == "leaky_relu", op == "cast", op == "clip", op == "l2_normalize", op == "flip":
		return in
	case len(entry.Params) == 2 && entry.Params[1] == "y" && op != "matmul":
		y, ok := args[1].(Ref)
		if !ok || slices.Equal(e.shape(y), in) {
			return in
		}
		return nil
	}
	axis, isInt := args[1].(int)
	if axis < 0 {
		axis += len(in)
	}
	switch op {
	case "expand_dims":
		if n, _ := args[1].(int); n < 0 {
			axis++
		}
		if isInt && axis >= 0 && axis <= len(in) {
			return slices.Insert(slices.Clone(in), axis, 1)
		}
	case "squeeze":
		if isInt && axis >= 0 && axis < len(in) {
			return slices.Delete(slices.Clone(in), axis, axis+1)
		}
	case "mean", "sum", "max", "min", "prod", "std", "var":
		if !isInt || axis < 0 || axis >= len(in) {
			return nil
		}
		out := slices.Clone(in)
		if args[2] == true {
			out[axis] = 1
			return out
		}
		return slices.Delete(out, axis, axis+1)
	}
	return nil
}
