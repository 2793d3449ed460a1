package rules

import sym "github.com/modelaudit/action/internal/pickle/symbolic"

// objectContracts: objects whose makers open nothing and keep what they are given. Python's
// iterators take their next value when somebody asks for it; sentencepiece hands a model's bytes to
// its own reader and keeps plain settings (sentencepiece/__init__.py, __setstate__); fsspec calls the
// class of a file system, and the local one opens nothing for that (fsspec/spec.py, make_instance).
func objectContracts() []contract {
	local := global("fsspec.implementations.local", "LocalFileSystem")
	values := either(listOf(anything), tupleOf(anything), madeBy("builtins", "iter"))
	whole := either(none, upToInt(1<<30))
	return []contract{
		{module: "sentencepiece", names: []string{"SentencePieceProcessor"}, calls: with(), newobj: true, onlyNew: true, starts: true, state: either(rawBytes, dictOf(noSetter, either(none, number, text, rawBytes, global("builtins", "int", "str", "bytes"))))},
		{module: "fsspec.spec", names: []string{"make_instance"}, calls: with(local, tupleOf(nothing), dictOf(oneOfText("auto_mkdir"), kinds(sym.Bool))), closed: true, caller: true},
		{module: "fsspec.implementations.local", names: []string{"LocalFileSystem"}, caller: true},
		{module: "signal", names: []string{"Signals"}, calls: with(integer)},
		{module: "http", names: []string{"HTTPMethod"}, calls: with(shortText)},
		{module: "itertools", names: []string{"combinations", "permutations", "combinations_with_replacement"}, calls: with(tupleOf(anything), upToInt(1000)), caller: true},
		{module: "itertools", names: []string{"compress"}, calls: with(values, values), caller: true},
		{module: "itertools", names: []string{"islice"}, calls: with(values, whole, whole, whole), caller: true},
		{module: "itertools", names: []string{"zip_longest"}, calls: upTo(16, values), caller: true},
		{module: "builtins", names: []string{"zip"}, calls: upTo(16, values), caller: true},
		{module: "builtins", names: []string{"enumerate"}, calls: with(values, integer), caller: true},
	}
}

// nothing accepts no value.
func nothing(*sym.Node) bool { return false }
