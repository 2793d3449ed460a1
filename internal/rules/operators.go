package rules

import (
	_ "embed"
	"strings"
	"sync"
)

// operatorList is what operators/make.py wrote from the schemas that real
// releases of torch register.
//
//go:embed operators/operators.txt
var operatorList string

var operators = sync.OnceValue(func() map[string]bool {
	list := map[string]bool{}
	for line := range strings.Lines(operatorList) {
		if !strings.HasPrefix(line, "#") {
			list[strings.TrimSpace(line)] = true
		}
	}
	return list
})

// ListedOperator reports whether an operator, "aten::add", is known to compute
// and no more: it touches no file, no process, no network and no Python.
func ListedOperator(name string) bool { return operators()[name] }

// HarmfulMember reports whether an attribute of that name makes an operator of
// any value that is not on the list: x.save is aten::save
// (torch/csrc/jit/python/python_sugared_value.cpp, SimpleValue::attr).
func HarmfulMember(name string) bool {
	switch name {
	case "save", "from_file", "_sparse_bsc_tensor_unsafe", "_sparse_bsr_tensor_unsafe", "_sparse_compressed_tensor_unsafe",
		"_sparse_coo_tensor_unsafe", "_sparse_csc_tensor_unsafe", "_sparse_csr_tensor_unsafe":
		return true
	}
	return false
}

// ListedNativeClass reports whether a class that torch itself registers in C++
// is made from numbers and tensors alone
// (torch._C._jit_get_custom_class_schemas of torch 1.13 and 2.15).
func ListedNativeClass(name string) bool {
	switch strings.TrimPrefix(name, "__torch__.torch.classes.") {
	case "quantized.LinearPackedParamsBase", "quantized.Conv2dPackedParamsBase", "quantized.Conv3dPackedParamsBase",
		"quantized.EmbeddingPackedParamsBase", "rnn.CellParamsBase", "sparse.LinearPackedParamsBase", "mkldnn.ConvOpContext",
		"xnnpack.Conv2dOpContext", "xnnpack.LinearOpContext", "xnnpack.TransposeConv2dOpContext", "cuda.Stream", "cuda.Event":
		return true
	}
	return false
}

// ListedNativeMethod reports whether NAME is a method of such a class that gives
// its weights or numbers, and no operator of any value
// (aten/src/ATen/native/quantized/cpu/fbgemm_utils.cpp, qembeddingbag_prepack.cpp;
// the quantised modules of torch.ao call them in their traced sources).
func ListedNativeMethod(name string) bool {
	switch name {
	case "unpack", "bit_rate", "version", "output_padding":
		return true
	}
	return false
}
