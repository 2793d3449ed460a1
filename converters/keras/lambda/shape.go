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
	if list, ok := args[0].([]Ref); ok && op == "einsum" {
		return e.summed(list, args[1].(string))
	} else if ok {
		return e.joined(op, list, args[1])
	}
	if op == "where" || pairwise(op) {
		return e.broadcast(args)
	}
	x, ok := args[0].(Ref)
	if !ok {
		return nil
	}
	in := e.shape(x)
	switch {
	case in == nil:
		return nil
	case len(operation(op).Params) == 1, slices.Contains(sameShape, op):
		return in
	case op == "reshape":
		return reshaped(args[1])
	case op == "getitem":
		return taken(in, args[1].(Index))
	case op == "one_hot":
		if n, ok := args[1].(int); ok {
			return append(slices.Clone(in), n)
		}
		return nil
	case op == "resize":
		size, ok := ints(args[1])
		if !ok || len(size) != 2 || len(in) != 4 {
			return nil
		}
		return shape{in[0], size[0], size[1], in[3]}
	case op == "transpose":
		return permuted(in, args[1])
	case op == "tile":
		return tiled(in, args[1])
	case op == "matmul":
		return e.multiplied(in, args[1])
	}
	return onAxis(op, in, args)
}

// sameShape are the operations of several arguments that keep the shape of the first.
var sameShape = []string{"softmax", "log_softmax", "leaky_relu", "cast", "clip", "l2_normalize", "flip", "gelu", "cumsum"}

// pairwise reports an operation on two tensors, element by element.
func pairwise(op string) bool {
	params := operation(op).Params
	return len(params) == 2 && params[1] == "y" && op != "matmul"
}

// broadcast is the shape of what is computed of tensors and numbers element by element.
func (e *evaluator) broadcast(args []any) shape {
	out := shape{}
	for _, arg := range args {
		r, ok := arg.(Ref)
		if list, isList := arg.([]any); isList {
			if len(out) < 1 || out[len(out)-1] != len(list) {
				return nil
			}
			continue
		}
		if !ok {
			continue
		}
		s := e.shape(r)
		if s == nil {
			return nil
		}
		if len(s) > len(out) {
			s, out = out, slices.Clone(s)
		}
		for i := range s {
			at := len(out) - len(s) + i
			switch {
			case out[at] == s[i], s[i] == 1:
			case out[at] == 1:
				out[at] = s[i]
			default:
				return nil
			}
		}
	}
	return out
}

// multiplied is the shape of a product of matrices.
func (e *evaluator) multiplied(in shape, by any) shape {
	r, ok := by.(Ref)
	if !ok {
		return nil
	}
	y := e.shape(r)
	if len(in) < 2 || len(y) != len(in) || !slices.Equal(in[:len(in)-2], y[:len(y)-2]) {
		return nil
	}
	return append(slices.Clone(in[:len(in)-1]), y[len(y)-1])
}

// joined is the shape of tensors that are concatenated or stacked.
func (e *evaluator) joined(op string, list []Ref, where any) shape {
	axis, ok := where.(int)
	if !ok || len(list) == 0 {
		return nil
	}
	out := slices.Clone(e.shape(list[0]))
	if axis < 0 {
		axis += len(out)
		if op == "stack" {
			axis++
		}
	}
	if out == nil || axis < 0 || axis > len(out) || op == "concatenate" && axis == len(out) {
		return nil
	}
	for _, r := range list[1:] {
		s := e.shape(r)
		if len(s) != len(out) {
			return nil
		}
		for i := range s {
			switch {
			case op == "concatenate" && i == axis:
				if out[i] = out[i] + s[i]; s[i] < 0 || out[i] < s[i] {
					out[i] = -1
				}
			case out[i] != s[i]:
				return nil
			}
		}
	}
	if op == "stack" {
		return slices.Insert(out, axis, len(list))
	}
	return out
}
