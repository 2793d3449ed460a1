package rules

import (
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// joblibContracts: the objects that stand for arrays in the files of joblib
// (joblib/numpy_pickle.py, joblib/numpy_pickle_compat.py), under the names of
// joblib and of the copy in scikit-learn before 0.23. joblib reads the array
// once the object has its state, by methods that an attribute would hide: no
// other attribute is accepted, and no second state.
func joblibContracts() []contract {
	var all []contract
	for _, module := range []string{"joblib.numpy_pickle", "sklearn.externals.joblib.numpy_pickle"} {
		for name, state := range map[string]shape{"NumpyArrayWrapper": arrayWrapper, "NDArrayWrapper": fileWrapper, "ZNDArrayWrapper": compressedWrapper} {
			all = append(all, contract{module: module, names: []string{name}, calls: with(), newobj: true, state: state, after: oneState, holdsDType: true})
		}
	}
	return append(all, contract{module: "joblib.memory", names: []string{"Memory"}, calls: with(), newobj: true, onlyNew: true, state: memory})
}

// memory is the state of a Memory without a directory: it stores nothing, and reads nothing
// back (joblib/memory.py, Memory.cache).
var memory = record(map[string]shape{
	"location": none, "cachedir": none, "store_backend": none, "backend": oneOfText("local"), "backend_options": dictOf(shortText, either(none, text, number)),
	"depth": integer, "_name": text, "_verbose": number, "verbose": number, "mmap_mode": either(none, text), "timestamp": either(none, number), "compress": integer,
	"bytes_limit": either(none, text, integer),
})

var arrayWrapper = record(map[string]shape{
	"subclass": arrayClass, "shape": dims, "order": oneOfText("C", "F"), "dtype": either(aDType, stringDType), "allow_mmap": integer,
	"numpy_array_alignment_bytes": either(none, oneOfInt(16)),
})

var fileWrapper = record(map[string]shape{"filename": fileName, "subclass": arrayClass, "allow_mmap": integer})

var compressedWrapper = record(map[string]shape{
	"filename":  fileName,
	"init_args": fields(arrayClass, fields(oneOfInt(0)), either(text, rawBytes)),
	"state":     fields(oneOfInt(1), dims, aDType, integer),
})

// aDType accepts a numpy.dtype. What it says of itself is judged where it gets
// its state, once, and not again for each array that has it.
var aDType = madeBy("numpy", "dtype")

func fileName(n *sym.Node) bool { return (text(n) || n.Kind == sym.Bytes) && !n.Lazy }

// oneState accepts an object that got one state in all.
func oneState(n *sym.Node) bool { return len(n.States()) == 1 }

// record accepts an exact dict with some of these keys, whose values fit.
func record(keys map[string]shape) shape {
	return func(n *sym.Node) bool {
		if n.Kind != sym.Dict {
			return false
		}
		for _, p := range n.Pairs() {
			s := keys[p.Key.Text]
			if p.Key.Kind != sym.String || p.Key.Lazy || s == nil || !s(p.Value) {
				return false
			}
		}
		return true
	}
}

// ReadObjects is what symbolic.Node.SetKnown gives the wrapper of an array of
// objects whose nested pickle makes an array by numpy's own function.
type ReadObjects struct{}

// ReadElements is what it gives the wrapper of an array in a .npy file, whose elements are no
// objects.
type ReadElements struct{}

// MakesArray reports whether the object of a finished trace is such an array.
func MakesArray(tr *sym.Trace) bool { return tr.Root != nil && reconstructed(tr.Root) }

var reconstructed = either(madeBy("numpy.core.multiarray", "_reconstruct"), madeBy("numpy._core.multiarray", "_reconstruct"))

// readArray accepts an array that joblib read behind its wrapper. One of objects
// is whatever the nested pickle makes, which must be known.
func readArray(n *sym.Node) bool {
	if n.Kind != sym.Object || n.Call() != nil || n.Of() == nil || !oneState(n.Of()) {
		return false
	}
	switch n.Of().Known().(type) {
	case ReadObjects, ReadElements:
		return true
	}
	for _, p := range n.Of().States()[0].Frozen.Pairs() {
		switch {
		case p.Key.Kind != sym.String:
		case p.Key.Text == "dtype":
			return plainDType(p.Value)
		case p.Key.Text == "state" && len(p.Value.Items()) == 4: // ZNDArrayWrapper
			return plainDType(p.Value.Items()[2])
		}
	}
	return false
}
