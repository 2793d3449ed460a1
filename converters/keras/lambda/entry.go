package lambda

// Tensor is where a tensor comes from in a Functional model, as its config says it.
type Tensor struct {
	Layer       string
	Node, Index int
	Shape       []any  // Keras 3 alone: sizes and nil, as the config has them; it may be short of the truth
	Dtype       string // Keras 3 alone
}

// Common is what a layer's config has beside its own keys.
type Common struct {
	Name      string
	Trainable any // as in the Lambda's config; nil leaves it out
	Dtype     any
}

// Keras3Entry is a step as an item of "layers" in the config of a Functional model
// of Keras 3. tensors says where a Ref comes from.
func (s Step) Keras3Entry(c Common, tensors func(Ref) Tensor) map[string]any {
	config := map[string]any{"name": c.Name}
	for key, value := range s.Config {
		config[key] = value
	}
	registered := any(s.Class)
	if s.Module == "keras.layers" {
		registered = nil
		c.add(config)
	}
	tensor := func(r Ref) any {
		t := tensors(r)
		return map[string]any{"class_name": "__keras_tensor__", "config": map[string]any{
			"shape": t.Shape, "dtype": t.Dtype, "keras_history": []any{t.Layer, t.Node, t.Index}}}
	}
	args := make([]any, len(s.Args))
	for i, arg := range s.Args {
		args[i] = replaced(arg, tensor)
	}
	kwargs := map[string]any{}
	for key, value := range s.Kwargs {
		kwargs[key] = replaced(value, tensor)
	}
	return map[string]any{"module": s.Module, "class_name": s.Class, "config": config, "registered_name": registered, "name": c.Name,
		"inbound_nodes": []any{map[string]any{"args": args, "kwargs": kwargs}}}
}

func (c Common) add(config map[string]any) {
	if c.Trainable != nil {
		config["trainable"] = c.Trainable
	}
	if c.Dtype != nil {
		config["dtype"] = c.Dtype
	}
}

// Keras2Entry is a step as an item of "layers" in the config of a Functional model of Keras 2.
func (s Step) Keras2Entry(c Common, tensors func(Ref) Tensor) map[string]any {
	config := map[string]any{"name": c.Name}
	for key, value := range s.Config {
		config[key] = value
	}
	c.add(config)
	kwargs := map[string]any{}
	for key, value := range s.Kwargs {
		kwargs[key] = replaced(value, func(r Ref) any {
			t := tensors(r)
			return []any{t.Layer, t.Node, t.Index}
		})
	}
	node := func(r Ref) []any {
		t := tensors(r)
		return []any{t.Layer, t.Node, t.Index, kwargs}
	}
	var inbound []any
	switch first := s.Args[0].(type) {
	case Ref:
		inbound = []any{[]any{node(first)}}
		if s.Class == "TFOpLambda" || s.Class == "SlicingOpLambda" {
			inbound = []any{node(first)}
		}
	case []Ref:
		nodes := make([]any, len(first))
		for i, r := range first {
			nodes[i] = node(r)
		}
		inbound = []any{nodes}
	default:
		inbound = []any{[]any{"_CONSTANT_VALUE", -1, first, kwargs}}
	}
	return map[string]any{"module": s.Module, "class_name": s.Class, "config": config, "registered_name": nil, "name": c.Name, "inbound_nodes": inbound}
}

// replaced writes the tensors in an argument.
func replaced(v any, tensor func(Ref) any) any {
	switch v := v.(type) {
	case Ref:
		return tensor(v)
	case []Ref:
		list := make([]any, len(v))
		for i, r := range v {
			list[i] = tensor(r)
		}
		return list
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = replaced(item, tensor)
		}
		return list
	}
	return v
}
