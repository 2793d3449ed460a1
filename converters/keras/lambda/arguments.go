package lambda

import "slices"

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
		var err error
		switch key {
		case "xs":
			var refs []Ref
			refs, err = references(name, v)
			tensors += len(refs)
			v = refs
		case "x", "y", "condition":
			if !operand(v) {
				return nil, because("it calls %s with something that is neither a tensor nor a number", name)
			}
			if _, ok := v.(tensor); ok {
				tensors++
			}
			v = bare(v)
		default:
			v, err = e.setting(name, key, v, given["x"])
		}
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	if tensors == 0 {
		return nil, because("it calls %s without a tensor", name)
	}
	return e.node(op.Name, args...)
}

// references are the tensors of a list, which the function called name takes.
func references(name string, v any) ([]Ref, error) {
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
	return refs, nil
}

// setting is the value of an argument that says how to compute: no tensor, and constant.
func (e *evaluator) setting(name, key string, v, x any) (any, error) {
	switch key {
	case "newshape":
		v = e.sized(x, v)
	case "pool_size", "strides":
		v = window(v)
	case "mode", "padding":
		if _, isText := v.(string); !isText {
			return nil, because("it calls %s with a %s that is no word", name, key)
		}
	}
	if !settled(v, 0) {
		return nil, because("it calls %s with a %s that is not constant", name, key)
	}
	return bare(v), nil
}

// window leaves the batch and the channels out of the sizes of a window, in which TensorFlow may have them.
func window(v any) any {
	if list, ok := v.(sequence); ok && len(list.items) == 4 && list.items[0] == 1 && list.items[3] == 1 {
		return sequence{list.items[1:3], list.tuple}
	}
	return v
}

// sized writes a new shape that begins with the number of samples in numbers alone. What
// is left for it, or for the rest of an input, is what that number is.
func (e *evaluator) sized(x, v any) any {
	list, ok := v.(sequence)
	t, isTensor := x.(tensor)
	if !ok || !isTensor || len(list.items) == 0 || list.items[0] != (batch{}) {
		return v
	}
	out := append([]any{-1}, list.items[1:]...)
	if rest := slices.Index(out[1:], any(-1)); rest >= 0 {
		in := e.shape(t.Ref)
		if t.Node >= 0 || in == nil {
			return v
		}
		n := 1
		for _, size := range in[1:] {
			n *= size
		}
		for i, size := range out[1:] {
			if k, ok := size.(int); !ok || i != rest && (k < 1 || n%k != 0) {
				return v
			} else if i != rest {
				n /= k
			}
		}
		if out[rest+1] = n; n < 1 || slices.Contains(in[1:], -1) {
			return v
		}
	}
	return sequence{out, list.tuple}
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
