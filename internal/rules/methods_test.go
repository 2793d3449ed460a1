package rules

import "testing"

// A method that an object keeps of itself may be read, and no other.
func TestBoundMethods(t *testing.T) {
	read := func(module, class, method string) string {
		return `PROTO 2; GLOBAL "builtins" "getattr"; GLOBAL "` + module + `" "` + class + `"; EMPTY_TUPLE; NEWOBJ; UNICODE "` + method + `"; TUPLE2; REDUCE; STOP`
	}
	const refused = "MA104 builtins.getattr"
	check(t, []sample{
		{"how a schedule anneals", read("torch.optim.lr_scheduler", "OneCycleLR", "_annealing_cos"), ""},
		{"how a module learns its sizes", read("torch.nn.modules.linear", "LazyLinear", "_infer_parameters"), ""},
		{"how a language model sorts its inputs", read("transformers.models.llama.modeling_llama", "LlamaForCausalLM", "prepare_inputs_for_generation"), ""},
		{"how one is saved", read("transformers.models.llama.modeling_llama", "LlamaForCausalLM", "save_pretrained"), refused},
		{"that a state of one hides", `PROTO 2; GLOBAL "transformers.models.llama.modeling_llama" "LlamaForCausalLM"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "prepare_inputs_for_generation"; GLOBAL "torch" "relu"; SETITEM; BUILD; STOP`, "MA106 transformers.models.llama.modeling_llama.LlamaForCausalLM"},
		{"another method", read("torch.optim.lr_scheduler", "OneCycleLR", "step"), refused},
		{"of another class", read("torch.nn.modules.linear", "Linear", "_infer_parameters"), refused},
		{"of an unlisted class", read("acme", "LazyLinear", "_infer_parameters"), refused},
		{"that a state hides", `PROTO 2; GLOBAL "torch.nn.modules.linear" "LazyLinear"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_infer_parameters"; GLOBAL "torch" "relu"; SETITEM; BUILD; STOP`, "MA106 torch.nn.modules.linear.LazyLinear"},
		{"that a state hides in a schedule", `PROTO 2; GLOBAL "torch.optim.lr_scheduler" "OneCycleLR"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_annealing_cos"; GLOBAL "torch" "relu"; SETITEM; BUILD; STOP`, "MA106 torch.optim.lr_scheduler.OneCycleLR"},
		{"how a pattern looks for words", `GLOBAL "builtins" "getattr"; GLOBAL "re" "_compile"; UNICODE "a+"; BININT1 32; TUPLE2; REDUCE; UNICODE "findall"; TUPLE2; REDUCE; STOP`, ""},
		{"another attribute of a pattern", `GLOBAL "builtins" "getattr"; GLOBAL "re" "_compile"; UNICODE "a+"; BININT1 32; TUPLE2; REDUCE; UNICODE "__class__"; TUPLE2; REDUCE; STOP`, refused},
		{"of a dict", `GLOBAL "builtins" "getattr"; EMPTY_DICT; UNICODE "get"; TUPLE2; REDUCE; STOP`, refused},
	})
}

