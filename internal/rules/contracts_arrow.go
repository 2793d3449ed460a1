package rules

import (
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

const arrow = "pyarrow.lib"

// arrowContracts: the functions that pyarrow pickles types, arrays and tables with
// (pyarrow/array.pxi, types.pxi, io.pxi, table.pxi: each __reduce__), and the arrays and types of
// pandas that hold them, strings from pandas 3 on. Making an array reads none of its
// elements, but takes on trust that there are as many buffers as its type has and that they are
// long enough, and ends the process where a child is of another type than it says: all are checked. What the buffers
// point to is judged where their bytes are read, by [Pointers].
func arrowContracts() []contract {
	typeOrField := either(arrowType, arrowField)
	metadata := either(none, dictOf(rawBytes, rawBytes))
	arrays := madeBy(arrow, "_restore_array", "chunked_array")
	all := []contract{
		{names: []string{"type_for_alias"}, calls: with(shortText)},
		{names: []string{"field"}, calls: with(shortText, arrowType, integer, metadata)},
		{names: []string{"schema"}, calls: with(listOf(arrowField), metadata)},
		{names: []string{"list_", "large_list"}, calls: withOptional(1, typeOrField, upToInt(1<<20))},
		{names: []string{"struct"}, calls: with(listOf(arrowField))},
		{names: []string{"map_"}, calls: withOptional(1, typeOrField, typeOrField, integer)},
		{names: []string{"dictionary"}, calls: with(arrowType, arrowType, integer)},
		{names: []string{"timestamp"}, calls: withOptional(1, shortText, either(none, shortText))},
		{names: []string{"decimal128", "decimal256"}, calls: with(integer, integer)},
		{names: []string{"binary"}, calls: with(upToInt(1 << 20))},
		{names: []string{"py_buffer"}, calls: with(rawBytes)},
		{names: []string{"_restore_array"}, calls: with(arrowData)},
		{names: []string{"chunked_array"}, calls: withOptional(1, listOf(madeBy(arrow, "_restore_array")), either(none, arrowType))},
		{names: []string{"_reconstruct_table"}, calls: with(listOf(arrays), madeBy(arrow, "schema"))},
	}
	for i := range all {
		all[i].module, all[i].caller = arrow, true
	}
	held := record(map[string]shape{"_pa_array": arrays, "_data": arrays, "_dtype": pandasMade, "_readonly": kinds(sym.Bool), "_cache": dictOf(shortText, anything)})
	dtype := record(map[string]shape{"_storage": text, "storage": text, "pyarrow_dtype": arrowType, "_cache": dictOf(shortText, anything)})
	made := func(module string, state shape, names string) {
		all = append(all, contract{module: module, names: strings.Fields(names), calls: with(), newobj: true, onlyNew: true, state: state})
	}
	made("pandas.arrays", held, "ArrowStringArray ArrowExtensionArray")
	made("pandas.core.arrays.string_arrow", held, "ArrowStringArray ArrowStringArrayNumpySemantics")
	made("pandas.core.arrays.arrow.array", held, "ArrowExtensionArray")
	made("pandas", dtype, "ArrowDtype")
	made("pandas.core.dtypes.dtypes", dtype, "ArrowDtype")
	made("pandas.core.arrays.arrow.dtype", dtype, "ArrowDtype")
	return all
}

var (
	arrowField = madeBy(arrow, "field")
	arrowType  = madeBy(arrow, "type_for_alias", "list_", "large_list", "struct", "map_", "dictionary", "timestamp", "decimal128", "decimal256", "binary")
)

// arrowData accepts (type, length, number of nulls, offset, buffers, children, dictionary).
func arrowData(n *sym.Node) bool {
	r := arrowReader{left: 1 << 12}
	return r.parts(n)
}

// small accepts a count that stays one when it is multiplied by the size of an element.
var small = upToInt(1 << 40)

var arrowBuffer = either(none, madeBy(arrow, "py_buffer"))
