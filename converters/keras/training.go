package keras

import (
	"slices"

	"github.com/modelaudit/action/internal/keras"
)

// training drops losses and metrics that are functions of a user's own, from what an
// archive keeps of the call of compile: the model predicts as before, and has to be compiled
// again before it is trained. It returns what was dropped, too.
func (r *replacer) training(uses []keras.Use) (dropped []*keras.Value) {
	config := r.root.Get("compile_config")
	if config == nil || !r.opt.DropTraining {
		return nil
	}
	for _, key := range []string{"loss", "metrics", "weighted_metrics"} {
		if v := config.Get(key); v != nil {
			dropped = append(dropped, r.drop(v, key, uses)...)
		}
	}
	return dropped
}

// drop goes through dicts and lists to the objects that are losses or metrics.
func (r *replacer) drop(v *keras.Value, key string, uses []keras.Use) (dropped []*keras.Value) {
	if v.Get("class_name") == nil {
		for _, item := range v.Items {
			dropped = append(dropped, r.drop(item, key, uses)...)
		}
		return dropped
	}
	i := slices.IndexFunc(uses, func(u keras.Use) bool {
		return within(u.Value, v) && (u.Kind == keras.Code || u.Kind == keras.Function && u.Module == "builtins")
	})
	if i < 0 || r.opt.Leave != nil && r.opt.Leave(v.Start, v.End) {
		return nil
	}
	name := uses[i].Name
	if name == "" {
		name = "lambda"
	}
	r.layers = append(r.layers, Layer{Name: name, Of: key, Code: shown(uses[i]), Start: v.Start, End: v.End, Text: "null",
		Became: "nothing in its place; compile the model before you train it again"})
	return []*keras.Value{v}
}

// within reports a value that is another one or lies in it.
func within(v, outer *keras.Value) bool { return outer.Start <= v.Start && v.End <= outer.End }
