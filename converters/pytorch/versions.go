package pytorch

import "strings"

// version is the number that state_dict() notes of a module of torch's own, as
// load_state_dict of some classes wants it: of a quantised layer other names are read
// without it (Module._version; torch 1.13 to 2.15 have the same numbers). Of another
// class it is not known, since its code says it: 0.
func version(class string) int64 {
	if !strings.HasPrefix(class, "torch.") {
		return 0
	}
	within := func(modules ...string) bool {
		for _, m := range modules {
			if strings.Contains(class, m) {
				return true
			}
		}
		return false
	}
	switch {
	case within(".quantized.dynamic.modules.linear"): // linear_relu too
		return 4
	case within(".quantized.modules.linear", ".observer.HistogramObserver", "MinMaxObserver", ".observer.UniformQuantizationObserverBase"):
		return 3
	case within(".nn.modules.batchnorm.", ".nn.modules.instancenorm.", ".quantized.modules.batchnorm.", ".quantized.modules.normalization.InstanceNorm",
		".quantized.modules.bn_relu.", ".qat.modules.conv_fused.ConvBn", ".quantized.dynamic.modules.rnn.LSTM", ".quantized.dynamic.modules.rnn.GRU"):
		return 2
	}
	return 1
}
