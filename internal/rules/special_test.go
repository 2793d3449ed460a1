package rules

import "testing"

// A dict finds under a name what stands there at a key that is equal to it, so that a
// class which looks names up in its state gives the function that it finds to BUILD.
func TestKeysThatAreEqualToNames(t *testing.T) {
	const (
		config = `PROTO 4; GLOBAL "transformers.configuration_utils" "PreTrainedConfig"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "attribute_map"; `
		method = `UNICODE "x"; SETITEM; SETITEM; BUILD; STOP`
		bad    = "MA106 transformers.configuration_utils.PreTrainedConfig"
		user   = `GLOBAL "collections" "UserString"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "data"; `
		bunch  = `PROTO 4; GLOBAL "statsmodels.tools.tools" "Bunch"; EMPTY_TUPLE; NEWOBJ; `
	)
	scalar := func(bytes string) string {
		return `GLOBAL "numpy._core.multiarray" "scalar"; GLOBAL "numpy" "dtype"; UNICODE "U7"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; MARK; BININT 3; UNICODE "<"; NONE; NONE; NONE; BININT 28; BININT 4; BININT 8; TUPLE; BUILD; ` + bytes + `TUPLE2; REDUCE; `
	}
	wide := `RAW "C\x1c_\x00\x00\x00_\x00\x00\x00s\x00\x00\x00e\x00\x00\x00t\x00\x00\x00_\x00\x00\x00_\x00\x00\x00"; `
	plain := `RAW "C\x1cl\x00\x00\x00a\x00\x00\x00b\x00\x00\x00e\x00\x00\x00l\x00\x00\x00_\x00\x00\x00_\x00\x00\x00"; `
	check(t, []sample{
		{"names for names", config + `EMPTY_DICT; UNICODE "hidden"; UNICODE "n_embd"; SETITEM; SETITEM; BUILD; STOP`, ""},
		{"a str", config + `EMPTY_DICT; UNICODE "__set__"; ` + method, bad},
		{"a heir of str", config + `EMPTY_DICT; GLOBAL "torch.torch_version" "TorchVersion"; UNICODE "__set__"; TUPLE1; NEWOBJ; ` + method, bad},
		{"numpy.str_", config + `EMPTY_DICT; ` + scalar(wide) + method, bad},
		{"an object with a text's hash", config + `EMPTY_DICT; ` + user + `UNICODE "__set__"; SETITEM; BUILD; ` + method, bad},
		{"one in another", config + `EMPTY_DICT; ` + user + user + `UNICODE "__set__"; SETITEM; BUILD; SETITEM; BUILD; ` + method, bad},
		{"another mapping", config + `GLOBAL "collections" "ChainMap"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "maps"; EMPTY_LIST; EMPTY_DICT; UNICODE "__set__"; UNICODE "x"; SETITEM; APPEND; SETITEM; BUILD; SETITEM; BUILD; STOP`, bad},
		{"words that are counted", config[:len(config)-len(`UNICODE "attribute_map"; `)] + `UNICODE "vocabulary"; EMPTY_DICT; UNICODE "__toc__"; BININT1 7; SETITEM; SETITEM; BUILD; STOP`, ""},
		{"an item", bunch + scalar(plain) + `NONE; SETITEM; STOP`, ""},
		{"an item that is looked up", bunch + scalar(wide) + `NONE; SETITEM; STOP`, "MA106 statsmodels.tools.tools.Bunch"},
	})
}

// BUILD asks a partial itself for the method that takes the state.
func TestPartialWithSetter(t *testing.T) {
	partial := func(key string) string {
		length := `GLOBAL "builtins" "len"; `
		return `PROTO 4; GLOBAL "functools" "partial"; ` + length + `TUPLE1; REDUCE; MARK; ` + length + `EMPTY_TUPLE; EMPTY_DICT; EMPTY_DICT; UNICODE "` + key + `"; GLOBAL "numpy" "sum"; SETITEM; TUPLE; BUILD; STOP`
	}
	check(t, []sample{{"an attribute", partial("__wrapped__"), ""}, {"a setter", partial("__setstate__"), "MA106 functools.partial"}})
}

// A listed class may be named as a value only if calling it does no harm: what compares
// keys of a set, iterates or looks up while loading may call an attribute of a value.
func TestClassesThatAreKept(t *testing.T) {
	const (
		space = `PROTO 4; GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "eq"; `
		set   = `SETITEM; BUILD; STOP`
		power = `GLOBAL "torch.distributions.transforms" "PowerTransform"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "exponent"; `
		rule  = `GLOBAL "nltk.tbl.rule" "Rule"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_Rule__hash"; BININT 1; SETITEM; UNICODE "original_tag"; `
		model = `GLOBAL "ultralytics.nn.tasks" "DetectionModel"; `
	)
	namespace := space[len("PROTO 4; "):]
	check(t, []sample{
		{"a layer", space + `GLOBAL "torch.nn.modules.linear" "Linear"; ` + set, ""},
		{"an estimator's", space + `GLOBAL "sklearn.tree._classes" "DecisionTreeClassifier"; ` + set, ""},
		{"an optimizer's", space + `GLOBAL "torch.optim.adam" "Adam"; ` + set, ""},
		{"one that evaluates its configuration", space + model + set, "MA104 ultralytics.nn.tasks.DetectionModel"},
		{"one that makes directories", space + `GLOBAL "joblib.memory" "Memory"; ` + set, "MA104 joblib.memory.Memory"},
		{"in what a set compares", `PROTO 4; EMPTY_SET; MARK; ` + rule + power + namespace + model + `SETITEM; BUILD; SETITEM; BUILD; SETITEM; BUILD; ` +
			rule + power + `EMPTY_DICT; SETITEM; BUILD; SETITEM; BUILD; ADDITEMS; STOP`, "MA104 ultralytics.nn.tasks.DetectionModel"},
		{"in a dict alone", `PROTO 4; GLOBAL "collections" "OrderedDict"; EMPTY_TUPLE; REDUCE; UNICODE "model"; ` + model + `SETITEM; STOP`, ""},
		{"in a list that an object has", space + `EMPTY_LIST; ` + model + `APPEND; ` + set, "MA104 ultralytics.nn.tasks.DetectionModel"},
		{"an object of it", `PROTO 4; ` + model + `EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; BUILD; STOP`, ""},
	})
}