// dill and cloudpickle write a method as types.MethodType(function, object): the
// function must be one that the object's class has.
func TestMethodTypes(t *testing.T) {
	const regression = `GLOBAL "sklearn.linear_model._base" "LinearRegression"; EMPTY_TUPLE; NEWOBJ; `
	function := func(module, class, name string) string {
		return `GLOBAL "builtins" "getattr"; GLOBAL "` + module + `" "` + class + `"; UNICODE "` + name + `"; TUPLE2; REDUCE; `
	}
	predict := function("sklearn.linear_model._base", "LinearModel", "predict")
	dill, cloud := `PROTO 2; GLOBAL "dill._dill" "_load_type"; UNICODE "MethodType"; TUPLE1; REDUCE; `, `PROTO 4; GLOBAL "cloudpickle.cloudpickle" "_builtin_type"; UNICODE "MethodType"; TUPLE1; REDUCE; `
	const bind, refused = "TUPLE2; REDUCE; STOP", "MA104 types.MethodType"
	check(t, []sample{
		{"by dill", dill + predict + regression + bind, ""},
		{"by cloudpickle", cloud + `GLOBAL "sklearn.linear_model._base" "LinearModel.predict"; ` + regression + bind, ""},
		{"by pickle", `PROTO 4; GLOBAL "builtins" "getattr"; ` + regression + `UNICODE "predict"; ` + bind, ""},
		{"of a mixin", dill + function("sklearn.base", "RegressorMixin", "score") + regression + bind, ""},
		{"a function of the file's choice", dill + evil + regression + bind, refused},
		{"a function of another class", dill + function("sklearn.preprocessing._data", "StandardScaler", "transform") + regression + bind, refused},
		{"another method", cloud + `GLOBAL "sklearn.linear_model._base" "LinearModel.__setstate__"; ` + regression + bind, refused},
		{"another object", dill + predict + `EMPTY_DICT; ` + bind, refused},
		{"an object of an unlisted class", cloud + predict + `GLOBAL "acme" "Regression"; EMPTY_TUPLE; NEWOBJ; ` + bind, refused},
		{"called", dill + predict + regression + `TUPLE2; REDUCE; EMPTY_TUPLE; REDUCE; STOP`, "MA105"},
		{"changed", dill + predict + regression + `TUPLE2; REDUCE; EMPTY_DICT; UNICODE "x"; NONE; SETITEM; BUILD; STOP`, "MA106 types.MethodType"},
		{"another type of cloudpickle", `PROTO 4; GLOBAL "cloudpickle.cloudpickle" "_builtin_type"; UNICODE "FunctionType"; TUPLE1; REDUCE; STOP`, "MA104 cloudpickle.cloudpickle._builtin_type"},
		{"a function that a partial calls", dill + `GLOBAL "functools" "partial"; ` + regression + bind, refused},
		{"a method as a partial", `PROTO 4; GLOBAL "functools" "partial"; GLOBAL "builtins" "getattr"; ` + regression + `UNICODE "predict"; TUPLE2; REDUCE; TUPLE1; REDUCE; STOP`, "MA104 functools.partial"},
		{"a named tuple that is not listed", `PROTO 2; GLOBAL "dill._dill" "_create_namedtuple"; UNICODE "system"; EMPTY_TUPLE; UNICODE "os"; TUPLE3; REDUCE; STOP`, "MA104 dill._dill._create_namedtuple"},
		{"a class that is no named tuple", `PROTO 2; GLOBAL "dill._dill" "_create_namedtuple"; UNICODE "LinearRegression"; EMPTY_TUPLE; UNICODE "sklearn.linear_model._base"; TUPLE3; REDUCE; STOP`, "MA104 dill._dill._create_namedtuple"},
		{"an attribute of a matrix", dillArray("_getitem", "NEWFALSE; "), ""},
		{"another attribute", dillArray("__class__", "NEWFALSE; "), "MA104 dill._dill._create_array"},
		{"a text to evaluate", `GLOBAL "dill._dill" "_eval_repr"; UNICODE "print(1)"; TUPLE1; REDUCE; STOP`, "MA104 dill._dill._eval_repr"},
	})
}

// dillArray is a matrix as dill writes it, with one attribute.
func dillArray(attribute, value string) string {
	const matrix = `PROTO 3; GLOBAL "dill._dill" "_create_array"; MARK; GLOBAL "numpy.core.multiarray" "_reconstruct"; GLOBAL "numpy" "matrix"; BININT1 0; TUPLE1; BINBYTES "b"; TUPLE3; ` +
		`MARK; BININT1 1; BININT1 1; BININT1 1; TUPLE2; GLOBAL "numpy" "dtype"; UNICODE "u1"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; NEWFALSE; BINBYTES "a"; TUPLE; `
	return matrix + `EMPTY_DICT; UNICODE "` + attribute + `"; ` + value + `SETITEM; TUPLE; REDUCE; STOP`
}

// A distribution's state holds a program, which is executed: it is the one that
// scipy writes.
func TestDistribution(t *testing.T) {
	state := func(template string) string {
		return `PROTO 2; GLOBAL "scipy.stats._continuous_distns" "norm_gen"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_parse_arg_template"; UNICODE ` + template + `; SETITEM; BUILD; STOP`
	}
	const written = `\ndef _parse_args(self, a,  loc=0, scale=1):\n    return (a, ), loc, scale\n\ndef _parse_args_rvs(self, a,  loc=0, scale=1, size=None):\n    return self._argcheck_rvs(a,  loc, scale, size=size)\n\ndef _parse_args_stats(self, a,  loc=0, scale=1, moments='mv'):\n    return (a, ), loc, scale, moments\n`
	const refused = "MA106 scipy.stats._continuous_distns.norm_gen"
	check(t, []sample{
		{"as it is written", state(`"` + written + `"`), ""},
		{"with more behind", state(`"` + written + `import os\n"`), refused},
		{"another", state(`"import os"`), refused},
		{"of other names", state(`"` + `\ndef _parse_args(self, a=print(1),  loc=0, scale=1):\n"`), refused},
	})
}
