package rules

import "testing"

// What takes a part of a value reads no private name and calls no method that acts.
func TestGetters(t *testing.T) {
	call := func(name, arguments string) string {
		return `PROTO 2; GLOBAL "operator" "` + name + `"; MARK; ` + arguments + `TUPLE; REDUCE; STOP`
	}
	dill := func(name, arguments string) string {
		return `PROTO 2; GLOBAL "dill._dill" "_load_type"; UNICODE "` + name + `"; TUPLE1; REDUCE; ` + arguments + `TUPLE1; REDUCE; STOP`
	}
	check(t, []sample{
		{"an item", call("itemgetter", `BININT1 1; UNICODE "a"; `), ""},
		{"columns", call("itemgetter", `MARK; UNICODE "a"; UNICODE "b"; LIST; `), ""},
		{"no item", call("itemgetter", ``), "MA104 operator.itemgetter"},
		{"a function as key", call("itemgetter", evil), "MA104 operator.itemgetter"},
		{"an item, by dill", dill("ItemGetterType", `BININT1 1; `), ""},
		{"an attribute", call("attrgetter", `UNICODE "a"; `), "MA101 operator.attrgetter"},
		{"a method that computes", call("methodcaller", `UNICODE "astype"; GLOBAL "builtins" "str"; `), ""},
		{"a method that moves a file", call("methodcaller", `UNICODE "replace"; UNICODE "x"; `), "MA104 operator.methodcaller"},
		{"a method that evaluates", call("methodcaller", `UNICODE "eval"; UNICODE "x"; `), "MA104 operator.methodcaller"},
		{"with a function", call("methodcaller", `UNICODE "max"; `+evil), "MA104 operator.methodcaller"},
		{"a getter that is called", `PROTO 2; GLOBAL "operator" "itemgetter"; BININT1 0; TUPLE1; REDUCE; EMPTY_LIST; TUPLE1; REDUCE; STOP`, "MA105"},
		{"a maker of getters as a value", `PROTO 2; EMPTY_DICT; UNICODE "a"; GLOBAL "operator" "methodcaller"; SETITEM; STOP`, "MA104 operator.methodcaller"},
	})
}

// A partial holds functions of which every call only computes.
func TestComputingPartials(t *testing.T) {
	partial := func(function, keywords string) string {
		return `PROTO 2; GLOBAL "functools" "partial"; ` + function + `TUPLE1; REDUCE; MARK; ` + function + `EMPTY_TUPLE; EMPTY_DICT; ` + keywords + `NONE; TUPLE; BUILD; STOP`
	}
	attribute := func(name string) string {
		return `GLOBAL "builtins" "getattr"; GLOBAL "torch._C" "_VariableFunctionsClass"; UNICODE "` + name + `"; TUPLE2; REDUCE; `
	}
	check(t, []sample{
		{"a shape", partial(`GLOBAL "numpy" "reshape"; `, `UNICODE "newshape"; BININT1 2; TUPLE1; SETITEM; `), ""},
		{"a function of torch", partial(attribute("stack"), `UNICODE "dim"; BININT1 1; SETITEM; `), ""},
		{"a function of torch that opens a file", partial(attribute("from_file"), ``), "MA104 builtins.getattr"},
		{"a function of torch that reads memory", partial(attribute("frombuffer"), ``), "MA104 builtins.getattr"},
		{"another function inside", `PROTO 2; GLOBAL "functools" "partial"; ` + attribute("stack") + `TUPLE1; REDUCE; MARK; ` + evil + `EMPTY_TUPLE; EMPTY_DICT; NONE; TUPLE; BUILD; STOP`, "MA106 functools.partial"},
		{"a measure with a function", partial(`GLOBAL "sklearn.metrics.pairwise" "pairwise_distances"; `, `UNICODE "metric"; `+evil+`SETITEM; `), "MA106 functools.partial"},
		{"a class of numpy", partial(`GLOBAL "numpy" "memmap"; `, ``), "MA104 functools.partial"},
		{"a result of torch", `PROTO 2; GLOBAL "torch.return_types" "max"; NONE; NONE; TUPLE2; EMPTY_DICT; TUPLE2; REDUCE; STOP`, ""},
		{"what calls a distance", `PROTO 2; EMPTY_DICT; UNICODE "a"; GLOBAL "torch.nn.functional" "triplet_margin_with_distance_loss"; SETITEM; STOP`, "MA103 torch.nn.functional.triplet_margin_with_distance_loss"},
		{"a range of dill", `PROTO 2; GLOBAL "dill._dill" "_eval_repr"; UNICODE "range(0, -3)"; TUPLE1; REDUCE; STOP`, ""},
		{"what is no range", `PROTO 2; GLOBAL "dill._dill" "_eval_repr"; UNICODE "range(f(0))"; TUPLE1; REDUCE; STOP`, "MA104 dill._dill._eval_repr"},
	})
}

