package lambda

import "slices"

// ints are the numbers of a list; ok if it is one of integers.
func ints(v any) (out []int, ok bool) {
	list, ok := v.([]any)
	for _, item := range list {
		n, isInt := item.(int)
		if !isInt {
			return nil, false
		}
		out = append(out, n)
	}
	return out, ok
}

// reshaped is the shape that reshape gives, that of the batch aside.
func reshaped(to any) shape {
	out, ok := ints(to)
	unknown := 0
	for _, n := range out {
		if n < 0 {
			unknown++
		}
	}
	if !ok || unknown > 1 {
		return nil
	}
	return out
}

// permuted is the shape that transpose gives.
func permuted(in shape, axes any) shape {
	order, ok := ints(axes)
	if axes == nil {
		for i := range in {
			order = append(order, len(in)-1-i)
		}
	} else if !ok || len(order) != len(in) {
		return nil
	}
	out := make(shape, len(in))
	for i, axis := range order {
		if axis < 0 || axis >= len(in) {
			return nil
		}
		out[i] = in[axis]
	}
	return out
}

func tiled(in shape, repeats any) shape {
	times, ok := ints(repeats)
	if !ok || len(times) != len(in) {
		return nil
	}
	out := slices.Clone(in)
	for i, n := range times {
		if out[i] >= 0 {
			out[i] *= n
		}
	}
	return out
}

// taken is the shape of in[key].
func taken(in shape, key Index) shape {
	used := 0
	for _, part := range key {
		if _, ok := part.(Ellipsis); !ok && part != nil {
			used++
		}
	}
	if used > len(in) {
		return nil
	}
	out, at := shape{}, 0
	for _, part := range key {
		switch part := part.(type) {
		case nil:
			out = append(out, 1)
		case int:
			at++
		case Ellipsis:
			for range len(in) - used {
				out, at = append(out, in[at]), at+1
			}
		case Slice:
			out, at = append(out, sliceSize(part, in[at])), at+1
		}
	}
	return append(out, in[at:]...)
}

// sliceSize is how many of n items a slice takes, -1 if that is not known.
func sliceSize(s Slice, n int) int {
	if s == (Slice{}) {
		return n
	}
	step := 1
	if s.Step != nil {
		step, _ = s.Step.(int)
	}
	if n < 0 || step == 0 {
		return -1
	}
	if step < 0 {
		if s.Start == nil && s.Stop == nil {
			return (n - step - 1) / -step
		}
		return -1
	}
	from, to, ok := bounds(Slice{s.Start, s.Stop, nil}, n)
	if !ok {
		return -1
	}
	return (to - from + step - 1) / step
}

// onAxis is the shape of operations that work along axes.
func onAxis(op string, in shape, args []any) shape {
	where := args[1]
	if op == "gather" || op == "repeat" {
		where = args[2]
	}
	rank := len(in)
	if op == "expand_dims" {
		rank++
	}
	axes := axesOf(where, rank)
	if len(axes) == 0 {
		return nil
	}
	out := shape{}
	switch op {
	case "expand_dims":
		if len(axes) != 1 {
			return nil
		}
		return slices.Insert(slices.Clone(in), axes[0], 1)
	case "squeeze", "argmax", "argmin":
		for i, n := range in {
			if !slices.Contains(axes, i) {
				out = append(out, n)
			}
		}
	case "gather", "repeat":
		return repeated(op, in, axes, args[1])
	case "mean", "sum", "max", "min", "prod", "std", "var", "logsumexp", "any", "all":
		for i, n := range in {
			if !slices.Contains(axes, i) {
				out = append(out, n)
			} else if args[2] == true {
				out = append(out, 1)
			}
		}
	default:
		return nil
	}
	return out
}

// axesOf are the axes that an argument names, counted from the first; nil where one
// lies outside of the rank, or none is named.
func axesOf(where any, rank int) []int {
	axes, ok := ints(where)
	if axis, isInt := where.(int); isInt {
		axes, ok = []int{axis}, true
	}
	if !ok {
		return nil
	}
	for i := range axes {
		if axes[i] < 0 {
			axes[i] += rank
		}
		if axes[i] < 0 || axes[i] >= rank {
			return nil
		}
	}
	return axes
}

// repeated is the shape of what takes parts of one axis, or repeats them.
func repeated(op string, in shape, axes []int, by any) shape {
	out := slices.Clone(in)
	list, isList := ints(by)
	n, isInt := by.(int)
	switch {
	case len(axes) != 1:
		return nil
	case op == "gather" && isList:
		out[axes[0]] = len(list)
	case op == "gather" && isInt:
		return slices.Delete(out, axes[0], axes[0]+1)
	case op == "repeat" && isInt && n >= 0:
		out[axes[0]] = max(-1, out[axes[0]]*n)
	default:
		return nil
	}
	return out
}
