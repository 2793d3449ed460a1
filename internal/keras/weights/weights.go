package weights

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/modelaudit/action/internal/hdf5"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// The keys of a tree at its root.
const (
	keyWeights   = "weights"
	keyOptimizer = "optimizer"
	keyOther     = "other"
	keyNames     = "names"
	keyLayers    = "layer_names"
	keyPaths     = "paths"
	keyEmpty     = "empty_groups"
)

// Texts are JSON texts that belong to a model and stand beside its weights, by the
// key that they get in the tree.
type Texts map[string]string

// Tree makes the tree of a model whose weights are in file. It fails if anything of
// the file could not be read, and if two datasets have one name.
func Tree(file *hdf5.File, beside Texts) (*tree.Tree, error) {
	b := &builder{said: map[string]string{}, filled: map[string]bool{}}
	if err := b.read(file); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(beside)) {
		b.add(config(beside[key]), key)
	}
	return b.tree()
}

// read adds what one file has.
func (b *builder) read(file *hdf5.File) error {
	if len(file.Problems) > 0 {
		p := file.Problems[0]
		return fmt.Errorf("not all of the file can be read: at %#x: %s", p.Start, p.Reason)
	}
	b.file, b.shelf, b.done, b.used = file, &shelf{file: file}, map[*hdf5.Object]bool{}, map[*hdf5.Attribute]bool{}
	group := file.Root
	if inner := group.Lookup("model_weights"); inner != nil {
		group = inner
	}
	b.legacy(group)
	if o := file.Root.Lookup("optimizer_weights"); o != nil {
		b.listed(keyOptimizer, "", o)
	}
	b.rest(file.Root, nil)
	b.attributes()
	return nil
}

// tree puts everything together.
func (b *builder) tree() (*tree.Tree, error) {
	for _, said := range []struct {
		key   string
		value *tree.Value
	}{{keyNames, b.names}, {keyLayers, b.layers}, {keyPaths, b.paths}, {keyEmpty, b.emptyGroups()}} {
		if said.value != nil {
			b.add(&tree.Tree{Root: said.value}, said.key)
		}
	}
	t, err := tree.Assemble(b.pieces)
	if err != nil {
		return nil, err
	}
	t.Omitted = append(t.Omitted, b.omitted...)
	return t, nil
}

type builder struct {
	said    map[string]string // what names says already, of another file
	file    *hdf5.File
	shelf   *shelf
	pieces  []tree.Piece
	omitted []tree.Missing
	names   *tree.Value     // what layers are called in the model, by their groups
	layers  *tree.Value     // of a legacy file: the names of each layer's weights
	paths   *tree.Value     // of datasets whose names do not say them, with slashes
	empty   []string        // groups without anything, which Keras 2 looks for all the same
	filled  map[string]bool // groups with something, in another file
	// isLegacy: attributes give the weights their names.
	isLegacy bool
	done     map[*hdf5.Object]bool
	used     map[*hdf5.Attribute]bool
}

// add puts a tree below a key of the root, and a name below that.
func (b *builder) add(t *tree.Tree, keys ...string) {
	var path []tensor.Key
	for _, k := range keys {
		path = append(path, tensor.Key{Text: k})
	}
	b.pieces = append(b.pieces, tree.Piece{Path: path, Tree: t})
}

// legacy adds the weights of the layers that a group's layer_names list.
func (b *builder) legacy(group *hdf5.Object) {
	layers, ok := b.list(group, "layer_names")
	if !ok {
		return
	}
	b.isLegacy = true
	b.layers = &tree.Value{Tag: tree.TagDict}
	for _, name := range append(layers, "top_level_model_weights") {
		if o := group.Lookup(name); o != nil {
			b.layers.Pairs = append(b.layers.Pairs, [2]*tree.Value{{Plain: name}, b.listed(keyWeights, name, o)})
		} else if name != "top_level_model_weights" {
			b.add(refused("layer_names has a layer of which the file holds no group", group.Addr), keyWeights, name)
		}
	}
}

// listed adds the datasets that a group's weight_names list, and lists their names.
func (b *builder) listed(key, layer string, group *hdf5.Object) *tree.Value {
	names, _ := b.list(group, "weight_names")
	list := &tree.Value{Tag: tree.TagList}
	for _, name := range names {
		full := name
		if layer != "" && !strings.HasPrefix(name, layer+"/") {
			full = layer + "/" + name
		}
		list.Items = append(list.Items, &tree.Value{Plain: full})
		o := group.Lookup(name)
		if o == nil || o.Kind != hdf5.Dataset {
			b.add(refused("weight_names has a weight of which the file holds no dataset", group.Addr), key, full)
			continue
		}
		b.done[o] = true
		b.add(b.dataset(o), key, full)
	}
	return list
}

