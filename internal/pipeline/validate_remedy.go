package pipeline

import (
	"cmp"
	"fmt"
	"maps"
	"strings"

	"github.com/modelaudit/action/converters/keras"
	"github.com/modelaudit/action/internal/keras/weights"
	"github.com/modelaudit/action/internal/tree"
)

// remedied are the plain values of a Keras model with those configs that a remedy makes of
// its own, where the converted file has exactly these in after, and what the remedy did;
// "" if there is no such remedy. other: the model computes something else after it.
func remedied(orig, conv *Audited, after map[string]string) (now map[string]string, what string, other bool) {
	if !bothKeras(orig, conv) || len(orig.Artifact.Findings) == 0 {
		return nil, "", false
	}
	for _, opt := range []StripOptions{{}, {DropTraining: true}, {LambdaIdentity: true}, {LambdaIdentity: true, DropTraining: true}} {
		result, err := orig.lambdas(opt)
		if err != nil || result == nil {
			continue
		}
		t, err := orig.Model.Tree()
		if err != nil {
			return nil, "", false
		}
		for _, text := range result.Texts {
			put(t.Root, &text)
		}
		if now = flat(t.Root); maps.Equal(now, after) {
			return now, "the config is that of the original with what remediate puts in the place of code: " + done(result), opt.LambdaIdentity
		}
	}
	return nil, "", false
}

// put sets a config in a tree, under the name of its attribute or member.
func put(root *tree.Value, text *keras.Text) {
	key := cmp.Or(text.Attribute, strings.TrimSuffix(keras.Member, ".json"))
	for i, p := range root.Pairs {
		if p[0].Plain == key {
			root.Pairs[i][1] = weights.Config(text.New).Root
		}
	}
}

// done says what became of layers.
func done(r *keras.Result) string {
	var list []string
	for _, t := range r.Texts {
		for _, l := range t.Layers {
			if l.Of != keras.Call {
				list = append(list, fmt.Sprintf("%q: %s", l.Name, l.Became))
			}
		}
	}
	return strings.Join(list, "; ")
}
