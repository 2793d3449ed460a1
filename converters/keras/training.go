package keras

import (
	"cmp"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/keras"
)

// losses are what a model is compiled with that computes nothing of what it predicts.
var losses = []string{"loss", "metrics", "weighted_metrics"}

// Compiled reports a loss or metric with which the model was compiled.
func (l *Layer) Compiled() bool { return slices.Contains(losses, l.Of) }

// training drops what only training needs and what is a user's own: losses and metrics,
// after which the model has to be compiled again before it is trained, and what the
// weights began with and were held to, which are in the file. The model predicts as
// before. It returns what was dropped, too.
func (r *replacer) training(uses []keras.Use) (dropped []*keras.Value) {
	if !r.opt.DropTraining {
		return nil
	}
	if config := r.compiled(); config != nil {
		for _, key := range losses {
			if v := config.Get(key); v != nil {
				dropped = append(dropped, r.drop(v, key, uses)...)
			}
		}
	}
	return append(dropped, r.beginnings(r.root, "", uses)...)
}

// compiled is what the text says of the call of compile: a part of an archive's config,
// or the attribute training_config of an HDF5 file itself.
func (r *replacer) compiled() *keras.Value {
	if r.root.Get("optimizer_config") != nil && r.root.Get("config") == nil {
		return r.root
	}
	return r.root.Get("compile_config")
}

// drop goes through dicts and lists to the objects and names that are losses or metrics.
func (r *replacer) drop(v *keras.Value, key string, uses []keras.Use) (dropped []*keras.Value) {
	found := r.found(v) && !r.left(v)
	if v.Kind == keras.String && found {
		r.layers = append(r.layers, lost(v, key, v.Text, ""))
		return []*keras.Value{v}
	}
	if v.Get("class_name") == nil {
		for _, item := range v.Items {
			dropped = append(dropped, r.drop(item, key, uses)...)
		}
		return dropped
	}
	u := r.own(v, uses)
	switch {
	case u != nil:
		r.layers = append(r.layers, lost(v, key, cmp.Or(u.Name, "lambda"), shown(*u)))
	case found: // a name in the object
		r.layers = append(r.layers, lost(v, key, cmp.Or(layerName(v), v.Get("class_name").String()), ""))
	default:
		return nil
	}
	return []*keras.Value{v}
}

// lost is a loss or metric with nothing in its place.
func lost(v *keras.Value, key, name, code string) Layer {
	return Layer{Name: name, Of: key, Code: code, Start: v.Start, End: v.End, Text: "null",
		Became: "nothing in its place; compile the model before you train it again"}
}

func (r *replacer) found(v *keras.Value) bool {
	return r.opt.Found != nil && r.opt.Found(v.Start, v.End)
}

// left reports what somebody asked to leave.
func (r *replacer) left(v *keras.Value) bool {
	return r.opt.Leave != nil && r.opt.Leave(v.Start, v.End)
}

// own is what in an object is code, or a name that Keras does not have; nil if nothing
// is, or the object is to stay.
func (r *replacer) own(v *keras.Value, uses []keras.Use) *keras.Use {
	i := slices.IndexFunc(uses, func(u keras.Use) bool {
		named := u.Kind == keras.Function || u.Kind == keras.Class
		return within(u.Value, v) && (u.Kind == keras.Code || u.Kind == keras.Function && u.Module == "builtins" || named && r.found(u.Value))
	})
	if i < 0 || r.left(v) {
		return nil
	}
	return &uses[i]
}

// beginnings drops what layers set their weights to before they are loaded, and what
// holds weights in training.
func (r *replacer) beginnings(v *keras.Value, layer string, uses []keras.Use) (dropped []*keras.Value) {
	if name := layerName(v); name != "" && v.Get("class_name") != nil {
		layer = name
	}
	for i, item := range v.Items {
		if v.Kind != keras.Object || item.Get("class_name") == nil || !Untrained(v.Keys[i]) {
			if item != r.compiled() {
				dropped = append(dropped, r.beginnings(item, layer, uses)...)
			}
			continue
		}
		u := r.own(item, uses)
		if u == nil || slices.ContainsFunc(r.entries, func(e *keras.Value) bool { return within(item, e) }) {
			continue
		}
		l := Layer{Name: layer, Of: v.Keys[i], Code: shown(*u), Start: item.Start, End: item.End, Text: "null", Became: "nothing in its place; the weights that it was for are in the file"}
		if strings.HasSuffix(l.Of, "initializer") {
			l.Text, l.Became = Zeros, "zeros in its place, until the weights of the file are loaded"
		}
		r.layers, dropped = append(r.layers, l), append(dropped, item)
	}
	return dropped
}

// Zeros is what takes an initializer's place in a config.
const Zeros = `"zeros"`

// Untrained reports a parameter of layers that is of no use once the weights are there.
func Untrained(key string) bool {
	return slices.ContainsFunc([]string{"initializer", "regularizer", "constraint"}, func(kind string) bool {
		return key == kind || strings.HasSuffix(key, "_"+kind)
	})
}

// within reports a value that is another one or lies in it.
func within(v, outer *keras.Value) bool { return outer.Start <= v.Start && v.End <= outer.End }
