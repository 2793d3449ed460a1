package keras

import (
	"errors"
	"slices"
	"strings"

	"github.com/modelaudit/action/converters/keras/lambda"
	"github.com/modelaudit/action/internal/keras"
)

// model is one list of layers: a model, or one inside of another.
type model struct {
	*replacer
	layers     []*keras.Value
	functional bool
	floats     map[string]bool // layers that are known to give float32, by their name
}

// replace goes through the layers in their order, in which Keras writes what computes
// first before what uses it.
func (m *model) replace() error {
	for i, entry := range m.layers {
		name := layerName(entry)
		if entry.Get("class_name").String() != "Lambda" {
			m.floats[name] = !(m.functional && m.form.Version == 3) && m.float(i) // there each tensor has its dtype
			continue
		}
		if m.opt.Leave != nil && m.opt.Leave(entry.Start, entry.End) {
			m.entries = append(m.entries, entry)
			continue
		}
		layer, err := m.lambda(i, name)
		if err != nil {
			return err
		}
		m.entries = append(m.entries, entry)
		m.replacer.layers = append(m.replacer.layers, *layer)
	}
	return nil
}

func layerName(entry *keras.Value) string {
	if name := entry.Get("config").Get("name").String(); name != "" {
		return name
	}
	return entry.Get("name").String()
}

// lambda replaces the Lambda that is the i-th layer.
func (m *model) lambda(i int, name string) (*Layer, error) {
	entry := m.layers[i]
	out := &Layer{Name: name, Start: entry.Start, End: entry.End}
	u, call, err := m.function(entry.Get("config"))
	if u.Bytecode != nil {
		out.Code = shown(u)
	}
	var steps []lambda.Step
	var in *inputs
	if err == nil {
		in, err = m.inputs(i)
	}
	if err == nil {
		steps, err = m.steps(i, call, in)
	}
	if err != nil && m.opt.Identity {
		in, steps, err = m.identity(i, err)
		out.Identity = err == nil
	}
	if err == nil {
		err = m.write(out, entry, steps, in)
	}
	var reason *lambda.Reason
	switch {
	case errors.As(err, &reason):
		return nil, &Refusal{Layer: name, Code: out.Code, Reason: reason.Text}
	case err != nil:
		return nil, err
	}
	return out, nil
}

// known are the keys of a Lambda's config that are looked at.
var known = []string{"name", "trainable", "dtype", "function", "function_type", "module", "arguments", "batch_input_shape", "batch_shape",
	"output_shape", "output_shape_type", "output_shape_module", "mask", "mask_type", "mask_module"}

// steps finds out what computes the same.
func (m *model) steps(i int, call *lambda.Call, in *inputs) ([]lambda.Step, error) {
	config := m.layers[i].Get("config")
	for k, key := range config.Keys {
		if !slices.Contains(known, key) && config.Items[k].Kind != keras.Null {
			return nil, because("its config has %s, which is not known", key)
		}
	}
	if mask := config.Get("mask"); mask != nil && mask.Kind != keras.Null {
		return nil, because("it gives a mask to the layers behind it, too")
	}
	if policy := policyName(config.Get("dtype")); policy != "" && policy != "float32" {
		return nil, because("it computes in %s", policy)
	}
	if !in.float {
		return nil, because("its input is not known to be float32")
	}
	call.Inputs, call.List, call.Shapes = len(in.from), in.list, in.shapes
	g, err := lambda.Understand(call)
	if err != nil {
		return nil, err
	}
	steps, err := m.rendered(g, in)
	if err == nil && m.masks && slices.ContainsFunc(steps, func(s lambda.Step) bool { return !strings.HasPrefix(s.Module, "keras.src.ops.") }) {
		return nil, because("a layer of the model makes a mask, which a Lambda stops and a layer in its place may not")
	}
	m.floats[layerName(m.layers[i])] = !slices.ContainsFunc(g.Nodes, func(n lambda.Node) bool { return slices.Contains(changers, n.Op) })
	return steps, err
}

// rendered says the graph in what the file can hold.
func (m *model) rendered(g *lambda.Graph, in *inputs) ([]lambda.Step, error) {
	switch {
	case m.functional && m.form.Version == 3 && m.form.Archive:
		return g.Keras3()
	case m.functional && m.form.Version == 2:
		return g.TensorFlow()
	}
	return g.Layers(in.shapes)
}

// changers are the operations whose result is not float32 where what they take is.
var changers = []string{"cast", "argmax", "argmin", "one_hot", "equal", "not_equal", "greater", "greater_equal", "less", "less_equal"}

// policyName is the name of a dtype or a policy of dtypes, "" if none is given.
func policyName(v *keras.Value) string {
	switch {
	case v == nil || v.Kind == keras.Null:
		return ""
	case v.Kind == keras.String:
		return v.Text
	}
	if name := v.Get("config").Get("name").String(); name != "" {
		return name
	}
	return "a dtype that is not known"
}

// identity is a layer that passes its input on.
func (m *model) identity(i int, why error) (*inputs, []lambda.Step, error) {
	var reason *lambda.Reason
	if !errors.As(why, &reason) {
		return nil, nil, why
	}
	in, err := m.inputs(i)
	if err != nil {
		return nil, nil, err
	}
	if len(in.from) != 1 || in.list {
		return nil, nil, because("%s; and it has several inputs, of which none can be passed on", reason.Text)
	}
	if out := m.output(i); out == nil || in.shapes == nil || !slices.Equal(out, in.shapes[0]) || slices.Contains(out[1:], -1) {
		return nil, nil, because("%s; and its result is not known to have its input's shape", reason.Text)
	}
	m.floats[layerName(m.layers[i])] = in.float
	return in, []lambda.Step{{Module: "keras.layers", Class: "Activation", Config: map[string]any{"activation": "linear"}, Args: []any{lambda.Ref{Node: -1}}}}, nil
}
