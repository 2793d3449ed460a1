package lambda

// Model is steps as a Functional model that stands where one layer stood.
type Model struct {
	Version int // of Keras, 2 or 3
	Steps   []Step
	Names   []string // of the steps
	Inputs  []string // the names of the layers for the inputs
	Shapes  [][]int  // of the inputs, -1 where a size is not known
	List    bool     // they come as one list, even if it is one
}

// Entry is the model as an object of a config.
func (m *Model) Entry(c Common) map[string]any {
	var layers, inputs []any
	for i, name := range m.Inputs {
		layers = append(layers, m.input(name, i))
		inputs = append(inputs, []any{name, 0, 0})
	}
	from := func(r Ref) Tensor {
		if r.Node < 0 {
			return Tensor{Layer: m.Inputs[r.Input], Shape: m.sizes(r.Input), Dtype: "float32"}
		}
		return Tensor{Layer: m.Names[r.Node], Shape: []any{nil}, Dtype: "float32"}
	}
	for i, s := range m.Steps {
		inner := Common{m.Names[i], c.Trainable, c.Dtype}
		if m.Version == 2 {
			layers = append(layers, s.Keras2Entry(inner, from))
		} else {
			layers = append(layers, s.Keras3Entry(inner, from))
		}
	}
	output := []any{m.Names[len(m.Names)-1], 0, 0}
	config := map[string]any{"name": c.Name, "trainable": true, "layers": layers, "input_layers": inputs, "output_layers": []any{output}}
	if c.Trainable != nil {
		config["trainable"] = c.Trainable
	}
	if m.Version == 2 { // in which the module of Functional moved
		return map[string]any{"module": "keras", "class_name": "Model", "config": config, "registered_name": nil}
	}
	if config["output_layers"] = output; !m.List { // what is a list here, is called with one and gives one
		config["input_layers"] = inputs[0]
	}
	return map[string]any{"module": "keras.src.models.functional", "class_name": "Functional", "config": config, "registered_name": "Functional"}
}

// Chain is the model as the only layer of a Sequential one.
func (m *Model) Chain(name string, model map[string]any) map[string]any {
	first := m.input(m.Inputs[0], 0)
	delete(first, "name")
	delete(first, "inbound_nodes")
	return map[string]any{"module": "keras", "class_name": "Sequential", "registered_name": nil,
		"config": map[string]any{"name": name, "layers": []any{first, model}}}
}

// input is the layer of an input.
func (m *Model) input(name string, i int) map[string]any {
	key := "batch_shape"
	if m.Version == 2 {
		key = "batch_input_shape"
	}
	return map[string]any{"module": "keras.layers", "class_name": "InputLayer", "registered_name": nil, "name": name, "inbound_nodes": []any{},
		"config": map[string]any{key: m.sizes(i), "dtype": "float32", "name": name}}
}

// sizes is the shape of an input as JSON has it.
func (m *Model) sizes(i int) []any {
	sizes := make([]any, len(m.Shapes[i]))
	for k, n := range m.Shapes[i] {
		if n >= 0 {
			sizes[k] = n
		}
	}
	return sizes
}
