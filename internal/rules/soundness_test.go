package rules

import (
	"slices"
	"strings"
	"testing"
)

// The tests are named after the rules of soundness that bind the project, by
// their numbers.

func TestSoundness01InstanceMethods(t *testing.T) {
	plant := func(name string) string { return `EMPTY_DICT; UNICODE "` + name + `"; ` + evil + `SETITEM; BUILD; ` }
	namespace := `GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; REDUCE; `
	check(t, []sample{
		{"setstate of an OrderedDict", anOrdered + plant("__setstate__") + `EMPTY_DICT; BUILD; STOP`, "MA106 collections.OrderedDict"},
		{"items of an OrderedDict", anOrdered + plant("items") + `STOP`, "MA106 collections.OrderedDict"},
		{"a function as _metadata", anOrdered + plant("_metadata") + `STOP`, "MA106 collections.OrderedDict"},
		{"slots of an OrderedDict", anOrdered + `NONE; EMPTY_DICT; UNICODE "x"; NONE; SETITEM; TUPLE2; BUILD; STOP`, "MA106 collections.OrderedDict"},
		{"repr of a Namespace", namespace + plant("_get_kwargs") + `STOP`, "MA106 argparse.Namespace"},
		{"an attribute of a Namespace", namespace + `EMPTY_DICT; UNICODE "lr"; BININT1 1; SETITEM; BUILD; STOP`, ""},
		{"setitem on a Namespace", namespace + `UNICODE "a"; BININT1 1; SETITEM; STOP`, "MA106 argparse.Namespace"},
		{"append on an OrderedDict", anOrdered + `NONE; APPEND; STOP`, "MA106 collections.OrderedDict"},
		{"setitem on a list", `EMPTY_LIST; BININT1 0; BININT1 1; SETITEM; STOP`, "MA106"},
		{"append on a bytearray", `PROTO 5; BYTEARRAY8 "a"; BININT1 1; APPEND; STOP`, "MA106"},
		{"build on a dict", `EMPTY_DICT; EMPTY_DICT; BUILD; STOP`, "MA106"},
		{"build on a persistent id", aStorage + `EMPTY_DICT; BUILD; STOP`, "MA106"},
		{"a state that is a call's result", anOrdered + anOrdered + `BUILD; STOP`, "MA106 collections.OrderedDict"},
	})
}

func TestSoundness02Reconstructors(t *testing.T) {
	fromType := func(fn, class, state string) string {
		return `GLOBAL "torch._tensor" "_rebuild_from_type_v2"; MARK; ` + fn + class + `MARK; ` + tensorArg + `TUPLE; ` + state + `TUPLE; REDUCE; STOP`
	}
	v2, tensor := `GLOBAL "torch._utils" "_rebuild_tensor_v2"; `, `GLOBAL "torch" "Tensor"; `
	const rebuild = "MA104 torch._tensor._rebuild_from_type_v2"
	check(t, []sample{
		{"from_type calls its argument", fromType(evil, tensor, `NONE; `), rebuild},
		{"from_type itself", fromType(`GLOBAL "torch._tensor" "_rebuild_from_type_v2"; `, tensor, `NONE; `), rebuild},
		{"from_type with the nested loader", fromType(`GLOBAL "torch.storage" "_load_from_bytes"; `, tensor, `NONE; `), rebuild},
		{"from_type with another class", fromType(v2, `GLOBAL "torch" "FloatStorage"; `, `NONE; `), rebuild},
		{"from_type with wrong inner arguments", `GLOBAL "torch._tensor" "_rebuild_from_type_v2"; MARK; ` + v2 + tensor + `MARK; ` + evil + `TUPLE; NONE; TUPLE; REDUCE; STOP`, rebuild},
		{"reconstructor with another base", `GLOBAL "copyreg" "_reconstructor"; GLOBAL "argparse" "Namespace"; GLOBAL "builtins" "dict"; EMPTY_DICT; TUPLE3; REDUCE; STOP`, "MA104 copyreg._reconstructor"},
		{"reconstructor of another class", `GLOBAL "copyreg" "_reconstructor"; GLOBAL "collections" "OrderedDict"; GLOBAL "builtins" "object"; NONE; TUPLE3; REDUCE; STOP`, "MA104 copyreg._reconstructor"},
		{"reconstructor then a planted method", `GLOBAL "copyreg" "_reconstructor"; GLOBAL "argparse" "Namespace"; GLOBAL "builtins" "object"; NONE; TUPLE3; REDUCE; EMPTY_DICT; UNICODE "__setstate__"; ` + evil + `SETITEM; BUILD; STOP`, "MA106 copyreg._reconstructor"},
		{"defaultdict with a function", `GLOBAL "collections" "defaultdict"; ` + evil + `TUPLE1; REDUCE; STOP`, "MA104 collections.defaultdict"},
		{"hooks of a tensor", `GLOBAL "torch._utils" "_rebuild_tensor_v2"; MARK; ` + strings.Replace(tensorArg, anOrdered, anOrdered+`BININT1 1; `+evil+`SETITEM; `, 1) + `TUPLE; REDUCE; STOP`, "MA104 torch._utils._rebuild_tensor_v2"},
		{"hooks that are added later", anOrdered + `BINPUT 9; POP; GLOBAL "torch._utils" "_rebuild_tensor_v2"; MARK; ` + strings.Replace(tensorArg, anOrdered, `BINGET 9; `, 1) + `TUPLE; REDUCE; BINGET 9; BININT1 1; ` + evil + `SETITEM; TUPLE2; STOP`, "MA104 torch._utils._rebuild_tensor_v2"},
		{"keywords", `PROTO 4; GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; EMPTY_DICT; UNICODE "a"; NONE; SETITEM; NEWOBJ_EX; STOP`, "MA104 argparse.Namespace"},
		{"new of a class without its init", `PROTO 2; GLOBAL "collections" "OrderedDict"; EMPTY_LIST; TUPLE1; NEWOBJ; STOP`, "MA104 collections.OrderedDict"},
		{"bytes of many zeros", `GLOBAL "builtins" "bytearray"; LONG 1099511627776; TUPLE1; REDUCE; STOP`, "MA104 builtins.bytearray"},
		{"a fraction with an exponent", `GLOBAL "fractions" "Fraction"; UNICODE "1e999999999"; TUPLE1; REDUCE; STOP`, "MA104 fractions.Fraction"},
		{"exponentially nested state", fromType(v2, tensor, `NONE; `+strings.Repeat(`DUP; TUPLE2; `, 60)), rebuild},
	})
}

