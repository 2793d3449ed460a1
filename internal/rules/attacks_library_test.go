package rules

import "testing"

// TestAttackDuckTyping has objects of listed classes whose attributes or items a
// listed function of pandas or numpy asks for while the pickle is being loaded.
// Each ends with the object dropped, so that it is not in what is loaded.
func TestAttackDuckTyping(t *testing.T) {
	const namespace = `GLOBAL "types" "SimpleNamespace"; EMPTY_TUPLE; REDUCE; `
	const index = `GLOBAL "pandas.core.indexes.base" "_new_Index"; GLOBAL "pandas" "CategoricalIndex"; EMPTY_DICT; `
	const address = `UNICODE "__array_interface__"; EMPTY_DICT; SETITEM; `
	const module = `GLOBAL "torch.nn.modules.linear" "Identity"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_modules"; EMPTY_DICT; ` + address + `SETITEM; BUILD; `
	const manager = `GLOBAL "pandas.core.internals.managers" "BlockManager"; EMPTY_TUPLE; NEWOBJ; MARK; EMPTY_LIST; EMPTY_LIST; EMPTY_LIST; `
	caller := `EMPTY_DICT; UNICODE "get_indexer_for"; GLOBAL "torch.storage" "_load_from_bytes"; SETITEM; BUILD; `
	check(t, []sample{
		{"a type whose categories unpickle", index + `UNICODE "dtype"; GLOBAL "pandas" "CategoricalDtype"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "categories"; ` +
			namespace + caller + `SETITEM; BUILD; SETITEM; TUPLE2; REDUCE; POP; NONE; STOP`, "MA104 torch.storage._load_from_bytes"},
		{"a caller kept and dropped", namespace + caller + `POP; NONE; STOP`, "MA104 torch.storage._load_from_bytes"},
		{"an index of what is no array", index + `UNICODE "data"; ` + namespace + `SETITEM; TUPLE2; REDUCE; POP; NONE; STOP`, "MA104 pandas.core.indexes.base._new_Index"},
		{"an address in a module", module + `POP; NONE; STOP`, "MA106 torch.nn.modules.linear.Identity"},
		{"an address in a bunch", `PROTO 2; GLOBAL "sklearn.utils._bunch" "Bunch"; EMPTY_TUPLE; NEWOBJ; ` + address + `POP; NONE; STOP`, "MA106 sklearn.utils._bunch.Bunch"},
		{"an address in a reconstructed bunch", `GLOBAL "copyreg" "_reconstructor"; GLOBAL "sklearn.utils._bunch" "Bunch"; GLOBAL "builtins" "dict"; EMPTY_DICT; ` +
			address + `TUPLE3; REDUCE; POP; NONE; STOP`, "MA104 copyreg._reconstructor"},
		{"a regression over what is no array", `GLOBAL "sklearn.isotonic" "IsotonicRegression"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "X_thresholds_"; EMPTY_LIST; ` + namespace +
			`APPEND; SETITEM; BUILD; POP; NONE; STOP`, "MA106 sklearn.isotonic.IsotonicRegression"},
		{"axes that are no index", manager + `EMPTY_DICT; UNICODE "0.14.1"; EMPTY_DICT; UNICODE "axes"; EMPTY_LIST; ` + namespace + `APPEND; SETITEM; SETITEM; ` +
			`TUPLE; BUILD; POP; NONE; STOP`, "MA106 pandas.core.internals.managers.BlockManager"},
		{"a block of what is no array", `GLOBAL "pandas._libs.internals" "_unpickle_block"; ` + namespace + `GLOBAL "builtins" "slice"; NONE; NONE; NONE; TUPLE3; REDUCE; ` +
			`BININT1 1; TUPLE3; REDUCE; POP; NONE; STOP`, "MA104 pandas._libs.internals._unpickle_block"},
	})
}
