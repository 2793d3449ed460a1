package kerasweights

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/hdf5"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// keras3 puts each weight at the path that its name is.
func (l *layout) keras3() error {
	given := map[string]string{}
	if said := l.said.Get(keyPaths); said != nil {
		for _, p := range said.Pairs {
			given[text(p[0])] = text(p[1])
		}
	}
	for _, w := range l.weights {
		full := w.key + "." + w.name
		path := strings.Split(full, ".")
		if given[full] != "" {
			path = strings.Split(given[full], "/")
		} else if w.key == keyWeights {
			path = path[1:]
		}
		if at := slices.Index(path, "vars"); at < 0 || at == len(path)-1 || w.key == keyOther {
			return l.unnamed(w)
		}
		if err := l.place(l.root, path, w); err != nil {
			return err
		}
	}
	if err := l.emptyGroups(); err != nil {
		return err
	}
	names, paths, empty := &tree.Value{Tag: tree.TagDict}, &tree.Value{Tag: tree.TagDict}, &tree.Value{Tag: tree.TagList}
	l.walk(l.root, nil, names, paths, empty)
	slices.SortFunc(empty.Items, func(a, b *tree.Value) int { return strings.Compare(text(a), text(b)) })
	for _, said := range []struct {
		key   string
		value *tree.Value
	}{{keyNames, names}, {keyPaths, paths}, {keyEmpty, empty}} {
		if len(said.value.Pairs)+len(said.value.Items) > 0 {
			l.add(&tree.Tree{Root: said.value}, said.key)
		}
	}
	return nil
}

// emptyGroups makes the groups without weights, which Keras 2 looks for all the same, and
// says in groups what the model calls its layers.
func (l *layout) emptyGroups() error {
	if empty := l.said.Get(keyEmpty); empty != nil && empty.Tag == tree.TagList {
		l.used[keyEmpty] = true
		for _, item := range empty.Items {
			if _, err := l.group(l.root, strings.Split(text(item), "/")); err != nil {
				return err
			}
		}
	}
	names := l.said.Get(keyNames)
	if names == nil || names.Tag != tree.TagDict {
		return nil
	}
	l.used[keyNames] = true
	for _, p := range names.Pairs {
		path := []string{"vars"}
		if of, _ := p[0].Plain.(string); of != "" { // that of the model itself
			path = append(strings.Split(of, "."), "vars")
		}
		at, err := l.group(l.root, path)
		if err != nil {
			return err
		}
		if called := text(p[1]); called != "" {
			at.Attributes = []hdf5.NewAttribute{textAttribute("name", called)}
		}
	}
	return nil
}

// unnamed says why a weight has no place in the form of Keras 3.
func (l *layout) unnamed(w *weight) error {
	if l.said.Get(keyLayers) != nil {
		return fmt.Errorf("it was made from the older form of .h5, in which weights have other names (%q): --to %s", w.of.Name, Legacy)
	}
	return fmt.Errorf("%q is no name of a weight of Keras, as layers.dense.vars.0 is", w.of.Name)
}

// walk lists what a reader finds, in the order in which it finds it: the names of
// layers, the paths that names with dots do not give back, groups without anything.
func (l *layout) walk(group *hdf5.Node, path []string, names, paths, empty *tree.Value) {
	slices.SortFunc(group.Children, func(a, b *hdf5.Node) int { return strings.Compare(a.Name, b.Name) }) // as h5py has them
	for _, c := range group.Children {
		at := append(path[:len(path):len(path)], c.Name)
		w := l.data[c]
		if w == nil {
			if c.Name == "vars" && len(c.Attributes) > 0 {
				put(names, strings.Join(path, "."), c.Attributes[0].Texts[0])
			}
			if len(c.Children) == 0 {
				empty.Items = append(empty.Items, &tree.Value{Plain: strings.Join(at, "/")})
			}
			l.walk(c, at, names, paths, empty)
			continue
		}
		key, below := keyWeights, at
		if len(at) > 1 && (at[0] == keyOptimizer || at[0] == keyMetrics) {
			key, below = at[0], at[1:]
		}
		name := strings.Join(below, ".")
		l.expect(w, key, name)
		if strings.Contains(strings.Join(at, ""), ".") {
			put(paths, key+"."+name, strings.Join(at, "/"))
		}
	}
}

