package keras

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/action/converters/keras/lambda"
	"github.com/modelaudit/action/internal/bytecode"
	"github.com/modelaudit/action/internal/keras"
)

// Activates reports a parameter of layers that is an activation.
func Activates(key string) bool { return key == "activation" || key == "recurrent_activation" }

// Activation is the text in a config of an activation of Keras' own that takes the
// place of code; "" if text is none.
func Activation(text string) string {
	name := strings.Trim(text, `"`)
	if text == `"`+name+`"` && slices.Contains(lambda.Activations(), name) {
		return name
	}
	return ""
}

// activation puts the name of one of Keras' own activations in the place of code that is
// an activation, where it computes the same. Neither Keras opens such code, so that nothing
// else of the model can be told from it.
func (r *replacer) activation(u keras.Use, key string) (*Layer, error) {
	out := &Layer{Name: u.Layer, Of: key, Code: shown(u), Start: u.Value.Start, End: u.Value.End}
	name, err := r.named(u)
	var reason *lambda.Reason
	switch {
	case err == nil:
		out.Became = "the activation " + name
	case !errors.As(err, &reason):
		return nil, err
	case r.opt.Identity:
		name, out.Identity, out.Became = "linear", true, "the activation linear, which gives back its input"
	default:
		return nil, &Refusal{Reason: fmt.Sprintf("the %s of the layer %q is code, in whose place no activation of Keras computes the same: %s", key, u.Layer, reason.Text), Code: out.Code}
	}
	out.Text = `"` + name + `"`
	return out, nil
}

// named is the activation that computes what a function does.
func (r *replacer) named(u keras.Use) (string, error) {
	code, err := bytecode.Read(u.Bytecode)
	if err != nil {
		return "", because("its code cannot be read: %v", err)
	}
	call := &lambda.Call{Code: code, Inputs: 1, Shapes: [][]int{nil}}
	for _, config := range []*keras.Value{u.Value, u.Value.Get("config")} {
		if whole := config.Get("value"); whole != nil && len(whole.Items) == 3 {
			call.Defaults, call.Closure = items(whole.Items[1]), items(whole.Items[2])
		}
	}
	g, err := lambda.Understand(call)
	if err != nil {
		return "", err
	}
	steps, err := g.Layers(call.Shapes)
	if err != nil {
		return "", err
	}
	if len(steps) == 1 && steps[0].Class == "Activation" {
		if name, ok := steps[0].Config["activation"].(string); ok {
			return name, nil
		}
	}
	return "", because("it is none of %s", strings.Join(lambda.Activations(), ", "))
}

// keyOf is the key under which a value stands in its object, "" if it stands in none.
func keyOf(v, in *keras.Value) string {
	for i, item := range in.Items {
		if item == v {
			if in.Kind == keras.Object {
				return in.Keys[i]
			}
			return ""
		}
		if within(v, item) {
			return keyOf(v, item)
		}
	}
	return ""
}
