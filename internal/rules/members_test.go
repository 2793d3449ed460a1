package rules

import "testing"

// A member of an enumeration that is read by its name is no more than a name.
func TestMembersByName(t *testing.T) {
	member := func(module, class, name string) string {
		return `PROTO 4; GLOBAL "builtins" "getattr"; GLOBAL "` + module + `" "` + class + `"; UNICODE "` + name + `"; TUPLE2; REDUCE; `
	}
	check(t, []sample{
		{"of a listed one", member("lifelines.utils", "CensoringType", "RIGHT") + `STOP`, ""},
		{"a method of a listed one", member("lifelines.utils", "CensoringType", "get_censoring_type") + `STOP`, "MA104 builtins.getattr"},
		{"what makes it what it is", member("lifelines.utils", "CensoringType", "_member_map_") + `STOP`, "MA104 builtins.getattr"},
		{"of somebody's own", member("acme.models", "Mode", "TRAIN") + `STOP`, "MA110 acme.models.Mode"},
		{"in a class", member("acme.models", "Token.Kind", "value") + `STOP`, "MA110 acme.models.Token.Kind"},
		{"called", member("acme.models", "Mode", "TRAIN") + `EMPTY_TUPLE; REDUCE; STOP`, "MA105 acme.models.Mode.TRAIN"},
		{"of a listed one, called", member("lifelines.utils", "CensoringType", "RIGHT") + `EMPTY_TUPLE; REDUCE; STOP`, "MA105 lifelines.utils.CensoringType.RIGHT"},
		{"of a module", member("acme", "models", "TRAIN") + `STOP`, "MA104 builtins.getattr"},
		{"of the standard library", member("subprocess", "Popen", "communicate") + `STOP`, "MA104 builtins.getattr"},
		{"what every class has", member("acme.models", "Mode", "__init__") + `STOP`, "MA104 builtins.getattr"},
	})
}
