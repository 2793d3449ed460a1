package rules

import (
	"slices"
	"strings"
	"testing"
)

// Packed weights, settings and wrappers of joblib are accepted as their libraries
// write them, and not otherwise.
func TestModelContracts(t *testing.T) {
	packed := func(state, name string) string {
		return `PROTO 2; GLOBAL "torch" "ScriptObject"; EMPTY_TUPLE; NEWOBJ; ` + state + `UNICODE "__torch__.torch.classes.` + name + `"; TUPLE2; BUILD; STOP`
	}
	embedding := func(version, bits string) string {
		return `MARK; ` + version + `EMPTY_LIST; EMPTY_LIST; EMPTY_LIST; ` + bits + `APPEND; TUPLE; `
	}
	recurrent := func(word string) string {
		return `MARK; UNICODE "` + word + `"; EMPTY_LIST; EMPTY_LIST; EMPTY_LIST; EMPTY_LIST; TUPLE; `
	}
	wrapper := func(dtype string) string {
		return `PROTO 2; GLOBAL "joblib.numpy_pickle" "NumpyArrayWrapper"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "dtype"; ` + dtype + `SETITEM; BUILD; STOP`
	}
	for _, c := range []struct{ name, program, want string }{
		{"an embedding", packed(embedding(`BININT1 1; `, `BININT1 8; `), "quantized.EmbeddingPackedParamsBase"), ""},
		{"an embedding of another version", packed(embedding(`BININT1 2; `, `BININT1 8; `), "quantized.EmbeddingPackedParamsBase"), "MA106"},
		{"an embedding of seven bits", packed(embedding(`BININT1 1; `, `BININT1 7; `), "quantized.EmbeddingPackedParamsBase"), "MA106"},
		{"a cell", packed(recurrent("quantized_dynamic"), "rnn.CellParamsBase"), ""},
		{"a cell of another kind", packed(recurrent("quantized"), "rnn.CellParamsBase"), "MA106"},
		{"another class", packed(recurrent("quantized_dynamic"), "acme.Cell"), "MA106"},
		{"an array of texts of joblib", wrapper(`GLOBAL "numpy._core._internal" "_convert_to_stringdtype_kwargs"; NEWTRUE; TUPLE1; REDUCE; `), ""},
		{"an array of another type", wrapper(`GLOBAL "numpy" "ndarray"; `), "MA106"},
		{"a layer that knows its type", `PROTO 2; GLOBAL "torch.nn.modules.upsampling" "Upsample"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "type"; UNICODE "torch.nn.Upsample"; SETITEM; BUILD; STOP`, ""},
		{"an activation with an argument", `PROTO 2; GLOBAL "functools" "partial"; GLOBAL "torch._C._nn" "gelu"; TUPLE1; REDUCE; MARK; GLOBAL "torch._C._nn" "gelu"; EMPTY_TUPLE; EMPTY_DICT; UNICODE "approximate"; UNICODE "tanh"; SETITEM; NONE; TUPLE; BUILD; STOP`, ""},
		{"a configuration that was read from a file", `PROTO 2; GLOBAL "transformers.models.bert.configuration_bert" "BertConfig"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "model_type"; UNICODE "bert"; SETITEM; BUILD; STOP`, ""},
		{"a configuration whose kind is a function", `PROTO 2; GLOBAL "transformers.models.bert.configuration_bert" "BertConfig"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "model_type"; GLOBAL "torch" "relu"; SETITEM; BUILD; STOP`, "MA106"},
		{"a cache that makes its layers", `PROTO 2; GLOBAL "transformers.cache_utils" "DynamicCache"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "layer_class_to_replicate"; GLOBAL "transformers.cache_utils" "DynamicLayer"; SETITEM; BUILD; STOP`, ""},
		{"a list of fastai that asks something else", `PROTO 2; GLOBAL "fastcore.foundation" "L"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "items"; GLOBAL "torch" "relu"; SETITEM; BUILD; STOP`, "MA106"},
		{"a list of fastai that finds it elsewhere", `PROTO 2; GLOBAL "fastcore.foundation" "L"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_default"; UNICODE "items"; SETITEM; BUILD; STOP`, "MA106"},
		{"settings that hide a method", `GLOBAL "ultralytics.utils" "IterableSimpleNamespace"; EMPTY_TUPLE; REDUCE; EMPTY_DICT; UNICODE "get"; NONE; SETITEM; BUILD; STOP`, "MA106"},
		{"a configuration that hides a method", `GLOBAL "diffusers.configuration_utils" "FrozenDict"; EMPTY_TUPLE; REDUCE; EMPTY_DICT; UNICODE "items"; NONE; SETITEM; BUILD; STOP`, "MA106"},
		{"a space of gym", `PROTO 2; GLOBAL "gym.spaces.box" "Box"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "shape"; BININT1 2; TUPLE1; SETITEM; UNICODE "low"; ` + anArray + `SETITEM; BUILD; STOP`, ""},
		{"one with bounds that are objects", `PROTO 2; GLOBAL "gym.spaces.box" "Box"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "low"; ` + newArray + `MARK; BININT1 1; BININT1 0; TUPLE1; ` + objects + `NEWFALSE; EMPTY_LIST; TUPLE; BUILD; SETITEM; BUILD; STOP`, "MA106 gym.spaces.box.Box"},
		{"one of gym with a method", `PROTO 2; GLOBAL "gym.spaces.dict" "Dict"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "sample"; GLOBAL "builtins" "len"; SETITEM; BUILD; STOP`, "MA106 gym.spaces.dict.Dict"},
		{"a space that writes what stands there as text", `PROTO 2; GLOBAL "gymnasium.spaces.box" "Box"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "low_repr"; UNICODE "0"; SETITEM; BUILD; STOP`, "MA106"},
		{"a space of any size", `PROTO 2; GLOBAL "gymnasium.spaces.multi_discrete" "MultiDiscrete"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_shape"; BININT1 9; TUPLE1; SETITEM; BUILD; STOP`, "MA106"},
		{"a graph that answers for an array", `PROTO 2; GLOBAL "torch_geometric.data.storage" "GlobalStorage"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_mapping"; EMPTY_DICT; UNICODE "__array_interface__"; NONE; SETITEM; SETITEM; BUILD; STOP`, "MA106"},
		{"a graph of another store", `PROTO 2; GLOBAL "torch_geometric.data.data" "Data"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_store"; EMPTY_DICT; SETITEM; BUILD; STOP`, "MA106"},
		{"a layer that reduces by a method", `PROTO 2; GLOBAL "einops.layers.torch" "Reduce"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "reduction"; UNICODE "tofile"; SETITEM; BUILD; STOP`, "MA106"},
		{"settings that answer for themselves", `PROTO 2; GLOBAL "yacs.config" "CfgNode"; EMPTY_TUPLE; NEWOBJ; UNICODE "__setstate__"; NONE; SETITEM; STOP`, "MA106"},
		{"settings with another note", `PROTO 2; GLOBAL "yacs.config" "CfgNode"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "merge_from_file"; NONE; SETITEM; BUILD; STOP`, "MA106"},
		{"a state of another kind", `PROTO 2; GLOBAL "accelerate.state" "PartialState"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "backend"; EMPTY_LIST; SETITEM; BUILD; STOP`, "MA106"},
	} {
		found := found(judgeProgram(t, c.program))
		if (len(found) == 0) != (c.want == "") || !slices.ContainsFunc(append(found, ""), func(s string) bool { return strings.HasPrefix(s, c.want) }) {
			t.Errorf("%s: %q, want %q", c.name, found, c.want)
		}
	}
}
