package rules

import "testing"

// What objects of these libraries look up, call or hand on later may be what the libraries
// themselves put there, and nothing else.
func TestFields(t *testing.T) {
	jax := func(makes, state, kind string) string {
		return `GLOBAL "jax._src.array" "_reconstruct_array"; MARK; ` + makes + `GLOBAL "numpy" "ndarray"; BININT1 0; TUPLE1; UNICODE "b"; TUPLE3; ` + state + `EMPTY_DICT; ` + kind + `TUPLE; REDUCE; STOP`
	}
	const (
		makes   = `GLOBAL "numpy._core.multiarray" "_reconstruct"; `
		single  = `GLOBAL "numpy" "dtype"; UNICODE "f4"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; MARK; BININT1 3; UNICODE "<"; NONE; NONE; NONE; BININT -1; BININT -1; BININT1 0; TUPLE; BUILD; `
		floats  = `MARK; BININT1 1; BININT1 1; TUPLE1; ` + single + `NEWFALSE; SHORT_BINBYTES "\x00\x00\x80\x3f"; TUPLE; `
		weak    = `UNICODE "weak_type"; NEWFALSE; SETITEM; `
		inJax   = "MA104 jax._src.array._reconstruct_array"
		storage = `GLOBAL "torch_geometric.data.storage" "BaseStorage"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_mapping"; EMPTY_DICT; `
		kernel  = `GLOBAL "gpytorch.kernels.rbf_kernel" "RBFKernel"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; `
	)
	slot := func(module, name, set string) string {
		return `PROTO 2; GLOBAL "` + module + `" "` + name + `"; EMPTY_TUPLE; NEWOBJ; NONE; EMPTY_DICT; ` + set + `SETITEM; TUPLE2; BUILD; STOP`
	}
	plain := func(module, name, set string) string {
		return `PROTO 2; GLOBAL "` + module + `" "` + name + `"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; ` + set + `SETITEM; BUILD; STOP`
	}
	check(t, []sample{
		{"an array of jax", jax(makes, floats, weak), ""},
		{"made by another function", jax(`GLOBAL "numpy" "zeros"; `, floats, weak), inJax},
		{"made by a command", jax(evil, floats, weak), inJax},
		{"of a size that its type is not known to have", jax(makes, `NONE; `, weak), inJax},
		{"with more to say of its type", jax(makes, floats, `UNICODE "sharding"; NONE; SETITEM; `), inJax},
		{"a dict that does not change, of a list", `GLOBAL "flax.core.frozen_dict" "FrozenDict"; EMPTY_LIST; TUPLE1; REDUCE; STOP`, "MA104 flax.core.frozen_dict.FrozenDict"},
		{"nothing to close", slot("xarray.core.dataarray", "DataArray", `UNICODE "_close"; NONE; `), ""},
		{"what closing calls", slot("xarray.core.dataarray", "DataArray", `UNICODE "_close"; GLOBAL "numpy" "log1p"; `), "MA106 xarray.core.dataarray.DataArray"},
		{"features of nodes", `PROTO 2; ` + storage + `UNICODE "x"; NONE; SETITEM; SETITEM; BUILD; STOP`, ""},
		{"an address among them", `PROTO 2; ` + storage + `UNICODE "__array_interface__"; EMPTY_DICT; SETITEM; SETITEM; BUILD; STOP`, "MA106 torch_geometric.data.storage.BaseStorage"},
		{"stores of several kinds", plain("torch_geometric.data.hetero_data", "HeteroData", `UNICODE "_global_store"; `+storage+`SETITEM; BUILD; `), ""},
		{"something else that is asked for names", plain("torch_geometric.data.hetero_data", "HeteroData", `UNICODE "_global_store"; EMPTY_DICT; `), "MA106 torch_geometric.data.hetero_data.HeteroData"},
		{"groups of no table", plain("pandas.api.typing", "DataFrameGroupBy", `UNICODE "obj"; EMPTY_DICT; `), "MA106 pandas.api.typing.DataFrameGroupBy"},
		{"a kernel's own hook", `PROTO 2; ` + kernel + `BUILD; BINPUT 1; EMPTY_DICT; UNICODE "_load_state_dict_pre_hooks"; ` + anOrdered + `BININT1 0; ` + methodOf("BINGET 1; ", "_load_state_hook_ignore_shapes") + `SETITEM; SETITEM; BUILD; STOP`, ""},
		{"another hook", `PROTO 2; ` + kernel + `UNICODE "_load_state_dict_pre_hooks"; ` + anOrdered + `BININT1 0; GLOBAL "torch" "relu"; SETITEM; SETITEM; BUILD; STOP`, "MA106 gpytorch.kernels.rbf_kernel.RBFKernel"},
		{"a method that loads another state", `PROTO 2; ` + kernel + `BUILD; BINPUT 1; POP; ` + methodOf("BINGET 1; ", "load_state_dict") + `STOP`, "MA104 builtins.getattr"},
		{"annotations without a type", `GLOBAL "inspect" "_empty"; STOP`, ""},
	})
}

// methodOf reads a method of the object that a program puts there.
func methodOf(of, name string) string {
	return `GLOBAL "builtins" "getattr"; ` + of + `UNICODE "` + name + `"; TUPLE2; REDUCE; `
}
