package keras

import (
	"slices"

	"github.com/modelaudit/action/converters/keras/lambda"
	"github.com/modelaudit/action/internal/keras"
)

// makers are layers that give their own dtype whatever they take.
var makers = []string{"Dense", "Embedding", "Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "SeparableConv1D",
	"SeparableConv2D", "DepthwiseConv1D", "DepthwiseConv2D", "LSTM", "GRU", "SimpleRNN", "BatchNormalization", "LayerNormalization", "EinsumDense", "Rescaling"}

// keepers are layers that give the dtype that they take.
var keepers = []string{"Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout",
	"AlphaDropout", "ActivityRegularization", "Flatten", "Reshape", "Permute", "RepeatVector", "Concatenate", "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Dot",
	"ZeroPadding1D", "ZeroPadding2D", "Cropping1D", "Cropping2D", "UpSampling1D", "UpSampling2D", "MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D",
	"GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "UnitNormalization"}

// float reports whether the i-th layer is known to give float32. Keras 3 says of each
// tensor of a Functional model what it is; everywhere else it follows from the layers.
func (m *model) float(i int) bool {
	entry := m.layers[i]
	if outer := entry.Get("class_name").String(); outer == "TimeDistributed" || outer == "Bidirectional" {
		entry = entry.Get("config").Get("layer")
	}
	if inner := m.inside(entry); inner != nil {
		return !slices.ContainsFunc(inner.results(entry), func(name string) bool { return !inner.floats[name] })
	}
	class, config := entry.Get("class_name").String(), entry.Get("config")
	policy := policyName(config.Get("dtype"))
	switch {
	case class == "InputLayer":
		return policy == "float32"
	case slices.Contains(makers, class):
		return policy == "float32"
	case slices.Contains(keepers, class):
		return (policy == "float32" || policy == "") && m.before(i)
	case class == "TFOpLambda" || class == "SlicingOpLambda":
		return keepsFloat(config.Get("function").String()) && m.before(i)
	}
	return false
}

// before reports whether all that the i-th layer takes is known to be float32.
func (m *model) before(i int) bool {
	entry := m.layers[i]
	if !m.functional {
		if i > 0 {
			return m.floats[layerName(m.layers[i-1])]
		}
		config := entry.Get("config")
		return config.Get("batch_input_shape") != nil && policyName(config.Get("dtype")) == "float32"
	}
	return !slices.ContainsFunc(m.callers(i), func(name string) bool { return !m.floats[name] })
}

// callers are the layers of a Functional model that the i-th one takes tensors from.
func (m *model) callers(i int) (names []string) {
	for _, node := range list(m.layers[i].Get("inbound_nodes")) {
		if m.form.Version == 3 {
			names = append(names, histories(node)...)
		} else {
			names = append(names, sources(node)...)
		}
	}
	return names
}

// inside is the model that a layer is, with what is known of its layers; nil if it is none.
func (m *model) inside(entry *keras.Value) *model {
	layers := entry.Get("config").Get("layers")
	if layers == nil || layers.Kind != keras.Array {
		return nil
	}
	if known := m.inner[entry]; known != nil {
		return known
	}
	inner := &model{replacer: m.replacer, layers: layers.Items, functional: entry.Get("config").Get("input_layers") != nil, floats: map[string]bool{}, given: map[string][]int{}}
	m.inner[entry] = inner
	for i, layer := range inner.layers {
		if layer.Get("class_name").String() != "Lambda" {
			inner.floats[layerName(layer)], inner.given[layerName(layer)] = inner.float(i), inner.gives(i)
		}
	}
	return inner
}

// results are the layers whose tensors a model gives.
func (m *model) results(entry *keras.Value) (names []string) {
	if !m.functional {
		if len(m.layers) == 0 {
			return []string{""}
		}
		return []string{layerName(m.layers[len(m.layers)-1])}
	}
	outputs := list(entry.Get("config").Get("output_layers"))
	if len(outputs) > 0 && outputs[0].Kind == keras.String {
		return []string{outputs[0].Text}
	}
	for _, output := range outputs {
		if parts := list(output); len(parts) > 0 {
			names = append(names, parts[0].String())
		}
	}
	return append(names, make([]string, max(0, 1-len(names)))...) // none is known
}

// sources are the layers that a node of Keras 2 takes tensors from: it is a list of
// [layer, node, index, kwargs], or such a one itself, as TFOpLambda has it.
func sources(node *keras.Value) (names []string) {
	parts := list(node)
	if len(parts) > 0 && parts[0].Kind == keras.String {
		return []string{parts[0].Text}
	}
	for _, t := range parts {
		if from := list(t); len(from) > 0 {
			names = append(names, from[0].String())
		}
	}
	return names
}

// keepsFloat reports a function of TensorFlow that gives floats for floats.
func keepsFloat(function string) bool {
	for _, op := range lambda.Operations {
		if op.TensorFlow == function {
			return !lambda.Retypes(op.Name)
		}
	}
	return false
}
