package keras

import (
	"math"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/keras"
)

// same are layers that give the shape that they take.
var same = []string{"Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout",
	"AlphaDropout", "ActivityRegularization", "BatchNormalization", "LayerNormalization", "GroupNormalization", "Rescaling", "UnitNormalization", "Masking",
	"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"}

// gives is the shape of what the i-th layer gives, -1 where a size is not known; nil
// where it does not follow from the layer's config and from what it takes.
func (m *model) gives(i int) []int {
	config := m.layers[i].Get("config")
	if m.layers[i].Get("class_name").String() == "InputLayer" {
		if s := shape(config.Get("batch_input_shape")); s != nil {
			return s
		}
		return shape(config.Get("batch_shape"))
	}
	if inner := m.inside(m.layers[i]); inner != nil {
		if names := inner.results(m.layers[i]); len(names) == 1 {
			return inner.given[names[0]]
		}
		return nil
	}
	return gives(m.layers[i], m.takes(i))
}

// gives is the shape of what a layer gives for what has another one.
func gives(entry *keras.Value, in []int) []int {
	class, config := entry.Get("class_name").String(), entry.Get("config")
	if len(in) < 2 || config.Get("data_format").String() == "channels_first" {
		return nil
	}
	last := len(in) - 1
	switch {
	case slices.Contains(same, class):
		return in
	case class == "TimeDistributed":
		if inner := gives(config.Get("layer"), append([]int{-1}, in[2:]...)); len(inner) > 0 {
			return append([]int{-1, in[1]}, inner[1:]...)
		}
	case class == "Dense":
		return sized(in, last, config.Get("units"))
	case class == "Embedding":
		return sized(append(slices.Clone(in), -1), last+1, config.Get("output_dim"))
	case class == "Flatten":
		return []int{-1, product(in[1:])}
	case class == "RepeatVector":
		return sized([]int{-1, -1, in[last]}, 1, config.Get("n"))
	case class == "Reshape":
		return reshaped(in, config.Get("target_shape"))
	case class == "LSTM", class == "GRU", class == "SimpleRNN":
		return recurrent(in, config)
	case strings.HasPrefix(class, "Global") && strings.Contains(class, "Pooling"):
		if keep := config.Get("keepdims"); keep == nil || keep.Kind == keras.Bool && !keep.True {
			return []int{-1, in[last]}
		}
	case strings.HasPrefix(class, "MaxPooling"), strings.HasPrefix(class, "AveragePooling"), strings.HasPrefix(class, "UpSampling"),
		strings.HasPrefix(class, "ZeroPadding"), strings.HasPrefix(class, "Cropping"):
		return spatial(in, in[last])
	case slices.Contains(convolutions, class):
		return sized(spatial(in, -1), last, config.Get("filters"))
	}
	return nil
}

var convolutions = []string{"Conv1D", "Conv2D", "Conv3D", "SeparableConv1D", "SeparableConv2D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"}

// takes is the shape of the only thing that the i-th layer is called with; of several if they
// have the same.
func (m *model) takes(i int) []int {
	entry := m.layers[i]
	if !m.functional {
		return m.inputShape(i)
	}
	if len(list(entry.Get("inbound_nodes"))) != 1 {
		return nil
	}
	var out []int
	for k, name := range m.callers(i) {
		s := m.given[name]
		if k > 0 && !slices.Equal(s, out) {
			return nil
		}
		out = s
	}
	return out
}

// sized is a shape whose size at an axis is a number of the config.
func sized(s []int, axis int, size *keras.Value) []int {
	n, ok := data(size).(int)
	if !ok || n < 1 {
		return nil
	}
	s = slices.Clone(s)
	s[axis] = n
	return s
}

// spatial is a shape of the same rank whose sizes between batch and channels are not known.
func spatial(in []int, channels int) []int {
	out := make([]int, len(in))
	for i := range out {
		out[i] = -1
	}
	out[len(in)-1] = channels
	return out
}

func product(sizes []int) int {
	n := 1
	for _, size := range sizes {
		if size < 0 || size > 0 && n > math.MaxInt32/size {
			return -1
		}
		n *= size
	}
	return n
}

// reshaped is what Reshape gives, the size that is left to it worked out.
func reshaped(in []int, target *keras.Value) []int {
	out := []int{-1}
	for _, size := range items(target) {
		n, ok := size.(int)
		if !ok {
			return nil
		}
		out = append(out, n)
	}
	if rest := slices.Index(out[1:], -1); rest >= 0 {
		others := product(append(slices.Clone(out[1:1+rest]), out[2+rest:]...))
		if all := product(in[1:]); all > 0 && others > 0 && all%others == 0 {
			out[1+rest] = all / others
		}
	}
	return out
}

// recurrent is what a layer gives that goes along the second axis.
func recurrent(in []int, config *keras.Value) []int {
	sequences := config.Get("return_sequences")
	if state := config.Get("return_state"); len(in) != 3 || state != nil && (state.Kind != keras.Bool || state.True) {
		return nil
	}
	if sequences != nil && sequences.Kind == keras.Bool && sequences.True {
		return sized(in, 2, config.Get("units"))
	}
	return sized([]int{-1, -1}, 1, config.Get("units"))
}
