package tree

import (
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// quantizedModule is the name of a class of torch's quantised modules, "" for any other.
func quantizedModule(class string) string {
	within, name, _ := cutLast(class)
	for _, module := range []string{"torch.ao.nn.", "torch.nn."} {
		for _, of := range []string{"quantized.", "intrinsic.quantized.", "sparse.quantized."} {
			if strings.HasPrefix(within, module+of) && !strings.Contains(within, ".reference.") {
				return name
			}
		}
	}
	return ""
}

// ownAttributes are the attributes of a quantised module that its state_dict() names,
// in its order, since these classes have a _save_to_state_dict of their own
// (torch/ao/nn/quantized/modules/linear.py, embedding_ops.py, functional_modules.py;
// torch/ao/nn/quantized/dynamic/modules/rnn.py).
func ownAttributes(name string) []string {
	switch {
	case name == "LinearPackedParams":
		return []string{"dtype", "_packed_params"}
	case name == "EmbeddingPackedParams":
		return []string{"dtype", "_packed_weight"}
	case name == "PackedParameter":
		return []string{"param"}
	case name == "LSTMCell", name == "GRUCell", name == "RNNCell":
		return []string{"_packed_weight_ih", "_packed_weight_hh"}
	case strings.HasPrefix(name, "Linear"), name == "QFunctional":
		return []string{"scale", "zero_point"}
	}
	return nil
}

// takeOwn takes from the rest of a module's attributes those that its state_dict() names.
func (m *module) takeOwn(class string) (own []sym.Pair) {
	name := quantizedModule(class)
	if name == "" {
		return nil
	}
	for _, want := range ownAttributes(name) {
		for i, p := range m.rest {
			if p.Key.Text == want {
				own = append(own, p)
				m.rest = append(m.rest[:i:i], m.rest[i+1:]...)
				break
			}
		}
	}
	return own
}

// ownState names what takeOwn took. What is packed in an object of the library's is
// unpacked, as the modules' methods do: the weight and bias of a linear layer, the
// weight of an embedding.
func (b *builder) ownState(own []sym.Pair, path []tensor.Key) (out [][2]*Value) {
	for _, p := range own {
		n := p.Value
		if p.Key.Text == "_packed_params" || p.Key.Text == "_packed_weight" {
			if packed := unpacked(n); packed != nil && !b.in.Unsafe(n) {
				n = packed
			}
		}
		out = append(out, named(p.Key.Text, b.value(n, below(path, tensor.Key{Text: p.Key.Text}), true)))
	}
	return out
}

// unpacked is what torch.ops.quantized.linear_unpack and embedding_bag_unpack give
// for an object of packed weights, nil if it is no such object.
func unpacked(n *sym.Node) *sym.Node {
	if n.Kind != sym.Object || n.Call() == nil || !n.Call().Func.Is("torch", "ScriptObject") || len(n.States()) != 1 {
		return nil
	}
	state := n.States()[0].Frozen.Items()
	if len(state) != 2 || state[0].Kind != sym.Tuple {
		return nil
	}
	held := state[0].Items()
	switch state[1].Text {
	case "__torch__.torch.classes.quantized.LinearPackedParamsBase":
		if len(held) == 2 {
			return state[0]
		}
	case "__torch__.torch.classes.quantized.EmbeddingPackedParamsBase":
		if len(held) == 4 && len(held[1].Items()) == 1 {
			return held[1].Items()[0]
		}
	}
	return nil
}

// ownNames says in what the names of a quantised module differ from its state_dict().
func ownNames(class string, own []sym.Pair) string {
	for _, p := range own {
		if p.Key.Text == "scale" {
			return "tensors of scale and zero_point, which state_dict() makes of the two numbers, and which are kept as such"
		}
	}
	name := quantizedModule(class)
	if strings.HasPrefix(name, "Conv") || strings.Contains(class, ".quantized.reference.") && strings.HasPrefix(class, "torch.") {
		return "the names that state_dict() gives: a " + class + " makes them itself, and here the tensors have those of its attributes; save its state_dict() to have them"
	}
	return ""
}
