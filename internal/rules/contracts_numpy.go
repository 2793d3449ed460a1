package rules

import (
	"strings"

	"github.com/modelaudit/action/internal/numpy"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// numpyContracts: numpy/core/src/multiarray/methods.c (array_reduce,
// array_setstate), descriptor.c (arraydescr_reduce, arraydescr_setstate),
// numpy/core/numeric.py (_frombuffer). The two spellings are numpy 1 and numpy
// 2. A dtype is always made as a copy of its own: BUILD would change that of
// the whole process.
func numpyContracts() []contract {
	no, yes := oneOfInt(0), oneOfInt(1)
	emptyArray := with(either(arrayClass, earlyClass), fields(no), either(text, rawBytes))
	var all []contract
	all = append(all,
		contract{module: "numpy", names: []string{"ndarray"}},
		contract{module: "numpy", names: []string{"dtype"}, calls: with(either(typeString, recordClass), no, yes), state: dtypeState, after: anyDType},
		// Without a call: a memmap is pickled as the array that it shows.
		contract{module: "numpy", names: []string{"memmap"}, caller: true},
		contract{module: "numpy.core.memmap", names: []string{"memmap"}, caller: true},
		contract{module: "numpy.ma.core", names: []string{"_mareconstruct"}, calls: with(maskedClass, global("numpy", "ndarray"), fields(oneOfInt(0)), either(text, rawBytes)), state: maskedState, closed: true},
		contract{module: "numpy.ma.core", names: []string{"MaskedConstant"}, calls: with()},
		contract{module: "numpy", names: []string{"chararray"}},
		contract{module: "numpy.char", names: []string{"chararray"}},
		contract{module: "numpy.dtypes", names: strings.Fields(dtypeClasses)},
	)
	for _, core := range []string{"numpy.core", "numpy._core"} {
		all = append(all,
			contract{module: core + ".multiarray", names: []string{"_reconstruct"}, calls: emptyArray, state: either(arrayState, earlyArrayState), closed: true},
			contract{module: core + "._internal", names: []string{"_reconstruct"}, calls: emptyArray, state: arrayState, closed: true}, // before numpy 1.0 (numpy/core/_internal.py)
			contract{module: core + ".defchararray", names: []string{"chararray"}},
			contract{module: core + "._internal", names: []string{"_convert_to_stringdtype_kwargs"}, calls: withOptional(1, integer, missing)},
			contract{module: core, names: []string{"_ufunc_reconstruct"}, calls: []args{
				{shapes: []shape{oneOfText("numpy", "numpy.core._multiarray_umath", "numpy._core._multiarray_umath"), ufuncName("numpy")}},
				{shapes: []shape{oneOfText("scipy.special._ufuncs"), ufuncName("scipy.special._ufuncs")}},
			}, caller: true},
			contract{module: core + ".multiarray", names: []string{"scalar"}, boxes: true,
				calls: []args{{shapes: []shape{plainDType, packedBytes}}, {shapes: []shape{recordOfObjects, madeBy(core+".multiarray", "_reconstruct")}}}},
			contract{module: core + ".numeric", names: []string{"_frombuffer"},
				calls: withOptional(1, kinds(sym.Bytes, sym.ByteArray), plainDType, dims, oneOfText("C", "F", "K"), either(none, dims))},
		)
	}
	return all
}

// ufuncName accepts the name of a function that is listed of a module:
// _ufunc_reconstruct imports the module and reads the name. numpy writes the module
// in which it found the function first; the compiled one has the same under each name.
func ufuncName(module string) shape {
	return func(n *sym.Node) bool {
		if !shortText(n) || n.Text == "" || n.Text[0] < 'a' || n.Text[0] > 'z' {
			return false
		}
		e, ok := listedEntry(module, n.Text)
		return ok && e.kind == "value"
	}
}

// arrayClass accepts numpy's own array classes: none has a __setstate__ or
// __array_finalize__ that does more than copy attributes.
var arrayClass = either(
	global("numpy", "ndarray", "matrix", "recarray", "memmap"), global("numpy.matrixlib.defmatrix", "matrix"), global("numpy.core.memmap", "memmap"),
	global("numpy.rec", "recarray"), global("numpy.core.records", "recarray"), global("numpy._core.records", "recarray"), characters)

// characters are arrays of texts, whose __array_finalize__ looks at the type alone.
var characters = either(global("numpy", "chararray"), global("numpy.char", "chararray"), global("numpy.core.defchararray", "chararray"), global("numpy._core.defchararray", "chararray"))

// maskedClass accepts a masked array, and an element of one with fields, which is one too.
var maskedClass = either(global("numpy.ma", "MaskedArray", "mvoid"), global("numpy.ma.core", "MaskedArray", "mvoid"))

var recordClass = either(global("numpy", "record"), global("numpy.core.records", "record"), global("numpy.rec", "record"), global("numpy._core.records", "record"))

// maskedState accepts (version, shape, dtype, is_fortran, data, mask, fill value):
// numpy.ma.core.MaskedArray.__setstate__ hands the parts to two arrays.
func maskedState(n *sym.Node) bool {
	i := n.Items()
	return n.Kind == sym.Tuple && len(i) == 7 && arrayParts(i[:5]) && packedBytes(i[5]) && either(none, number, text, array)(i[6])
}

// typeString accepts the text of a plain type, such as "f8" or "V16": numpy
// reads much more into a text.
func typeString(n *sym.Node) bool {
	return text(n) && !n.Lazy && numpy.TypeString(n.Text)
}

// dims accepts a tuple of sizes, as many as numpy has dimensions at most.
func dims(n *sym.Node) bool { return len(n.Items()) <= 64 && tupleOf(integer)(n) }

// plainDType accepts a numpy dtype that is what its type string says and has
// no references to objects.
func plainDType(n *sym.Node) bool {
	d := dtypeOf(n)
	return d.ok && !d.object
}

// recordOfObjects accepts a dtype whose elements have fields, and references among these.
func recordOfObjects(n *sym.Node) bool {
	d := dtypeOf(n)
	return d.ok && d.object && d.fields
}

// boxes reports whether scalar(dtype, data) takes bytes, or an array of one element of the
// very type, which it got before: numpy reads whatever the array has by then as one.
func boxes(call *sym.Call) bool {
	n := call.Args[1]
	if packedBytes(n) {
		return true
	}
	s, made := n.States(), n.Call().Args
	if len(s) != 1 || s[0].End > call.Pos || !arrayState(s[0].Frozen) || len(made) == 0 || !made[0].Is("numpy", "ndarray") {
		return false
	}
	i := s[0].Frozen.Items()
	return len(i[1].Items()) == 0 && i[2] == call.Args[0]
}

// A dtypeVerdict is what the contracts ask of a numpy dtype. It is kept with the
// node: a type of thousands of fields can be that of thousands of arrays.
type dtypeVerdict struct {
	ok     bool
	object bool // elements are references or have some among their fields
	fields bool // they have fields
}

func dtypeOf(n *sym.Node) dtypeVerdict {
	if n == nil || n.Kind != sym.Object {
		return dtypeVerdict{}
	}
	if v, ok := n.Known().(dtypeVerdict); ok {
		return v
	}
	d, err := numpy.DTypeOf(n)
	v := dtypeVerdict{ok: err == nil, object: d.References, fields: d.Structured}
	n.SetKnown(v)
	return v
}

// stringDType accepts numpy.dtypes.StringDType(coerce, na_object), whose elements
// come as a list.
var stringDType = madeIn("numpy._core._internal")

// missing accepts what stands for a missing text.
var missing = either(none, shortText, kinds(sym.Float), global("pandas", "NA"), global("pandas._libs.missing", "NA"))

// dtypeClasses are the classes of numpy's types, which are named as values.
const dtypeClasses = `BoolDType ByteDType BytesDType CLongDoubleDType Complex64DType Complex128DType DateTime64DType Float16DType Float32DType Float64DType Int8DType Int16DType
	Int32DType Int64DType IntDType LongDType LongDoubleDType LongLongDType ObjectDType ShortDType StrDType StringDType TimeDelta64DType UByteDType UInt8DType UInt16DType
	UInt32DType UInt64DType UIntDType ULongDType ULongLongDType UShortDType VoidDType`

// dtypeState accepts what may be the state of a dtype.
func dtypeState(n *sym.Node) bool {
	return n.Kind == sym.Tuple && len(n.Items()) >= 8 && len(n.Items()) <= 9
}

// anyDType accepts a dtype whose state says of size, parts and flags what
// follows from its type string and its parts, and that got no second one.
func anyDType(n *sym.Node) bool {
	return dtypeOf(n).ok
}

// arrayState accepts (version, shape, dtype, is_fortran, data). Elements that
// are Python objects come as a list of as many: numpy does not count it, and
// would use bytes as addresses.
func arrayState(n *sym.Node) bool {
	return n.Kind == sym.Tuple && len(n.Items()) == 5 && arrayParts(n.Items())
}

func arrayParts(i []*sym.Node) bool {
	if !oneOfInt(1)(i[0]) || !dims(i[1]) || !integer(i[3]) {
		return false
	}
	d := dtypeOf(i[2])
	if stringDType(i[2]) {
		d = dtypeVerdict{ok: listOf(either(text, missing))(i[4]), object: true}
	}
	if !d.ok {
		return false
	}
	if !d.object {
		return packedBytes(i[4])
	}
	count := int64(1)
	for _, s := range i[1].Items() {
		if s.Big() != nil || s.Int < 0 || s.Int > 1<<31 || count > 1<<31 {
			return false
		}
		count *= s.Int
	}
	elem := anything
	if d.fields {
		elem = kinds(sym.Tuple) // as many parts as fields, or numpy refuses it
	}
	return listOf(elem)(i[4]) && int64(len(i[4].Items())) == count
}
