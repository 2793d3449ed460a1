package rules

import "testing"

// A configuration of OmegaConf looks attributes up among its items and makes a type of what
// its metadata says, so that what stands there is checked.
func TestConfigurations(t *testing.T) {
	const (
		about  = `GLOBAL "omegaconf.base" "ContainerMetadata"; EMPTY_TUPLE; NEWOBJ; `
		number = `GLOBAL "omegaconf.nodes" "AnyNode"; EMPTY_TUPLE; NEWOBJ; `
		list   = `GLOBAL "omegaconf.listconfig" "ListConfig"; EMPTY_TUPLE; NEWOBJ; `
		dict   = `GLOBAL "omegaconf.dictconfig" "DictConfig"; EMPTY_TUPLE; NEWOBJ; `
	)
	state := func(object, key, value string) string {
		return object + `EMPTY_DICT; UNICODE "` + key + `"; ` + value + `SETITEM; BUILD; `
	}
	items := func(key string) string { return `EMPTY_DICT; UNICODE "` + key + `"; ` + number + `SETITEM; ` }
	check(t, []sample{
		{"a value", "PROTO 2; " + state(dict, "_content", items("lr")) + "STOP", ""},
		{"a method that numpy asks for", "PROTO 2; " + state(dict, "_content", items("__array_interface__")) + "STOP", "MA106 omegaconf.dictconfig.DictConfig"},
		{"an item that is no node", "PROTO 2; " + state(list, "_content", `EMPTY_LIST; BININT1 1; APPEND; `) + "STOP", "MA106 omegaconf.listconfig.ListConfig"},
		{"a setter", "PROTO 2; " + state(dict, "__setstate__", evil) + "STOP", "MA106 omegaconf.dictconfig.DictConfig"},
		{"an object as a value", "PROTO 2; " + state(number, "_val", `GLOBAL "xgboost.core" "Booster"; EMPTY_TUPLE; NEWOBJ; `) + "STOP", "MA106 omegaconf.nodes.AnyNode"},
		{"metadata of another class", "PROTO 2; " + state(list, "_metadata", number) + "STOP", "MA106 omegaconf.listconfig.ListConfig"},
		{"a type that is a text", "PROTO 2; " + state(about, "element_type", `UNICODE "1+1"; `) + "STOP", "MA106 omegaconf.base.ContainerMetadata"},
		{"an item that an opcode appends", "PROTO 2; " + list + number + "APPEND; STOP", "MA106 omegaconf.listconfig.ListConfig"},
		{"an annotation", `PROTO 2; GLOBAL "_operator" "getitem"; GLOBAL "typing" "List"; GLOBAL "builtins" "int"; TUPLE2; REDUCE; STOP`, ""},
		{"an annotation that is a program", `PROTO 2; GLOBAL "_operator" "getitem"; GLOBAL "typing" "List"; UNICODE "f()"; TUPLE2; REDUCE; STOP`, "MA104 _operator.getitem"},
		{"an item of something else", `PROTO 2; GLOBAL "_operator" "getitem"; GLOBAL "os" "environ"; UNICODE "HOME"; TUPLE2; REDUCE; STOP`, "MA104 _operator.getitem"},
	})
}

// A member of somebody's own enumeration is no more than an object of somebody's own class.
func TestOwnEnumerations(t *testing.T) {
	call := func(module, name, value string) string {
		return `PROTO 2; GLOBAL "` + module + `" "` + name + `"; ` + value + `TUPLE1; REDUCE; STOP`
	}
	check(t, []sample{
		{"by number", call("__main__", "Color", "BININT1 1; "), "MA110 __main__.Color"},
		{"by a word, which may be a command", call("__main__", "Popen", `UNICODE "reboot"; `), "MA102 __main__.Popen"},
		{"a function", call("acme", "build", "BININT1 1; "), "MA102 acme.build"},
		{"a command", call("acme", "Run", `UNICODE "rm -r x"; `), "MA102 acme.Run"},
		{"a path", call("acme", "Open", `UNICODE "/etc/passwd"; `), "MA102 acme.Open"},
		{"an object", call("acme", "Run", `GLOBAL "builtins" "len"; `), "MA102 acme.Run"},
		{"a class of Python", call("textwrap", "TextWrapper", "BININT1 1; "), "MA102 textwrap.TextWrapper"},
		{"a class of a library that is known", call("sklearn.anything", "Thing", "BININT1 1; "), "MA102 sklearn.anything.Thing"},
		{"a known danger", call("subprocess", "Popen", `UNICODE "id"; `), "MA101 subprocess.Popen"},
	})
}
