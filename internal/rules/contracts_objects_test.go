package rules

import "testing"

// Makers of objects take what they take in real pickles: not another class, no text where
// bytes are, no function to call.
func TestObjects(t *testing.T) {
	words := func(state string) string {
		return `PROTO 2; GLOBAL "sentencepiece" "SentencePieceProcessor"; EMPTY_TUPLE; NEWOBJ; ` + state + `BUILD; STOP`
	}
	system := func(class, set string) string {
		return `GLOBAL "fsspec.spec" "make_instance"; ` + class + `EMPTY_TUPLE; EMPTY_DICT; ` + set + `TUPLE3; REDUCE; STOP`
	}
	const (
		local   = `GLOBAL "fsspec.implementations.local" "LocalFileSystem"; `
		inWords = "MA106 sentencepiece.SentencePieceProcessor"
		iter    = `GLOBAL "builtins" "iter"; EMPTY_LIST; BININT1 1; APPEND; TUPLE1; REDUCE; `
	)
	check(t, []sample{
		{"a model of words", words(`SHORT_BINBYTES "\x01"; `), ""},
		{"with settings", words(`EMPTY_DICT; UNICODE "model_proto"; SHORT_BINBYTES "\x01"; SETITEM; UNICODE "_return_type"; GLOBAL "builtins" "int"; SETITEM; `), ""},
		{"by its path", words(`UNICODE "m.model"; `), inWords},
		{"with a function", words(`EMPTY_DICT; UNICODE "_encode"; GLOBAL "numpy" "log1p"; SETITEM; `), inWords},
		{"the files of the machine", system(local, ``), ""},
		{"those of another", system(`GLOBAL "fsspec.implementations.sftp" "SFTPFileSystem"; `, ``), "MA104 fsspec.spec.make_instance"},
		{"a command for a class", system(evil, ``), "MA104 fsspec.spec.make_instance"},
		{"with another setting", system(local, `UNICODE "path"; NONE; SETITEM; `), "MA104 fsspec.spec.make_instance"},
		{"a class that opens files, kept", `EMPTY_DICT; UNICODE "f"; ` + local + `SETITEM; STOP`, "MA104 fsspec.implementations.local.LocalFileSystem"},
		{"pairs", `GLOBAL "builtins" "zip"; ` + iter + iter + `TUPLE2; REDUCE; STOP`, ""},
		{"pairs of a file", `GLOBAL "builtins" "zip"; GLOBAL "acme" "f"; TUPLE1; REDUCE; STOP`, "MA104 builtins.zip"},
		{"choices", `GLOBAL "itertools" "combinations"; BININT1 1; BININT1 2; TUPLE2; BININT1 2; TUPLE2; REDUCE; STOP`, ""},
		{"more than memory holds", `GLOBAL "itertools" "combinations"; BININT1 1; TUPLE1; LONG 1099511627776; TUPLE2; REDUCE; STOP`, "MA104 itertools.combinations"},
		{"a function that is called for each", `GLOBAL "builtins" "map"; GLOBAL "numpy" "log1p"; ` + iter + `TUPLE2; REDUCE; STOP`, "MA101 builtins.map"},
		{"a signal", `GLOBAL "signal" "Signals"; BININT1 2; TUPLE1; REDUCE; STOP`, ""},
	})
}
