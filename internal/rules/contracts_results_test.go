package rules

import "testing"

// Below protocol 4 a result of a test of scipy is the call of a partial of its own __new__,
// with numbers, and of nothing else.
func TestResultsBelowProtocol4(t *testing.T) {
	const (
		class = `GLOBAL "scipy.stats._stats_py" "KstestResult"; `
		new   = `GLOBAL "builtins" "getattr"; ` + class + `UNICODE "__new__"; TUPLE2; REDUCE; `
	)
	result := func(of, fn, args string) string {
		return `PROTO 3; GLOBAL "functools" "partial"; ` + of + `TUPLE1; REDUCE; MARK; ` + fn + args + `NONE; NONE; TUPLE; BUILD; EMPTY_TUPLE; REDUCE; STOP`
	}
	check(t, []sample{
		{"a result", result(new, new, class+`BINFLOAT 0.5; BINFLOAT 0.1; TUPLE3; `), ""},
		{"kept", `PROTO 3; ` + new + `STOP`, ""},
		{"of another class", result(new, new, `GLOBAL "scipy.stats._stats_py" "LinregressResult"; BINFLOAT 0.1; TUPLE2; `), "MA106 functools.partial"},
		{"of a function", result(new, new, evil+`BINFLOAT 0.1; TUPLE2; `), "MA106 functools.partial"},
		{"with a function", result(new, new, class+evil+`TUPLE2; `), "MA106 functools.partial"},
		{"another function", result(new, evil, class+`TUPLE1; `), "MA106 functools.partial"},
		{"of any class", `PROTO 3; GLOBAL "builtins" "getattr"; GLOBAL "builtins" "dict"; UNICODE "__new__"; TUPLE2; REDUCE; STOP`, "MA104 builtins.getattr"},
	})
}

// What real states of one version hold and a base of another version defines may stand
// there as data, and not as a function.
func TestHeld(t *testing.T) {
	const bert = "transformers.models.bert.tokenization_bert"
	check(t, []sample{
		{"a vocabulary", "PROTO 2; " + made(bert, "BertTokenizer", "vocab", `EMPTY_DICT; `) + "STOP", ""},
		{"a function", "PROTO 2; " + made(bert, "BertTokenizer", "vocab", `GLOBAL "builtins" "len"; `) + "STOP", "MA106 " + bert + ".BertTokenizer"},
		{"what a property keeps", "PROTO 2; " + made("transformers.training_args", "TrainingArguments", "__cached__setup_devices", `GLOBAL "torch" "device"; UNICODE "cpu"; TUPLE1; REDUCE; `) + "STOP", ""},
		{"something else there", "PROTO 2; " + made("transformers.training_args", "TrainingArguments", "__cached__setup_devices", `EMPTY_DICT; `) + "STOP", "MA106 transformers.training_args.TrainingArguments"},
	})
}
