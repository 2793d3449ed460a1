package keras

import (
	"fmt"
	"strings"

	"github.com/modelaudit/action/converters/keras/lambda"
	"github.com/modelaudit/action/internal/keras"
)

// write says the steps as items of the list of layers. The last one has the Lambda's
// name, so that what uses its result need not change.
func (m *model) write(out *Layer, entry *keras.Value, steps []lambda.Step, in *inputs) error {
	config := entry.Get("config")
	names := make([]string, len(steps))
	for i, s := range steps {
		if names[i] = out.Name; i < len(steps)-1 {
			names[i] = m.fresh(out.Name, s.Class)
		}
	}
	tensor := func(r lambda.Ref) lambda.Tensor {
		if r.Node < 0 {
			return in.from[r.Input]
		}
		return lambda.Tensor{Layer: names[r.Node], Shape: []any{nil}, Dtype: "float32"} // Keras looks at the layer alone
	}
	var texts, words []string
	for i, s := range steps {
		common := lambda.Common{Name: names[i], Trainable: m.raw(config.Get("trainable")), Dtype: m.raw(config.Get("dtype"))}
		item := m.item(s, common, tensor)
		if entry.Get("module") == nil { // HDF5 files have neither
			delete(item, "module")
			delete(item, "registered_name")
		}
		if first := config.Get("batch_input_shape"); first != nil && i == 0 && !m.functional {
			item["config"].(map[string]any)["batch_input_shape"] = m.raw(first)
		}
		text, err := encode(item)
		if err != nil {
			return because("it cannot be written: %v", err)
		}
		texts, words = append(texts, text), append(words, described(s))
	}
	out.Text = strings.Join(texts, ", ")
	out.Became = strings.Join(words, ", ") + " in its place"
	if out.Identity {
		out.Became += ", which passes its input on: the model computes something else now"
	}
	return nil
}

// item is a step in the form that the model's list has.
func (m *model) item(s lambda.Step, common lambda.Common, tensor func(lambda.Ref) lambda.Tensor) map[string]any {
	if m.functional && m.form.Version == 2 {
		return s.Keras2Entry(common, tensor)
	}
	item := s.Keras3Entry(common, tensor)
	if !m.functional {
		delete(item, "name")
		delete(item, "inbound_nodes")
	}
	return item
}

// described is a step in words: its class, or the function of TensorFlow.
func described(s lambda.Step) string {
	if function, ok := s.Config["function"].(string); ok && s.Class == "TFOpLambda" {
		return fmt.Sprintf("TFOpLambda(%s)", function)
	}
	return s.Class
}
