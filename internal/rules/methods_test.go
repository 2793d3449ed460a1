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
		{"another method", read("torch.optim.lr_scheduler", "OneCycleLR", "step"), refused},
		{"of another class", read("torch.nn.modules.linear", "Linear", "_infer_parameters"), refused},
		{"of an unlisted class", read("acme", "LazyLinear", "_infer_parameters"), refused},
		{"that a state hides", `PROTO 2; GLOBAL "torch.nn.modules.linear" "LazyLinear"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_infer_parameters"; GLOBAL "torch" "relu"; SETITEM; BUILD; STOP`, "MA106 torch.nn.modules.linear.LazyLinear"},
		{"that a state hides in a schedule", `PROTO 2; GLOBAL "torch.optim.lr_scheduler" "OneCycleLR"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_annealing_cos"; GLOBAL "torch" "relu"; SETITEM; BUILD; STOP`, "MA106 torch.optim.lr_scheduler.OneCycleLR"},
		{"of a dict", `GLOBAL "builtins" "getattr"; EMPTY_DICT; UNICODE "get"; TUPLE2; REDUCE; STOP`, refused},
	})
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