// list reads an attribute that holds names. Where it would be too large, h5py's 64 KiB
// for one, Keras cuts it: name0, name1, ... (save_attributes_to_hdf5_group).
func (b *builder) list(o *hdf5.Object, name string) (names []string, ok bool) {
	take := func(a *hdf5.Attribute) bool {
		if a == nil {
			return false
		}
		texts, err := b.file.Strings(a)
		if err != nil && !(len(a.Space.Dims) == 1 && a.Space.Dims[0] == 0) { // an empty list is one of numbers
			return false
		}
		b.used[a] = true
		for _, t := range texts {
			names = append(names, t.Value)
		}
		return true
	}
	if take(o.Attribute(name)) {
		return names, true
	}
	for i := 0; take(o.Attribute(name + strconv.Itoa(i))); i++ {
		ok = true
	}
	return names, ok
}

// rest adds every dataset that no list has, by its path.
func (b *builder) rest(group *hdf5.Object, path []string) {
	b.done[group] = true
	for i := range group.Links {
		l := &group.Links[i]
		at := append(path[:len(path):len(path)], l.Name)
		key, name := b.place(at)
		switch {
		case l.Kind == hdf5.Soft:
			b.omitted = append(b.omitted, tree.Missing{Path: name, Reason: fmt.Sprintf("another name for %.200s", l.Target)})
		case l.Kind != hdf5.Hard:
			b.add(refused("a link that leads out of the file", l.Start), key, name)
		case l.Object.Kind == hdf5.Group && b.done[l.Object]:
			b.add(refused("a group that has another place as well", l.Object.Addr), key, name)
		case l.Object.Kind == hdf5.Group:
			b.group(l.Object, at)
		case l.Object.Kind == hdf5.Dataset && !b.done[l.Object]:
			b.add(b.dataset(l.Object), key, name)
			if strings.Contains(strings.Join(at, ""), ".") {
				put(&b.paths, key+"."+name, strings.Join(at, "/"))
			}
		}
	}
}

// put adds a text to a dict, which it makes first.
func put(dict **tree.Value, key, text string) {
	if *dict == nil {
		*dict = &tree.Value{Tag: tree.TagDict}
	}
	(*dict).Pairs = append((*dict).Pairs, [2]*tree.Value{{Plain: key}, {Plain: text}})
}

// group goes into a group, whose attribute name Keras 3 makes that of its layer.
func (b *builder) group(o *hdf5.Object, path []string) {
	if a := o.Attribute("name"); a != nil && path[len(path)-1] == "vars" {
		if text := b.text(a); text != "" {
			b.used[a] = true
			if group := strings.Join(path[:len(path)-1], "."); b.said[group] != text {
				put(&b.names, group, text)
				b.said[group] = text
			}
		}
	}
	if len(o.Links) == 0 && !b.isLegacy {
		b.empty = append(b.empty, strings.Join(path, "/"))
	} else if len(o.Links) > 0 {
		b.filled[strings.Join(path, "/")] = true
	}
	b.rest(o, path)
}

// place says where in the tree the dataset at a path of the file stands. What a
// legacy file holds beside the weights that it lists, Keras does not read.
func (b *builder) place(path []string) (key, name string) {
	switch {
	case b.isLegacy:
		return keyOther, strings.Join(path, ".")
	case len(path) > 1 && (path[0] == keyOptimizer || path[0] == "metrics"):
		return path[0], strings.Join(path[1:], ".")
	}
	return keyWeights, strings.Join(path, ".")
}

// attributes adds what the root says of the model, and notes what else is said.
func (b *builder) attributes() {
	for _, o := range b.file.Objects {
		for i := range o.Attributes {
			a := &o.Attributes[i]
			switch text := b.text(a); {
			case b.used[a] || text == "bfloat16" && a.Name == "dtype" && o.Kind == hdf5.Dataset:
			case o == b.file.Root && text != "" && strings.HasSuffix(a.Name, "_config"):
				b.add(config(text), a.Name)
			case o == b.file.Root && text != "" && !reserved(a.Name):
				b.add(&tree.Tree{Root: &tree.Value{Plain: text}}, a.Name)
			case text == b.text(b.file.Root.Attribute(a.Name)) && text != "": // said once more
			default:
				at := strings.TrimPrefix(o.Path, "/")
				b.omitted = append(b.omitted, tree.Missing{Path: at, Reason: fmt.Sprintf("the attribute %.100q of the file", a.Name)})
			}
		}
	}
}

func reserved(name string) bool {
	return slices.Contains([]string{keyWeights, keyOptimizer, keyOther, keyNames, keyLayers, keyPaths, keyEmpty, "metrics", "config", "metadata", ""}, name)
}

// text is the value of an attribute that is one text, "" of any other.
func (b *builder) text(a *hdf5.Attribute) string {
	if a == nil || a.Space.Kind != hdf5.Scalar {
		return ""
	}
	texts, err := b.file.Strings(a)
	if err != nil || len(texts) != 1 {
		return ""
	}
	return texts[0].Value
}
