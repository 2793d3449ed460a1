package lambda

import (
	"slices"
	"strconv"
	"strings"
)

// Step is one layer or operation node that takes the Lambda's place, in the order
// in which they compute; the last one gives the result.
type Step struct {
	Module string         // "keras.layers", "keras.src.ops.numpy", "keras.layers" for TFOpLambda
	Class  string         // "Rescaling", "Mean", "TFOpLambda"
	Config map[string]any // without name, trainable and dtype
	Args   []any          // of its call: Ref to an input or an earlier step, []Ref, or JSON data
	Kwargs map[string]any // likewise, by keyword
}

// Keras3 writes the graph as operation nodes of a Functional model of Keras 3
// (keras.src.ops), which a .keras file holds and an .h5 file does not.
func (g *Graph) Keras3() ([]Step, error) {
	if len(g.Nodes) == 0 {
		return g.passed(), nil
	}
	if err := g.sameTypes(); err != nil {
		return nil, err
	}
	steps := make([]Step, len(g.Nodes))
	for i, n := range g.Nodes {
		steps[i] = keras3Step(n)
	}
	return steps, nil
}

func keras3Step(n Node) Step {
	op := operation(n.Op)
	module, class, _ := strings.Cut(op.Keras3, ".")
	s := Step{Module: "keras.src.ops." + module, Class: class, Config: map[string]any{}}
	for k, param := range op.Params {
		name, _, _ := cutDefault(param)
		if operands, ok := n.Args[k].([]Ref); ok && n.Op == "einsum" {
			for _, r := range operands {
				s.Args = append(s.Args, r)
			}
		} else if list, ok := n.Args[k].([]any); ok && tensorParam(name) {
			s.Args = append(s.Args, map[string]any{"class_name": "__numpy__", "config": map[string]any{"value": floats(list), "dtype": "float32"}})
		} else if tensorParam(name) {
			s.Args = append(s.Args, argument(n.Args[k]))
		} else if name == "indices" {
			s.Args = append(s.Args, n.Args[k])
		} else if name == "key" {
			s.Args = append(s.Args, keras3Index(n.Args[k].(Index)))
		} else {
			s.Config[name] = argument(n.Args[k])
		}
	}
	switch n.Op {
	case "l2_normalize":
		s.Config["order"], s.Config["epsilon"] = 2, 1e-6 // of the norm; TensorFlow bounds its square, by 1e-12
	case "one_hot":
		s.Config["axis"], s.Config["dtype"] = -1, "float32"
	case "pad":
		s.Config["mode"] = strings.ToLower(n.Args[2].(string))
	case "max_pool", "average_pool":
		s.Config["padding"], s.Config["data_format"] = strings.ToLower(n.Args[3].(string)), "channels_last"
	}
	return s
}

// TensorFlow writes the graph as the nodes that Keras 2 makes of TensorFlow's
// functions; .keras and .h5 files hold them. The inputs must be floats.
func (g *Graph) TensorFlow() ([]Step, error) {
	if len(g.Nodes) == 0 {
		return g.passed(), nil
	}
	steps := make([]Step, len(g.Nodes))
	for i, n := range g.Nodes {
		var err error
		if steps[i], err = g.tensorFlowStep(n); err != nil {
			return nil, err
		}
	}
	return steps, nil
}

func (g *Graph) tensorFlowStep(n Node) (Step, error) {
	op := operation(n.Op)
	if op.TensorFlow == "" { // TFOpLambda loses all tensors behind a text
		return Step{}, because("no layer of Keras 2 computes %s", n.Op)
	}
	first, err := g.leading(n.Args[0])
	if err != nil {
		return Step{}, err
	}
	s := Step{Module: "keras.layers", Class: "TFOpLambda", Config: map[string]any{"function": op.TensorFlow}, Args: []any{first}, Kwargs: map[string]any{}}
	for k, param := range op.Params[1:] {
		name, _, _ := cutDefault(param)
		if k < len(op.TFNames) {
			name = op.TFNames[k]
		}
		arg := n.Args[k+1]
		if key, ok := arg.(Index); ok {
			if s.Kwargs[name], err = keras2Index(key); err != nil {
				return Step{}, err
			}
			s.Class = "SlicingOpLambda"
		} else if list, ok := arg.([]any); ok && tensorParam(name) {
			s.Kwargs[name] = floats(list)
		} else if arg != nil || tensorParam(name) { // else the function's own default
			s.Kwargs[name] = argument(arg)
		}
	}
	switch n.Op {
	case "flip":
		if axis, ok := s.Kwargs["axis"].(int); ok {
			s.Kwargs["axis"] = []any{axis}
		}
	case "pad":
		s.Kwargs["mode"] = strings.ToUpper(n.Args[2].(string))
	}
	return s, nil
}

// passed is a layer that gives back its input.
func (g *Graph) passed() []Step {
	return []Step{{Module: "keras.layers", Class: "Activation", Config: map[string]any{"activation": "linear"}, Args: []any{g.Output}}}
}

func tensorParam(name string) bool {
	return slices.Contains([]string{"x", "y", "xs", "condition"}, name)
}

// Float is a number that JSON must not write as an integer: 2 and 2.0 are of
// different types to a tensor of integers.
type Float float64

// MarshalJSON writes the shortest text that reads as the same float64, with a point or an exponent.
func (f Float) MarshalJSON() ([]byte, error) {
	text := strconv.FormatFloat(float64(f), 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return []byte(text), nil
}

// argument is a node's argument as JSON data.
func argument(v any) any {
	switch v := v.(type) {
	case float64:
		return Float(v)
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = argument(item)
		}
		return list
	}
	return v
}

// floats are numbers that a tensor of floats is computed with.
func floats(list []any) []any {
	out := make([]any, len(list))
	for i, item := range list {
		f, _, _ := number(item)
		out[i] = Float(f)
	}
	return out
}

// leading is a number that stands before the tensor of a TensorFlow function, which
// takes its type from it and not from the tensor.
func (g *Graph) leading(v any) (any, error) {
	if list, ok := v.([]any); ok {
		return floats(list), nil
	}
	n, isInt := v.(int)
	if !isInt {
		return argument(v), nil
	}
	for _, node := range g.Nodes {
		if slices.Contains(retypers, node.Op) {
			return nil, because("the type of the number %d depends on a tensor's", n)
		}
	}
	return Float(n), nil // the inputs are floats
}

// keras3Index is a key as Keras 3 serialises it.
func keras3Index(key Index) any {
	parts := make([]any, len(key))
	for i, part := range key {
		switch part := part.(type) {
		case Ellipsis:
			parts[i] = map[string]any{"class_name": "__ellipsis__", "config": map[string]any{}}
		case Slice:
			parts[i] = map[string]any{"class_name": "__slice__", "config": map[string]any{"start": part.Start, "stop": part.Stop, "step": part.Step}}
		default:
			parts[i] = part
		}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return parts
}

// keras2Index is a key as SlicingOpLambda has it; an ellipsis cannot be saved in one.
func keras2Index(key Index) (any, error) {
	parts := make([]any, len(key))
	for i, part := range key {
		switch part := part.(type) {
		case Ellipsis:
			return nil, because("Keras 2 cannot save an index with an ellipsis")
		case Slice:
			parts[i] = map[string]any{"start": part.Start, "stop": part.Stop, "step": part.Step}
		default:
			parts[i] = part
		}
	}
	return parts, nil
}
