package keras

import (
	"slices"

	"github.com/modelaudit/action/internal/keras"
)

// Keras keeps no names with the weights of an archive, and loads those of HDF5 files in the order
// of the layers: by their depth, which is the longest way to the model's results, and then
// as they are reached from these (map_graph_network in keras/src/ops/function.py and
// keras/src/engine/functional.py). What takes a Lambda's place must not change that order.

// comesFrom lists, for each layer of a Functional model, the layers that it takes tensors from.
func (m *model) comesFrom() map[string][]string {
	out := map[string][]string{}
	for i, entry := range m.layers {
		out[layerName(entry)] = m.callers(i)
	}
	return out
}

// histories are the layers of the tensors in an inbound node of Keras 3.
func histories(v *keras.Value) (names []string) {
	if history := list(v.Get("keras_history")); len(history) > 0 {
		return []string{history[0].String()}
	}
	for _, item := range v.Items {
		names = append(names, histories(item)...)
	}
	return names
}

// reached are the layers that can be reached along edges.
func reached(from string, edges map[string][]string) map[string]bool {
	seen, todo := map[string]bool{}, []string{from}
	for len(todo) > 0 {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, next := range edges[name] {
			if !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return seen
}

// beside reports a layer that neither leads to the named one nor comes from it: its depth may be
// that of others before and another one if several layers stand in a Lambda's place.
func (m *model) beside(name string) bool {
	before := m.comesFrom()
	after := map[string][]string{}
	for to, froms := range before {
		for _, from := range froms {
			after[from] = append(after[from], to)
		}
	}
	up, down := reached(name, before), reached(name, after)
	return slices.ContainsFunc(m.layers, func(entry *keras.Value) bool {
		other := layerName(entry)
		return other != name && !up[other] && !down[other]
	})
}

// shifts reports that a layer of the class in place of the i-th would change under which name an
// archive has the weights of others of the class: those that may come behind it.
func (m *model) shifts(i int, classes ...string) bool {
	if !m.form.Archive {
		return false
	}
	var before map[string]bool
	if m.functional {
		before = reached(layerName(m.layers[i]), m.comesFrom())
	}
	for k, entry := range m.layers {
		behind := k > i
		if m.functional {
			behind = !before[layerName(entry)]
		}
		if k != i && behind && slices.Contains(classes, entry.Get("class_name").String()) {
			return true
		}
	}
	return false
}

// recount has what uses a Lambda in whose place a model stands take the result of its call 1:
// that is how Keras 2 counts the calls of a model (_should_skip_first_node in keras/src/engine/functional.py).
func (m *model) recount() error {
	if len(m.counted) == 0 {
		return nil
	}
	seen := map[string]bool{}
	for _, entry := range m.layers {
		replaced := slices.ContainsFunc(m.replacer.layers, func(l Layer) bool { return l.Start == entry.Start })
		if !replaced {
			m.references(entry.Get("inbound_nodes"))
		}
		for _, node := range list(entry.Get("inbound_nodes")) {
			for _, from := range sources(node) {
				if replaced && m.counted[from] && !seen[from] {
					return &Refusal{Layer: layerName(entry), Reason: "the file has it before the Lambda layer that it takes its input from"}
				}
			}
		}
		seen[layerName(entry)] = true
	}
	m.references(m.config.Get("output_layers"))
	return nil
}

// references changes the number of the call in each [layer, 0, index, ...] of a counted layer.
func (m *model) references(v *keras.Value) {
	if v == nil {
		return
	}
	if v.Kind == keras.Array && len(v.Items) >= 3 && m.counted[v.Items[0].String()] && v.Items[1].Text == "0" {
		m.replacer.layers = append(m.replacer.layers, Layer{Name: v.Items[0].Text, Of: Call, Start: v.Items[1].Start, End: v.Items[1].End, Text: "1"})
	}
	for _, item := range v.Items {
		m.references(item)
	}
}