func TestSoundness03StringsThatImport(t *testing.T) {
	for _, name := range []string{"numpy.core._ufunc_reconstruct", "torch._utils._import_dotted_name", "pydoc.locate"} {
		at := strings.LastIndex(name, ".")
		j := judgeProgram(t, `GLOBAL "`+name[:at]+`" "`+name[at+1:]+`"; UNICODE "os"; UNICODE "system"; TUPLE2; REDUCE; STOP`)
		if got := found(j); !slices.Contains(got, "MA102 "+name) && !slices.Contains(got, "MA101 "+name) && !slices.Contains(got, "MA104 "+name) {
			t.Errorf("%s: %q", name, got)
		}
	}
	check(t, []sample{
		{"another codec", `GLOBAL "_codecs" "encode"; UNICODE "x"; UNICODE "acme"; TUPLE2; REDUCE; STOP`, "MA104 _codecs.encode"},
		{"a type that numpy would parse", `GLOBAL "numpy" "dtype"; UNICODE "f4,(2,2)i8"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; STOP`, "MA104 numpy.dtype"},
	})
}

func TestSoundness04ClassChange(t *testing.T) {
	check(t, []sample{
		{"of a Namespace", `GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; REDUCE; EMPTY_DICT; UNICODE "__class__"; GLOBAL "torch" "Tensor"; SETITEM; BUILD; STOP`, "MA106 argparse.Namespace"},
		{"of a tensor", `GLOBAL "torch._utils" "_rebuild_parameter_with_state"; MARK; ` + aTensor + `NEWTRUE; ` + anOrdered + `EMPTY_DICT; UNICODE "__class__"; GLOBAL "torch" "Tensor"; SETITEM; TUPLE; REDUCE; STOP`, "MA104 torch._utils._rebuild_parameter_with_state"},
		{"in the slots of a tensor", `GLOBAL "torch._utils" "_rebuild_parameter_with_state"; MARK; ` + aTensor + `NEWTRUE; ` + anOrdered + `NONE; EMPTY_DICT; UNICODE "data"; NONE; SETITEM; TUPLE2; TUPLE; REDUCE; STOP`, "MA104 torch._utils._rebuild_parameter_with_state"},
	})
}