func put(dict *tree.Value, key, text string) {
	dict.Pairs = append(dict.Pairs, [2]*tree.Value{{Plain: key}, {Plain: text}})
}

// top is the group of what belongs to no layer of a model.
const top = "top_level_model_weights"

// legacy writes the lists of the layers and of their weights.
func (l *layout) legacy() error {
	layers := l.said.Get(keyLayers)
	if layers == nil || layers.Tag != tree.TagDict {
		if slices.ContainsFunc(l.weights, func(w *weight) bool { return strings.Contains(w.name, "vars.") }) {
			return fmt.Errorf("it was made from the form of Keras 3, in which weights have other names (%q): --to %s", l.weights[0].of.Name, Target)
		}
		return errors.New("it does not say which weights belong to which layer: only what was made from an .h5 of Keras does")
	}
	l.used[keyLayers] = true
	found := map[string]*weight{}
	for _, w := range l.weights {
		if w.key == keyWeights {
			found[w.was] = w
		}
	}
	var order []string
	said := &tree.Value{Tag: tree.TagDict}
	for _, p := range layers.Pairs {
		layer, _ := p[0].Plain.(string)
		list, err := l.layer(layer, p[1], found)
		if err != nil {
			return err
		}
		if said.Pairs = append(said.Pairs, [2]*tree.Value{{Plain: layer}, list}); layer != top {
			order = append(order, layer)
		}
	}
	for _, w := range l.weights {
		if w.key == keyOther || w.key == keyMetrics || found[w.was] == w {
			return fmt.Errorf("%q is in no layer, and Keras does not read it: leave it out with --exclude %s", w.of.Name, w.of.Name)
		}
	}
	if err := l.optimizer(); err != nil {
		return err
	}
	if err := l.rootAttributes(order); err != nil {
		return err
	}
	l.add(&tree.Tree{Root: said}, keyLayers)
	return nil
}

// layer makes the group of a layer. What of its weights is there is taken from found.
func (l *layout) layer(name string, listed *tree.Value, found map[string]*weight) (*tree.Value, error) {
	at, err := l.group(l.root, strings.Split(name, "/"))
	if err != nil {
		return nil, err
	}
	var names []string
	out := &tree.Value{Tag: tree.TagList}
	for _, item := range listed.Items {
		w := found[text(item)]
		if w == nil {
			continue // it was left out
		}
		delete(found, text(item))
		if cmp.Or(w.cast, w.of.DType) == tensor.BF16 {
			return nil, fmt.Errorf("%q is bfloat16, which the older form of .h5 cannot hold", w.of.Name)
		}
		full := w.name
		if !strings.HasPrefix(full, name+"/") {
			full = name + "/" + full
		}
		if err := l.place(at, strings.Split(full, "/"), w); err != nil {
			return nil, err
		}
		names, out.Items = append(names, full), append(out.Items, &tree.Value{Plain: full})
		l.expect(w, keyWeights, full)
	}
	list, err := listAttributes("weight_names", names)
	at.Attributes = append(at.Attributes, list...)
	return out, err
}

// optimizer keeps the state that load_model would read. load_weights passes it over.
func (l *layout) optimizer() error {
	var names []string
	group := &hdf5.Node{Name: "optimizer_weights"}
	for _, w := range l.weights {
		if w.key != keyOptimizer {
			continue
		}
		if names == nil {
			if l.below[l.root][group.Name] != nil {
				return fmt.Errorf("a layer is called %s", group.Name)
			}
			l.put(l.root, group)
		}
		if err := l.place(group, strings.Split(w.name, "/"), w); err != nil {
			return err
		}
		names = append(names, w.name)
		l.expect(w, keyOptimizer, w.name)
	}
	if names == nil {
		return nil
	}
	list, err := listAttributes("weight_names", names)
	group.Attributes = list
	return err
}

// rootAttributes lists the layers, and says which Keras wrote the weights: how it
// reads them depends on that.
func (l *layout) rootAttributes(layers []string) error {
	list, err := listAttributes("layer_names", layers)
	l.root.Attributes = list
	for _, key := range []string{"backend", "keras_version"} {
		if value := text(l.said.Get(key)); value != "" {
			l.used[key] = true
			l.root.Attributes = append(l.root.Attributes, textAttribute(key, value))
			l.add(&tree.Tree{Root: &tree.Value{Plain: value}}, key)
		}
	}
	return err
}
