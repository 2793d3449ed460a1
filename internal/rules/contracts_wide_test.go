package rules

import "testing"

// made is an object that __new__ made, with an attribute.
func made(module, name, key, value string) string {
	return `GLOBAL "` + module + `" "` + name + `"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "` + key + `"; ` + value + `SETITEM; BUILD; `
}

// Attributes at which a library evaluates, opens, loads or takes a method of what
// stands there are findings, whatever stands there.
func TestAttributesThatActLater(t *testing.T) {
	const (
		graph   = "networkx.classes.graph"
		data    = "statsmodels.base.data"
		linear  = "statsmodels.regression.linear_model"
		memory  = "joblib.memory"
		booster = `GLOBAL "xgboost.core" "Booster"; EMPTY_TUPLE; NEWOBJ; `
		dir     = `UNICODE "/tmp/cache"; `
	)
	model := func(of string) string { return made(linear, "OLS", "data", of) }
	results := func(of string) string { return made(linear, "OLSResults", "model", of) }
	check(t, []sample{
		{"a graph", "PROTO 2; " + made(graph, "Graph", "__networkx_cache__", "EMPTY_DICT; ") + "STOP", ""},
		{"a graph that a backend takes for this one", "PROTO 2; " + made("networkx.classes.digraph", "DiGraph", "__networkx_cache__", `EMPTY_DICT; UNICODE "backends"; EMPTY_DICT; SETITEM; `) + "STOP", "MA106 networkx.classes.digraph.DiGraph"},
		{"results of a model", "PROTO 2; " + made(linear, "RegressionResultsWrapper", "_results", results(model(made(data, "PandasData", "const_idx", "NONE; ")))) + "STOP", ""},
		{"a formula that loading evaluates", "PROTO 2; " + made(data, "PandasData", "restore_model_spec", "NEWTRUE; ") + "STOP", "MA106 statsmodels.base.data.PandasData"},
		{"a formula that predicting evaluates", "PROTO 2; " + made(linear, "OLS", "formula", `UNICODE "y ~ x"; `) + "STOP", "MA106 statsmodels.regression.linear_model.OLS"},
		{"another model", "PROTO 2; " + results(made("argparse", "Namespace", "formula", `UNICODE "y ~ x"; `)) + "STOP", "MA106 statsmodels.regression.linear_model.OLSResults"},
		{"other data", "PROTO 2; " + model(made("argparse", "Namespace", "model_spec", `UNICODE "y ~ x"; `)) + "STOP", "MA106 statsmodels.regression.linear_model.OLS"},
		{"other results", "PROTO 2; " + made(linear, "RegressionResultsWrapper", "_results", booster) + "STOP", "MA106 statsmodels.regression.linear_model.RegressionResultsWrapper"},
		{"a model of another library", "PROTO 2; " + made("lifelines.fitters.coxph_fitter", "CoxPHFitter", "_model", booster) + "STOP", "MA106 lifelines.fitters.coxph_fitter.CoxPHFitter"},
		{"no cache", "PROTO 2; " + made("hdbscan.hdbscan_", "HDBSCAN", "memory", made(memory, "Memory", "location", "NONE; ")) + "STOP", ""},
		{"a cache", "PROTO 2; " + made(memory, "Memory", "location", dir) + "STOP", "MA106 joblib.memory.Memory"},
		{"a directory for a cache", "PROTO 2; " + made("hdbscan.hdbscan_", "HDBSCAN", "memory", dir) + "STOP", "MA106 hdbscan.hdbscan_.HDBSCAN"},
		{"a program to run", "PROTO 2; " + made("nltk.tokenize.repp", "ReppTokenizer", "repp_dir", dir) + "STOP", "MA110 nltk.tokenize.repp.ReppTokenizer"},
		{"counts that are no numbers", `GLOBAL "nltk.probability" "FreqDist"; EMPTY_DICT; UNICODE "a"; ` + booster + `SETITEM; TUPLE1; REDUCE; STOP`, "MA104 nltk.probability.FreqDist"},
	})
}

// dill's table of types has some that run what they are given.
func TestTypesOfDill(t *testing.T) {
	kind := func(name string) string {
		return `PROTO 2; GLOBAL "dill._dill" "_load_type"; UNICODE "` + name + `"; TUPLE1; REDUCE; `
	}
	check(t, []sample{
		{"a factory", `PROTO 2; GLOBAL "collections" "defaultdict"; ` + kind("list")[len("PROTO 2; "):] + `TUPLE1; REDUCE; STOP`, ""},
		{"an object", kind("object") + "STOP", ""},
		{"a partial", kind("PartialType") + `GLOBAL "builtins" "len"; TUPLE1; REDUCE; MARK; GLOBAL "builtins" "len"; EMPTY_TUPLE; NONE; NONE; TUPLE; BUILD; STOP`, ""},
		{"a partial of another function", kind("PartialType") + evil + `TUPLE1; REDUCE; STOP`, "MA104 functools.partial"},
		{"a partial whose function changes", kind("PartialType") + `GLOBAL "builtins" "len"; TUPLE1; REDUCE; MARK; ` + evil + `EMPTY_TUPLE; NONE; NONE; TUPLE; BUILD; STOP`, "MA106 functools.partial"},
		{"a partial of a partial", kind("PartialType") + kind("PartialType")[len("PROTO 2; "):] + evil + `TUPLE1; REDUCE; TUPLE1; REDUCE; STOP`, "MA104 functools.partial"},
		{"a function", kind("FunctionType") + "STOP", "MA104 dill._dill._load_type"},
		{"a type", kind("type") + "STOP", "MA104 dill._dill._load_type"},
		{"a file", kind("FileType") + `UNICODE "x"; TUPLE1; REDUCE; STOP`, "MA105"},
		{"called otherwise", kind("int") + `UNICODE "1"; TUPLE1; REDUCE; STOP`, "MA104 builtins.int"},
		{"changed", kind("dict") + `EMPTY_DICT; UNICODE "x"; NONE; SETITEM; BUILD; STOP`, "MA106 dill._dill._load_type"},
	})
}
