package lambda

import (
	"maps"
	"slices"
)

// Layers writes the graph as standard layers, one behind the other or with
// several inputs at the first: what Sequential models and .h5 files of Keras 3 need. Weights
// have none of them. They compute in the layer's dtype, which must be the inputs'.
func (g *Graph) Layers(shapes [][]int) ([]Step, error) {
	if len(g.Nodes) == 0 {
		return g.passed(), nil
	}
	var steps []Step
	for i := 0; i < len(g.Nodes); {
		n := g.Nodes[i]
		if i > 0 && !follows(n, i-1) {
			return nil, because("its result is no chain of standard layers")
		}
		if scale, offset, next, ok := g.affine(i); ok {
			steps = append(steps, layer("Rescaling", n, map[string]any{"scale": Float(scale), "offset": Float(offset)}))
			i = next
			continue
		}
		s, ok := single(n, g.rank(shapes))
		if !ok {
			return nil, because("no standard layer computes %s so", n.Op)
		}
		steps = append(steps, s)
		i++
	}
	for i := range steps {
		if i > 0 {
			steps[i].Args = []any{Ref{Node: i - 1}}
		}
	}
	return steps, nil
}

// rank is how many axes the only input has, batch included; 0 if that is not known.
func (g *Graph) rank(shapes [][]int) int {
	if len(shapes) == 1 && len(g.Nodes) == 1 {
		return len(shapes[0])
	}
	return 0
}

// follows reports a node that uses the one before it and no other tensor.
func follows(n Node, before int) bool {
	count, ok := 0, true
	n.refs(func(r Ref) {
		count++
		ok = ok && r.Node == before
	})
	return ok && count == 1
}

// affine folds nodes from i on that multiply, divide, add and subtract numbers.
func (g *Graph) affine(i int) (scale, offset float64, next int, ok bool) {
	scale = 1
	for next = i; next < len(g.Nodes); next++ {
		n := g.Nodes[next]
		if next > i && !follows(n, next-1) || !scaled(n, &scale, &offset) {
			break
		}
	}
	return scale, offset, next, next > i
}

func scaled(n Node, scale, offset *float64) bool {
	if n.Op == "negative" {
		*scale, *offset = -*scale, -*offset
		return true
	}
	if len(n.Args) != 2 {
		return false
	}
	c, _, right := number(n.Args[1])
	if !right {
		var left bool
		if c, _, left = number(n.Args[0]); !left {
			return false
		}
	}
	switch {
	case n.Op == "multiply":
		*scale, *offset = *scale*c, *offset*c
	case n.Op == "divide" && right && c != 0:
		*scale, *offset = *scale/c, *offset/c
	case n.Op == "add":
		*offset += c
	case n.Op == "subtract" && right:
		*offset -= c
	case n.Op == "subtract":
		*scale, *offset = -*scale, c-*offset
	default:
		return false
	}
	return true
}

// activations are the operations that Activation knows by the same or another name.
var activations = map[string]string{
	"relu": "relu", "sigmoid": "sigmoid", "tanh": "tanh", "softplus": "softplus", "softsign": "softsign", "selu": "selu",
	"elu": "elu", "silu": "swish", "exp": "exponential",
}

// Activations are the names of Keras' own activations that may take the place of a function.
func Activations() []string {
	return append(slices.Sorted(maps.Values(activations)), "linear")
}

// merges are the layers that join several inputs.
var merges = map[string]string{"add": "Add", "subtract": "Subtract", "multiply": "Multiply", "maximum": "Maximum", "minimum": "Minimum"}

// single is the layer that computes one node, if there is one.
func single(n Node, rank int) (Step, bool) {
	switch {
	case activations[n.Op] != "":
		return layer("Activation", n, map[string]any{"activation": activations[n.Op]}), true
	case n.Op == "softmax" && n.Args[1] == -1:
		return layer("Activation", n, map[string]any{"activation": "softmax"}), true
	case n.Op == "l2_normalize":
		if axis, ok := n.Args[1].(int); ok {
			return layer("UnitNormalization", n, map[string]any{"axis": axis}), true
		}
	case n.Op == "concatenate":
		return layer("Concatenate", n, map[string]any{"axis": n.Args[1]}), true
	case merges[n.Op] != "":
		a, ok := n.Args[0].(Ref)
		b, ok2 := n.Args[1].(Ref)
		if ok && ok2 && a != b && a.Node < 0 && b.Node < 0 {
			s := layer(merges[n.Op], n, map[string]any{})
			s.Args = []any{[]Ref{a, b}}
			return s, true
		}
	case n.Op == "reshape":
		if shape, ok := n.Args[1].([]any); ok && len(shape) > 1 && shape[0] == -1 {
			return layer("Reshape", n, map[string]any{"target_shape": shape[1:]}), fixedSizes(shape[1:])
		}
	case n.Op == "transpose":
		if axes, ok := n.Args[1].([]any); ok && len(axes) > 1 && axes[0] == 0 {
			return layer("Permute", n, map[string]any{"dims": axes[1:]}), true
		}
	case n.Op == "resize":
		if size, ok := n.Args[1].([]any); ok && len(size) == 2 && rank == 4 {
			return layer("Resizing", n, map[string]any{"height": size[0], "width": size[1], "interpolation": n.Args[2], "crop_to_aspect_ratio": false}), true
		}
	}
	return Step{}, false
}

func fixedSizes(shape []any) bool {
	for _, size := range shape {
		if n, ok := size.(int); !ok || n < 0 {
			return false
		}
	}
	return true
}

// layer is a standard layer on the node's tensors.
func layer(class string, n Node, config map[string]any) Step {
	s := Step{Module: "keras.layers", Class: class, Config: config}
	switch first := n.Args[0].(type) {
	case []Ref:
		s.Args = []any{first}
	default:
		n.refs(func(r Ref) { s.Args = []any{r} })
	}
	return s
}