func TestSoundness06Harm(t *testing.T) {
	check(t, []sample{
		{"memmap", `GLOBAL "numpy" "memmap"; UNICODE "f"; UNICODE "u1"; UNICODE "w+"; TUPLE3; REDUCE; STOP`, "MA101 numpy.memmap"},
		{"an array of 10^12", `GLOBAL "numpy.core.multiarray" "_reconstruct"; GLOBAL "numpy" "ndarray"; LONG 1000000000000; TUPLE1; SHORT_BINBYTES "b"; TUPLE3; REDUCE; STOP`, "MA104 numpy.core.multiarray._reconstruct"},
		{"a tensor by its constructor", `GLOBAL "torch" "Tensor"; LONG 1000000000000; TUPLE1; REDUCE; STOP`, "MA104 torch.Tensor"},
	})
}

func TestSoundness08Tensors(t *testing.T) {
	state := func(name string) string {
		return `GLOBAL "torch._utils" "_rebuild_parameter_with_state"; MARK; ` + aTensor + `NEWTRUE; ` + anOrdered + `EMPTY_DICT; UNICODE "` + name + `"; ` + aTensor + `SETITEM; TUPLE; REDUCE; STOP`
	}
	var samples []sample
	for _, name := range strings.Fields("data grad _grad _backward_hooks requires_grad storage untyped_storage numpy __reduce_ex__ shape") {
		samples = append(samples, sample{name, state(name), "MA104 torch._utils._rebuild_parameter_with_state"})
	}
	check(t, append(samples,
		sample{"another attribute", state("scale"), ""},
		sample{"set_ by BUILD", aTensor + aStorage + `BININT1 0; ` + twoByTwo + `TUPLE3; BUILD; STOP`, "MA106 torch._utils._rebuild_tensor_v2"},
	))
}

func TestSoundness10EqualKeys(t *testing.T) {
	check(t, []sample{
		{"1 and true", `EMPTY_DICT; BININT1 1; NONE; SETITEM; NEWTRUE; NONE; SETITEM; STOP`, "MA207"},
		{"tuples", `EMPTY_DICT; BININT1 1; TUPLE1; NONE; SETITEM; BINFLOAT 1.0; TUPLE1; NONE; SETITEM; STOP`, "MA207"},
		{"on an OrderedDict", anOrdered + `UNICODE "w"; NONE; SETITEM; UNICODE "w"; NONE; SETITEM; STOP`, "MA207"},
		{"1 and '1'", `EMPTY_DICT; BININT1 1; NONE; SETITEM; UNICODE "1"; NONE; SETITEM; STOP`, ""},
	})
}

func TestTrust(t *testing.T) {
	for _, c := range []struct{ name, program, trusted, want string }{
		{"constructed with plain state", `PROTO 2; GLOBAL "acme.models" "Net"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "a"; BININT1 1; SETITEM; BUILD; STOP`, "acme.models.Net", ""},
		{"below protocol 2", `GLOBAL "copyreg" "_reconstructor"; GLOBAL "acme.models" "Net"; GLOBAL "builtins" "object"; NONE; TUPLE3; REDUCE; STOP`, "acme.models.Net", ""},
		{"a member of an enumeration", `GLOBAL "acme.models" "Kind"; BININT1 1; TUPLE1; REDUCE; STOP`, "acme.models.Kind", ""},
		{"called with a word", `GLOBAL "acme.models" "Net"; UNICODE "reboot"; TUPLE1; REDUCE; STOP`, "acme.models.Net", "MA104 acme.models.Net"},
		{"called with arguments", `GLOBAL "acme.models" "Net"; BININT1 1; BININT1 1; TUPLE2; REDUCE; STOP`, "acme.models.Net", "MA104 acme.models.Net"},
		{"with a planted method", `PROTO 2; GLOBAL "acme.models" "Net"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "__call__"; NONE; SETITEM; BUILD; STOP`, "acme.models.Net", "MA106 acme.models.Net"},
		{"another name", `PROTO 2; GLOBAL "acme.models" "Net2"; EMPTY_TUPLE; NEWOBJ; STOP`, "acme.models.Net", "MA110 acme.models.Net2"},
		{"a known gadget", `GLOBAL "os" "system"; EMPTY_TUPLE; REDUCE; STOP`, "os.system", "MA101 os.system"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := judgeProgram(t, c.program, c.trusted)
			if got := found(j); c.want == "" && len(got) > 0 || c.want != "" && !slices.Contains(got, c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
			if c.want == "" && !slices.Equal(j.TrustUsed, []string{c.trusted}) {
				t.Errorf("trust used: %q", j.TrustUsed)
			}
		})
	}
}
