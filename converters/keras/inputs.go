package keras

import (
	"slices"

	"github.com/modelaudit/action/converters/keras/lambda"
	"github.com/modelaudit/action/internal/keras"
)

// inputs is what a layer is called with.
type inputs struct {
	from   []lambda.Tensor // one without names in a Sequential model
	list   bool
	shapes [][]int // nil if none is known
	float  bool    // all are known to be float32
}

// inputsOf finds out what a Lambda is called with.
func (m *model) inputsOf(p place) (*inputs, error) {
	in, err := m.inputs(p.at)
	if err != nil || !p.alone {
		return in, err
	}
	if len(in.from) != 1 || in.list {
		return nil, because("what is around it has several inputs")
	}
	if built := shape(p.entry.Get("build_config").Get("input_shape")); built != nil {
		in.shapes = [][]int{built}
	} else if len(in.shapes) == 1 && len(in.shapes[0]) > 1 {
		in.shapes = [][]int{append([]int{-1}, in.shapes[0][2:]...)}
	}
	return in, nil
}

// inputs finds out what the i-th layer is called with.
func (m *model) inputs(i int) (*inputs, error) {
	entry := m.layers[i]
	if !m.functional {
		in := &inputs{from: make([]lambda.Tensor, 1), float: m.before(i)}
		if s := m.inputShape(i); s != nil {
			in.shapes = [][]int{s}
		}
		return in, nil
	}
	nodes := list(entry.Get("inbound_nodes"))
	if len(nodes) != 1 {
		return nil, because("the model calls it %d times", len(nodes))
	}
	if m.form.Version == 3 {
		return keras3Inputs(nodes[0])
	}
	return m.keras2Inputs(i, nodes[0])
}

// keras3Inputs reads {"args": [tensor, or a list of them], "kwargs": {}}.
func keras3Inputs(node *keras.Value) (*inputs, error) {
	args := list(node.Get("args"))
	kwargs := node.Get("kwargs")
	if kwargs != nil && slices.ContainsFunc(kwargs.Items, func(v *keras.Value) bool { return v.Kind != keras.Null }) {
		return nil, because("the model calls it with %s", kwargs.Keys[0])
	}
	if len(args) != 1 {
		return nil, because("the model calls it with %d arguments", len(args))
	}
	in := &inputs{float: true}
	tensors := args
	if several := list(args[0]); several != nil {
		tensors, in.list = several, true
	}
	for _, v := range tensors {
		config := v.Get("config")
		history := list(config.Get("keras_history"))
		if v.Get("class_name").String() != "__keras_tensor__" || len(history) != 3 {
			return nil, because("the model calls it with something that is no tensor")
		}
		node, _ := data(history[1]).(int)
		index, _ := data(history[2]).(int)
		sizes := items(config.Get("shape"))
		dtype := config.Get("dtype").String()
		in.from = append(in.from, lambda.Tensor{Layer: history[0].String(), Node: node, Index: index, Shape: sizes, Dtype: dtype})
		in.shapes = append(in.shapes, shape(config.Get("shape")))
		in.float = in.float && dtype == "float32"
	}
	return in, nil
}

// keras2Inputs reads [[layer, node, index, kwargs], ...]. A list of one tensor comes as
// that tensor, as Keras calls the layer when it opens the file.
func (m *model) keras2Inputs(i int, node *keras.Value) (*inputs, error) {
	in := &inputs{float: true}
	tensors := list(node)
	built := list(m.layers[i].Get("build_config").Get("input_shape"))
	for k, t := range tensors {
		parts := list(t)
		if len(parts) < 3 || parts[0].Kind != keras.String {
			return nil, because("the model calls it with something that is no tensor")
		}
		if len(parts) > 3 && slices.ContainsFunc(parts[3].Items, func(v *keras.Value) bool { return v.Kind != keras.Null }) {
			return nil, because("the model calls it with %s", parts[3].Keys[0])
		}
		n, _ := data(parts[1]).(int)
		index, _ := data(parts[2]).(int)
		if m.counted[parts[0].Text] && n == 0 {
			n = 1
		}
		in.from = append(in.from, lambda.Tensor{Layer: parts[0].Text, Node: n, Index: index})
		in.float = in.float && m.floats[parts[0].Text]
		var known []int
		switch source := m.named(parts[0].Text); {
		case len(tensors) == 1 && len(built) > 0:
			known = shape(m.layers[i].Get("build_config").Get("input_shape"))
		case len(built) == len(tensors) && list(built[k]) != nil:
			known = shape(built[k])
		case source.Get("class_name").String() == "InputLayer":
			known = shape(source.Get("config").Get("batch_input_shape"))
		case index == 0:
			known = m.given[parts[0].Text]
		}
		in.shapes = append(in.shapes, known)
	}
	in.list = len(tensors) > 1
	if len(tensors) == 0 {
		return nil, because("the model calls it with no tensor")
	}
	return in, nil
}

// named is the layer of a name, nil if there is none.
func (m *model) named(name string) *keras.Value {
	for _, entry := range m.layers {
		if layerName(entry) == name {
			return entry
		}
	}
	return nil
}

// inputShape is the shape that the i-th layer of a Sequential model takes, nil if the
// file does not say it.
func (m *model) inputShape(i int) []int {
	entry := m.layers[i]
	for _, v := range []*keras.Value{entry.Get("build_config").Get("input_shape"), entry.Get("config").Get("batch_input_shape"), entry.Get("config").Get("batch_shape")} {
		if s := shape(v); s != nil {
			return s
		}
	}
	if i > 0 && m.layers[i-1].Get("class_name").String() == "InputLayer" {
		return m.inputShape(i - 1)
	}
	if i > 0 {
		return m.given[layerName(m.layers[i-1])]
	}
	return nil
}

// output is the shape that the i-th layer gives, nil if the file does not say it.
func (m *model) output(i int) []int {
	name := layerName(m.layers[i])
	if !m.functional {
		if i+1 < len(m.layers) {
			return m.inputShape(i + 1)
		}
		return nil
	}
	for _, entry := range m.layers {
		for _, node := range list(entry.Get("inbound_nodes")) {
			if in, err := keras3Inputs(node); m.form.Version == 3 && err == nil {
				for k, t := range in.from {
					if t.Layer == name {
						return in.shapes[k]
					}
				}
				continue
			}
			if from := sources(node); len(from) == 1 && from[0] == name {
				return shape(entry.Get("build_config").Get("input_shape"))
			}
		}
	}
	return nil
}
