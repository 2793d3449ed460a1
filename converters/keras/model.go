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
	floats     map[string]bool  // layers that are known to give float32, by their name
	config     *keras.Value     // of the model
	counted    map[string]bool  // Lambdas in whose place a model stands whose calls Keras 2 counts from 1 on
	given      map[string][]int // the shapes that layers give, where they are known
}

// replace goes through the layers in their order, in which Keras writes what computes
// first before what uses it.
func (m *model) replace() error {
	for i, entry := range m.layers {
		name := layerName(entry)
		p := place{at: i, entry: entry, name: name, alone: entry.Get("class_name").String() == "TimeDistributed"}
		if p.alone {
			p.entry = entry.Get("config").Get("layer")
			p.name = layerName(p.entry)
		}
		if p.entry.Get("class_name").String() != "Lambda" {
			m.floats[name] = !(m.functional && m.form.Version == 3) && m.float(i) // there each tensor has its dtype
			m.given[name] = m.gives(i)
			continue
		}
		if m.opt.Leave == nil || !m.opt.Leave(p.entry.Start, p.entry.End) {
			layer, err := m.lambda(p)
			if err != nil {
				return err
			}
			m.replacer.layers = append(m.replacer.layers, *layer)
		}
		m.entries = append(m.entries, p.entry)
	}
	return m.recount()
}

// place is where a Lambda stands.
type place struct {
	at    int          // in the list of layers
	entry *keras.Value // the Lambda itself
	name  string
	// alone: it is the layer of a TimeDistributed, where one object must stand; its input is the
	// outer one's without the second axis.
	alone bool
}

func layerName(entry *keras.Value) string {
	if name := entry.Get("config").Get("name").String(); name != "" {
		return name
	}
	return entry.Get("name").String()
}

// lambda replaces the Lambda that is the i-th layer.
func (m *model) lambda(p place) (*Layer, error) {
	out := &Layer{Name: p.name, Start: p.entry.Start, End: p.entry.End}
	u, call, err := m.function(p.entry.Get("config"))
	if u.Bytecode != nil {
		out.Code = shown(u)
	}
	var r rendering
	var in *inputs
	if err == nil {
		in, err = m.inputsOf(p)
	}
	if err == nil {
		r, err = m.steps(p, call, in)
	}
	if err != nil && m.opt.Identity {
		in, r, err = m.identity(p, err)
		out.Identity = err == nil
	}
	if err == nil {
		err = m.write(out, p, r, in)
	}
	var reason *lambda.Reason
	switch {
	case errors.As(err, &reason):
		return nil, &Refusal{Layer: p.name, Code: out.Code, Reason: reason.Text}
	case err != nil:
		return nil, err
	}
	return out, nil
}

// known are the keys of a Lambda's config that are looked at.
var known = []string{"name", "trainable", "dtype", "function", "function_type", "module", "arguments", "batch_input_shape", "batch_shape",
	"output_shape", "output_shape_type", "output_shape_module", "mask", "mask_type", "mask_module"}

// A rendering is what takes a Lambda's place.
type rendering struct {
	steps []lambda.Step
	inner bool // as a model of its own, with the inputs that it has
	chain bool // that model as the only layer of a Sequential one
}

// steps finds out what computes the same.
func (m *model) steps(p place, call *lambda.Call, in *inputs) (r rendering, err error) {
	config := p.entry.Get("config")
	for k, key := range config.Keys {
		if !slices.Contains(known, key) && config.Items[k].Kind != keras.Null {
			return r, because("its config has %s, which is not known", key)
		}
	}
	if mask := config.Get("mask"); mask != nil && mask.Kind != keras.Null {
		return r, because("it gives a mask to the layers behind it, too")
	}
	if policy := policyName(config.Get("dtype")); policy != "" && policy != "float32" {
		return r, because("it computes in %s", policy)
	}
	if !in.float {
		return r, because("its input is not known to be float32")
	}
	call.Inputs, call.List, call.Shapes = len(in.from), in.list, in.shapes
	g, err := lambda.Understand(call)
	if err != nil {
		return r, err
	}
	r, err = m.rendered(p, g, in)
	if err == nil && m.masks && slices.ContainsFunc(r.steps, func(s lambda.Step) bool { return !strings.HasPrefix(s.Module, "keras.src.ops.") }) {
		return r, because("a layer of the model makes a mask, which a Lambda stops and a layer in its place may not")
	}
	name := layerName(m.layers[p.at])
	m.floats[name] = !slices.ContainsFunc(g.Nodes, func(n lambda.Node) bool { return lambda.Retypes(n.Op) })
	if m.given[name] = g.Shape; p.alone && len(g.Shape) > 0 {
		m.given[name] = append([]int{-1, -1}, g.Shape[1:]...)
	}
	return r, err
}

// rendered says the graph in what the file can hold: standard layers where an operation would
// be lost when Keras 3 saves the model as HDF5 again, one object where the order of the
// layers must not change.
func (m *model) rendered(p place, g *lambda.Graph, in *inputs) (r rendering, err error) {
	operations := g.Keras3
	if m.form.Version == 2 {
		operations = g.TensorFlow
	}
	r.steps, err = operations()
	fits := m.functional && !p.alone // operations stand in the list of a Functional model alone
	if layers, no := g.Layers(in.shapes); no == nil && (err != nil || !fits || m.form.Version == 3 && !m.form.Archive) {
		r.steps, err, fits = layers, nil, true
	}
	switch {
	case err != nil:
		return r, err
	case fits && len(r.steps) == 1, fits && !m.functional && !p.alone:
		return r, nil
	case fits && !p.alone && g.Level() && !m.beside(p.name):
		return r, nil
	}
	if r.steps, err = operations(); err != nil {
		return r, err
	}
	return r, m.enclose(p, &r, in)
}

// enclose has the steps stand in a model of their own.
func (m *model) enclose(p place, r *rendering, in *inputs) error {
	if len(in.shapes) != len(in.from) || slices.ContainsFunc(in.shapes, func(s []int) bool { return len(s) == 0 }) {
		return because("the shape of its input is not known, which a model in its place must say")
	}
	if m.masks {
		return because("a layer of the model makes a mask, which a Lambda stops and a model in its place may not")
	}
	r.inner = true
	if p.alone || !m.shifts(p.at, "Functional", "Model") {
		return nil
	}
	if r.chain = true; len(in.from) > 1 || in.list || m.shifts(p.at, "Sequential") {
		return because("a model in its place would change under which names the file has the weights of others")
	}
	return nil
}

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
func (m *model) identity(p place, why error) (*inputs, rendering, error) {
	var reason *lambda.Reason
	var r rendering
	if !errors.As(why, &reason) {
		return nil, r, why
	}
	in, err := m.inputsOf(p)
	if err != nil {
		return nil, r, err
	}
	if len(in.from) != 1 || in.list {
		return nil, r, because("%s; and it has several inputs, of which none can be passed on", reason.Text)
	}
	out := m.output(p.at)
	if p.alone && len(out) > 1 {
		out = append([]int{-1}, out[2:]...)
	}
	if out == nil || in.shapes == nil || !slices.Equal(out, in.shapes[0]) || slices.Contains(out[1:], -1) {
		return nil, r, because("%s; and its result is not known to have its input's shape", reason.Text)
	}
	m.floats[layerName(m.layers[p.at])] = in.float
	m.given[layerName(m.layers[p.at])] = m.output(p.at)
	r.steps = []lambda.Step{{Module: "keras.layers", Class: "Activation", Config: map[string]any{"activation": "linear"}, Args: []any{lambda.Ref{Node: -1}}}}
	return in, r, nil
}
