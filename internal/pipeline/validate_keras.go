package pipeline

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// kerasNames lets the weights of a legacy .h5 file of Keras, LAYER/WEIGHT, have the names that
// they have in the form of Keras 3, layers.CLASS.vars.NUMBER, where the other file is in that
// form and one of the two has the config. Where it cannot be told which is which, the names stay.
func (m *comparison) kerasNames(orig, conv *Audited, before, after map[string]*tensor.Tensor) {
	if !bothKeras(orig, conv) {
		return
	}
	legacy, other, list, like := orig, conv, before, after
	if !legacyNames(before) {
		legacy, other, list, like = conv, orig, after, before
	}
	if !legacyNames(list) || legacyNames(like) {
		return
	}
	old, err := legacy.Model.Tree()
	if err != nil {
		return
	}
	k := &kerasNaming{like: like}
	for i := range old.Tensors {
		n := &old.Tensors[i]
		switch key, name := n.Path[0].Text, tree.Name(n.Path[1:]); {
		case key == "weights":
			k.weights = append(k.weights, shapedName{name, n.Shape})
		case key == "optimizer" && list["optimizer."+name] != nil: // in the order of Optimizer.variables, as vars.NUMBER is
			k.rename("optimizer."+name, fmt.Sprintf("optimizer.vars.%d", k.variables))
			k.variables++
		}
	}
	for _, t := range []*Audited{legacy, other} {
		if layers := layersOf(t); layers != nil {
			k.model(layers, "", "")
			break
		}
	}
	metrics := 0
	for name := range like {
		if strings.HasPrefix(name, "metrics.") && len(k.names) > 0 {
			delete(like, name)
			metrics++
		}
	}
	if metrics > 0 {
		m.out.Notes = append(m.out.Notes, fmt.Sprintf("not compared: %d numbers of metrics, which the older form does not keep", metrics))
	}
	for from, to := range k.names {
		if list[from] != nil && like[to] != nil && list[to] == nil {
			list[to] = list[from]
			delete(list, from)
		}
	}
}

// bothKeras reports whether both files are models of Keras as it writes them.
func bothKeras(orig, conv *Audited) bool {
	keras := func(a *Audited) bool { return a.Model != nil && a.Model.Format == audit.FormatKeras }
	return keras(orig) && keras(conv)
}

func legacyNames(list map[string]*tensor.Tensor) bool {
	for name := range list {
		if strings.Contains(name, "/") {
			return true
		}
	}
	return false
}

type shapedName struct {
	name  string
	shape []int64
}

// kerasNaming finds out what weights are called in the form of Keras 3.
type kerasNaming struct {
	weights   []shapedName // of the legacy file, in its order
	like      map[string]*tensor.Tensor
	names     map[string]string // legacy to other
	variables int               // of the optimizer, so far
}

func (k *kerasNaming) rename(from, to string) {
	if k.names == nil {
		k.names = map[string]string{}
	}
	k.names[from] = to
}

// model goes through the layers of a model: its groups are called by the layers' classes, in
// their order (keras/src/saving/saving_lib.py, _save_container_state). outer is the name of the
// layer of the whole model that it stands in, "" for that itself.
func (k *kerasNaming) model(layers []*tree.Value, prefix, outer string) {
	used := map[string]int{}
	for _, layer := range layers {
		class, name := textOf(layer, "class_name"), textOf(layer.Get("config"), "name")
		group := snake(class)
		if used[group]++; used[group] > 1 {
			group += "_" + strconv.Itoa(used[group]-1)
		}
		group = prefix + "layers." + group + "."
		if inner := layer.Get("config").Get("layers"); inner != nil {
			k.model(inner.Items, group, cmp.Or(outer, name))
			continue
		}
		k.layer(group, name, outer)
	}
}

// layer pairs the weights of one layer, if there are as many of the same shapes.
func (k *kerasNaming) layer(group, name, outer string) {
	var theirs []string
	for n := range k.like {
		if strings.HasPrefix(n, group) {
			theirs = append(theirs, n)
		}
	}
	var ours []shapedName
	for _, w := range k.weights {
		if outer == "" && strings.HasPrefix(w.name, name+"/") || outer != "" && strings.HasPrefix(w.name, outer+"/") && strings.Contains(w.name[len(outer):], "/"+name+"/") {
			ours = append(ours, w)
		}
	}
	slices.SortFunc(theirs, byKerasOrder)
	if len(ours) != len(theirs) || !ordered(theirs, group) {
		return
	}
	for i, w := range ours {
		if !slices.Equal(w.shape, k.like[theirs[i]].Shape) {
			return
		}
	}
	for i, w := range ours {
		k.rename(w.name, theirs[i])
	}
}

// parts are the parts of a layer that hold weights of their own and whose order is known: of a Bidirectional
// the layer forwards comes first.
var parts = regexp.MustCompile(`^((forward_layer|backward_layer|layer|cell)\.)*vars\.[0-9]+$`)

func ordered(names []string, group string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return !parts.MatchString(n[len(group):]) })
}

func byKerasOrder(a, b string) int {
	cut := func(n string) (string, int) {
		at := strings.LastIndexByte(n, '.')
		number, _ := strconv.Atoi(n[at+1:])
		return strings.ReplaceAll(n[:at], "forward_layer", "a_forward_layer"), number
	}
	x, i := cut(a)
	y, j := cut(b)
	return cmp.Or(cmp.Compare(x, y), cmp.Compare(i, j))
}

// layersOf are the layers in the config of a file, nil if it has none.
func layersOf(a *Audited) []*tree.Value {
	t, err := a.Model.Tree()
	if err != nil {
		return nil
	}
	for _, key := range []string{"config", "model_config"} {
		if layers := t.Root.Get(key).Get("config").Get("layers"); layers != nil {
			return layers.Items
		}
	}
	return nil
}

func textOf(v *tree.Value, key string) string {
	if v = v.Get(key); v == nil {
		return ""
	}
	text, _ := v.Plain.(string)
	return text
}

var (
	wordStart = regexp.MustCompile(`(.)([A-Z][a-z]+)`)
	caseStart = regexp.MustCompile(`([a-z])([A-Z])`)
)

// snake is to_snake_case of keras/src/utils/naming.py.
func snake(name string) string {
	name = wordStart.ReplaceAllString(name, "${1}_$2")
	return strings.ToLower(caseStart.ReplaceAllString(name, "${1}_$2"))
}
