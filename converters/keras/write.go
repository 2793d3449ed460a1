package keras

import (
	"fmt"
	"strings"

	"github.com/modelaudit/action/converters/keras/lambda"
)

// write says the steps as items of the list of layers. The last one has the Lambda's
// name, so that what uses its result need not change.
func (m *model) write(out *Layer, p place, r rendering, in *inputs) error {
	config := p.entry.Get("config")
	common := lambda.Common{Name: out.Name, Trainable: m.raw(config.Get("trainable")), Dtype: m.raw(config.Get("dtype"))}
	names := make([]string, len(r.steps))
	var words []string
	for i, s := range r.steps {
		if names[i] = out.Name; i < len(r.steps)-1 || r.inner {
			names[i] = m.fresh(out.Name, s.Class)
		}
		words = append(words, described(s))
	}
	out.Became = strings.Join(words, ", ") + " in its place"
	if out.Identity {
		out.Became += ", which passes its input on: the model computes something else now"
	}
	var items []map[string]any
	if r.inner {
		out.Became = "a model of " + out.Became
		items = append(items, m.enclosed(p, r, common, names, in))
	} else {
		items = m.items(p, r.steps, common, names, in)
	}
	var texts []string
	for i, item := range items {
		if first := config.Get("batch_input_shape"); first != nil && i == 0 && !m.functional && !r.inner {
			item["config"].(map[string]any)["batch_input_shape"] = m.raw(first)
		}
		text, err := encode(item)
		if err != nil {
			return because("it cannot be written: %v", err)
		}
		texts = append(texts, text)
	}
	out.Text = strings.Join(texts, ", ")
	return nil
}

// enclosed is a model of the steps, which stands where the Lambda stood.
func (m *model) enclosed(p place, r rendering, common lambda.Common, names []string, in *inputs) map[string]any {
	inner := lambda.Model{Version: m.form.Version, Steps: r.steps, Names: names, Shapes: in.shapes, List: in.list}
	for range in.from {
		inner.Inputs = append(inner.Inputs, m.fresh(p.name, "input"))
	}
	item := inner.Entry(common)
	if r.chain {
		inner.Inputs[0] = m.fresh(p.name, "input")
		outer := common.Name
		common.Name = m.fresh(p.name, "model")
		item = inner.Chain(outer, inner.Entry(common))
	}
	if m.functional && !p.alone {
		item["name"], item["inbound_nodes"] = p.name, m.called(in)
		if m.form.Version == 2 {
			m.counted[p.name] = true
		}
	}
	if p.entry.Get("module") == nil && m.form.Version == 2 {
		nameless(item)
	}
	return item
}

// called is how a Functional model calls a layer with the inputs.
func (m *model) called(in *inputs) []any {
	s := lambda.Step{Module: "keras.layers"}
	refs := make([]lambda.Ref, len(in.from))
	for i := range refs {
		refs[i] = lambda.Ref{Node: -1, Input: i}
	}
	if s.Args = []any{refs}; !in.list {
		s.Args = []any{refs[0]}
	}
	item := m.item(s, lambda.Common{}, func(r lambda.Ref) lambda.Tensor { return in.from[r.Input] })
	nodes, _ := item["inbound_nodes"].([]any)
	return nodes
}

// items are the steps as the model's own list of layers has them.
func (m *model) items(p place, steps []lambda.Step, common lambda.Common, names []string, in *inputs) (items []map[string]any) {
	tensor := func(r lambda.Ref) lambda.Tensor {
		if r.Node < 0 {
			return in.from[r.Input]
		}
		return lambda.Tensor{Layer: names[r.Node], Shape: []any{nil}, Dtype: "float32"} // Keras looks at the layer alone
	}
	for i, s := range steps {
		common.Name = names[i]
		item := m.item(s, common, tensor)
		if p.alone {
			delete(item, "name")
			delete(item, "inbound_nodes")
		}
		if p.entry.Get("module") == nil && s.Module == "keras.layers" { // HDF5 files have neither
			nameless(item)
		}
		items = append(items, item)
	}
	return items
}

// nameless leaves out of a layer, and of those in it, what HDF5 files of Keras 2 do not have.
func nameless(item map[string]any) {
	delete(item, "module")
	delete(item, "registered_name")
	config, _ := item["config"].(map[string]any)
	layers, _ := config["layers"].([]any)
	for _, layer := range layers {
		if layer, ok := layer.(map[string]any); ok {
			nameless(layer)
		}
	}
}

// item is a step in the form that the model's list has.
func (m *model) item(s lambda.Step, common lambda.Common, tensor func(lambda.Ref) lambda.Tensor) map[string]any {
	if m.functional && m.form.Version == 2 {
		return s.Keras2Entry(common, tensor)
	}
	item := s.Keras3Entry(common, tensor)
	if !m.functional {
		delete(item, "name")
		delete(item, "inbound_nodes")
	}
	return item
}

// described is a step in words: its class, or the function of TensorFlow.
func described(s lambda.Step) string {
	if function, ok := s.Config["function"].(string); ok && s.Class == "TFOpLambda" {
		return fmt.Sprintf("TFOpLambda(%s)", function)
	}
	return s.Class
}
