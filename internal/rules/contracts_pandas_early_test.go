package rules

import "testing"

// What pandas wrote before 0.24 is judged as what it writes today.
func TestEarlyPandas(t *testing.T) {
	const (
		bytesType = `GLOBAL "numpy" "dtype"; UNICODE "S1"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; MARK; BININT1 3; UNICODE "|"; NONE; NONE; NONE; BININT1 1; BININT1 1; BININT1 0; TUPLE; BUILD; `
		name      = `EMPTY_DICT; UNICODE "name"; NONE; SETITEM; `
		day       = `GLOBAL "copyreg" "_reconstructor"; GLOBAL "pandas.tseries.offsets" "Day"; GLOBAL "builtins" "object"; NONE; TUPLE3; REDUCE; EMPTY_DICT; UNICODE "n"; BININT1 1; SETITEM; BUILD; `
		array     = newArray + `MARK; BININT1 1; BININT1 1; TUPLE1; ` + bytesType + `NEWFALSE; SHORT_BINBYTES "a"; TUPLE; BUILD; `
		index     = `GLOBAL "numpy.core.multiarray" "_reconstruct"; GLOBAL "pandas.core.index" "Index"; BININT1 0; TUPLE1; SHORT_BINBYTES "b"; TUPLE3; REDUCE; MARK; BININT1 1; BININT1 1; TUPLE1; ` +
			bytesType + `NEWFALSE; SHORT_BINBYTES "a"; TUPLE; `
		columns = `GLOBAL "pandas.core.internals" "BlockManager"; EMPTY_TUPLE; NEWOBJ; `
	)
	made := func(module, function, class string, arguments string) string {
		return `PROTO 2; GLOBAL "` + module + `" "` + function + `"; GLOBAL "` + module + `" "` + class + `"; ` + arguments + `TUPLE2; REDUCE; STOP`
	}
	one := func(n string) string { return `EMPTY_LIST; ` + n + `APPEND; ` }
	check(t, []sample{
		{"an index of 0.15", made("pandas.core.index", "_new_Index", "Int64Index", name), ""},
		{"of 0.18", made("pandas.indexes.base", "_new_Index", "Index", name), ""},
		{"of times", made("pandas.tseries.index", "_new_DatetimeIndex", "DatetimeIndex", name), ""},
		{"of another class", made("pandas.core.index", "_new_Index", "Indexes", name), "MA104 pandas.core.index._new_Index"},
		{"of another argument", made("pandas.core.index", "_new_Index", "Index", `EMPTY_DICT; UNICODE "data"; GLOBAL "builtins" "len"; SETITEM; `), "MA104 pandas.core.index._new_Index"},
		{"of a column", made("pandas.core.series", "_new_Index", "Series", name), "MA102 pandas.core.series._new_Index"},
		{"an array that is an index", `PROTO 2; ` + index + `NONE; TUPLE1; TUPLE2; BUILD; STOP`, ""},
		{"one with another state", `PROTO 2; ` + index + `GLOBAL "builtins" "len"; TUPLE1; TUPLE2; BUILD; STOP`, "MA106 numpy.core.multiarray._reconstruct"},
		{"columns", `PROTO 2; ` + columns + one(array) + one(array) + one(array) + `TUPLE3; BUILD; STOP`, ""},
		{"columns of no arrays", `PROTO 2; ` + columns + one(array) + one(`EMPTY_DICT; `) + one(array) + `TUPLE3; BUILD; STOP`, "MA106 pandas.core.internals.BlockManager"},
		{"a frame of columns alone", `PROTO 2; GLOBAL "pandas.core.frame" "DataFrame"; EMPTY_TUPLE; NEWOBJ; ` + columns + `BUILD; STOP`, ""},
		{"a frame of something else", `PROTO 2; GLOBAL "pandas.core.frame" "DataFrame"; EMPTY_TUPLE; NEWOBJ; GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; NEWOBJ; BUILD; STOP`, "MA106 pandas.core.frame.DataFrame"},
		{"a time of a day", `PROTO 2; GLOBAL "pandas.tslib" "Timestamp"; BININT1 1; ` + day + `NONE; TUPLE3; REDUCE; STOP`, ""},
		{"a time of another offset", `PROTO 2; GLOBAL "pandas.tslib" "Timestamp"; BININT1 1; GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; NEWOBJ; NONE; TUPLE3; REDUCE; STOP`, "MA104 pandas.tslib.Timestamp"},
		{"an offset with a method", `PROTO 2; GLOBAL "pandas.tseries.offsets" "Day"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "apply"; GLOBAL "builtins" "len"; SETITEM; BUILD; STOP`, "MA106 pandas.tseries.offsets.Day"},
	})
}