// pandas reads as many numbers of a time zone as the zone has times.
func TestZoneTables(t *testing.T) {
	zone := func(of, state string) string {
		return `PROTO 2; GLOBAL "dateutil.tz.tz" "tzfile"; ` + of + `TUPLE2; REDUCE; EMPTY_DICT; ` + state + `BUILD; STOP`
	}
	const (
		named   = `NONE; UNICODE "Europe/Berlin"; `
		times   = `UNICODE "_trans_list"; BININT1 1; TUPLE1; SETITEM; UNICODE "_trans_list_utc"; BININT1 1; TUPLE1; SETITEM; `
		refused = "MA106 dateutil.tz.tz.tzfile"
	)
	stretch := `GLOBAL "dateutil.tz.tz" "_ttinfo"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "offset"; BININT1 60; SETITEM; BUILD; `
	check(t, []sample{
		{"a zone", zone(named, times+`UNICODE "_trans_idx"; `+stretch+`TUPLE1; SETITEM; `), ""},
		{"fewer numbers than times", zone(named, times+`UNICODE "_trans_idx"; EMPTY_TUPLE; SETITEM; `), refused},
		{"no times", zone(named, `UNICODE "_trans_idx"; EMPTY_TUPLE; SETITEM; `), refused},
		{"a list, which may change", zone(named, times+`UNICODE "_trans_idx"; EMPTY_LIST; `+stretch+`APPEND; SETITEM; `), refused},
		{"a method", zone(named, times+`UNICODE "_trans_idx"; `+stretch+`TUPLE1; SETITEM; UNICODE "utcoffset"; NONE; SETITEM; `), refused},
		{"a file that is opened", zone(`UNICODE "/etc/localtime"; NONE; `, ``), "MA104 dateutil.tz.tz.tzfile"},
	})
}

// HistGradientBoosting keeps a method of its own under the method's name, and no other.
func TestOwnMethod(t *testing.T) {
	model := func(key, method string) string {
		return `PROTO 2; GLOBAL "sklearn.ensemble._hist_gradient_boosting.gradient_boosting" "HistGradientBoostingClassifier"; EMPTY_TUPLE; NEWOBJ; BINPUT 0; EMPTY_DICT; UNICODE "` + key + `"; ` +
			method + `SETITEM; BUILD; STOP`
	}
	get := func(of, name string) string {
		return `GLOBAL "builtins" "getattr"; ` + of + `UNICODE "` + name + `"; TUPLE2; REDUCE; `
	}
	const refused = "MA106 sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier"
	check(t, []sample{
		{"its own", model("_raw_predict", get(`BINGET 0; `, "_raw_predict")), ""},
		{"another of its own", model("_raw_predict", get(`BINGET 0; `, "predict")), refused},
		{"under another name", model("predict", get(`BINGET 0; `, "_raw_predict")), refused},
		{"a function", model("_raw_predict", `GLOBAL "numpy" "exp"; `), refused},
	})
}
