package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestAttackOpcodes has the classes of reference attacks on pickle scanners
// that work with opcodes and the stack, in their order. The payloads are inert.
func TestAttackOpcodes(t *testing.T) {
	arg := `UNICODE "true"; `
	namespace := `GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; REDUCE; `
	check(t, []sample{
		{"01 reduce with global", evil + `MARK; ` + arg + `TUPLE; REDUCE; STOP`, "MA101 os.system"},
		{"02 stack_global", `PROTO 4; SHORT_BINUNICODE "os"; SHORT_BINUNICODE "system"; STACK_GLOBAL; ` + arg + `TUPLE1; REDUCE; STOP`, "MA101 os.system"},
		{"03 inst", `MARK; STRING "true"; INST "os" "system"; STOP`, "MA101 os.system"},
		{"04 obj", `PROTO 4; MARK; UNICODE "os"; UNICODE "system"; STACK_GLOBAL; ` + arg + `OBJ; STOP`, "MA101 os.system"},
		{"05 obj then pop", `NONE; MARK; ` + evil + arg + `OBJ; POP; STOP`, "MA101 os.system"},
		{"06 newobj", `PROTO 2; GLOBAL "acme" "C"; EMPTY_TUPLE; NEWOBJ; STOP`, "MA110 acme.C"},
		{"06 newobj_ex with keywords", `PROTO 4; GLOBAL "acme" "C"; EMPTY_TUPLE; EMPTY_DICT; UNICODE "k"; NONE; SETITEM; NEWOBJ_EX; STOP`, "MA110 acme.C"},
		{"07 build on a module", `GLOBAL "json" "decoder"; NONE; EMPTY_DICT; UNICODE "system"; ` + evil + `SETITEM; TUPLE2; BUILD; STOP`, "MA107 json.decoder"},
		{"08 setitem on a module's dict", `GLOBAL "sys" "modules"; UNICODE "torch"; ` + evil + `SETITEM; STOP`, "MA107 sys.modules"},
		{"09 setstate gadget", namespace + `EMPTY_DICT; UNICODE "__setstate__"; ` + evil + `SETITEM; BUILD; EMPTY_DICT; BUILD; STOP`, "MA106 argparse.Namespace"},
		{"10 append on an object", namespace + `EMPTY_DICT; UNICODE "append"; ` + evil + `SETITEM; BUILD; ` + arg + `APPEND; STOP`, "MA106 argparse.Namespace"},
		{"10 additems on an object", `PROTO 4; ` + namespace + `MARK; ` + arg + `ADDITEMS; STOP`, "MA106 argparse.Namespace"},
		{"11 extension", `EXT1 240; EMPTY_TUPLE; REDUCE; STOP`, "MA105"},
		{"12 add_extension then ext", `GLOBAL "copyreg" "add_extension"; UNICODE "os"; UNICODE "system"; BININT1 240; TUPLE3; REDUCE; POP; EXT1 240; STOP`, "MA101 copyreg.add_extension"},
		{"14 buffer", `PROTO 5; NEXT_BUFFER; READONLY_BUFFER; STOP`, "MA109"},
		{"15 memoize after pop", `PROTO 4; SHORT_BINUNICODE "os"; SHORT_BINUNICODE "math"; POP; MEMOIZE; POP; BINGET 0; SHORT_BINUNICODE "system"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`, "MA101 os.system"},
		{"16 decoys", `PROTO 4; UNICODE "os"; PUT 2; POP; UNICODE "torch"; PUT 1; POP; GET 2; UNICODE "system"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`, "MA101 os.system"},
		{"17 memo overwritten", `PROTO 4; UNICODE "math"; BINPUT 0; POP; UNICODE "os"; BINPUT 0; POP; BINGET 0; UNICODE "system"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`, "MA101 os.system"},
		{"18 operands from the memo", `PROTO 4; UNICODE "system"; MEMOIZE; POP; UNICODE "os"; MEMOIZE; POP; BINGET 1; BINGET 0; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`, "MA101 os.system"},
		{"19 memo of a non-string", `PROTO 4; NONE; MEMOIZE; POP; UNICODE "os"; MEMOIZE; POP; UNICODE "system"; MEMOIZE; POP; BINGET 1; BINGET 2; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`, "MA101 os.system"},
		{"20 missing memo key behind the payload", evil + `EMPTY_TUPLE; REDUCE; BINGET 3; STOP`, "MA101 os.system"},
		{"21 int as operand behind the payload", evil + `EMPTY_TUPLE; REDUCE; BININT1 1; BININT1 2; STACK_GLOBAL; STOP`, "MA101 os.system"},
		{"22 gap of dup and pop", `PROTO 4; UNICODE "os"; DUP; POP; UNICODE "system"; DUP; POP; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`, "MA101 os.system"},
		{"23 gap of marks", `PROTO 4; UNICODE "os"; MARK; NONE; NONE; POP_MARK; UNICODE "system"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`, "MA101 os.system"},
		{"25 escapes", `PROTO 4; RAW "V\\u006fs\n"; RAW "S'\\x73ystem'\n"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`, "MA101 os.system"},
		{"26 computed operand", `PROTO 4; GLOBAL "_codecs" "decode"; SHORT_BINBYTES "os"; TUPLE1; REDUCE; UNICODE "system"; STACK_GLOBAL; STOP`, "MA105"},
		{"27 dotted name", `PROTO 4; UNICODE "pathlib"; UNICODE "os.system"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`, "MA101 pathlib.os.system"},
		{"28 private alias", `PROTO 4; UNICODE "random"; UNICODE "_os.system"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`, "MA101 random._os.system"},
		{"29 re-export", `GLOBAL "numpy.core._internal" "sys"; STOP`, "MA103 numpy.core._internal.sys"},
		{"30 builtins of a module", `GLOBAL "random" "__builtins__"; STOP`, "MA103 random.__builtins__"},
		{"31 python 2 alias", `GLOBAL "commands" "getoutput"; ` + arg + `TUPLE1; REDUCE; STOP`, "MA101 subprocess.getoutput"},
		{"32 proto in the middle", `PROTO 4; NONE; POP; PROTO 0; GLOBAL "__builtin__" "eval"; ` + arg + `TUPLE1; REDUCE; STOP`, "MA101 builtins.eval"},
	})
}

// TestAttackStrings has class 24: every pair of the opcodes that make a str.
func TestAttackStrings(t *testing.T) {
	ops := []string{"STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"}
	raw := map[string]string{"os": `RAW "V\\u006f\\u0073\n"`, "system": `RAW "S\"\\163ystem\"\n"`}
	spell := func(op, text string) string {
		if op == "" {
			return raw[text]
		}
		return fmt.Sprintf("%s %q", op, text)
	}
	for _, a := range append(ops, "") {
		for _, b := range append(ops, "") {
			program := `PROTO 4; ` + spell(a, "os") + `; ` + spell(b, "system") + `; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`
			if got := found(judgeProgram(t, program)); !slices.Contains(got, "MA101 os.system") {
				t.Errorf("%s and %s: %q", a, b, got)
			}
		}
	}
}

// TestAttackStreams has the classes in which readers take the same bytes apart.
func TestAttackStreams(t *testing.T) {
	payload := evil + `EMPTY_TUPLE; REDUCE; `
	check(t, []sample{
		{"33 protocol 0", `MARK; STRING "true"; INST "posix" "system"; STOP`, "MA101 posix.system"},
		{"34 integers of base 0", `RAW "I0x1\n"; POP; ` + payload + `STOP`, "MA101 os.system"},
		{"34 long of base 0", `RAW "L0x1L\n"; POP; ` + payload + `STOP`, "MA101 os.system"},
		{"35 no stop", payload, "MA101 os.system"},
		{"35 no stop is a finding", `NONE`, "MA201"},
		{"36 unknown opcode", payload + `RAW ff`, "MA101 os.system"},
		{"37 truncated length", payload + `RAW 58ffffff7f`, "MA101 os.system"},
		{"38 global that is no utf-8", payload + `RAW "c\xff\n\xfe\n"; STOP`, "MA101 os.system"},
		{"39 frame beyond the end", `PROTO 4; RAW 95ffffffffffffff7f; ` + payload + `STOP`, "MA101 os.system"},
		{"39 frame beyond the end is a finding", `PROTO 4; RAW 95ffffffffffffff7f; NONE; STOP`, "MA202"},
		{"40 argument across the end of a frame", `PROTO 4; RAW 950300000000000000; BININT 1; STOP`, "MA202"},
		{"41 text in binary", `PROTO 4; RAW "cos\nsystem\n"; EMPTY_TUPLE; REDUCE; STOP`, "MA101 os.system"},
		{"42 padding", strings.Repeat("NONE; POP; ", 50_000) + payload + `STOP`, "MA101 os.system"},
		{"43 memo bomb", `NONE; RAW 72ffffff7f; POP; ` + payload + `STOP`, "MA101 os.system"},
		{"86 setitem on a tensor", aTensor + `BININT1 0; BININT1 1; SETITEM; STOP`, "MA106 torch._utils._rebuild_tensor_v2"},
		{"62 nested pickle", `GLOBAL "_pickle" "loads"; SHORT_BINBYTES "N."; TUPLE1; REDUCE; STOP`, "MA101 _pickle.loads"},
	})
}

// TestAttackGadgets has callables that a list of dangerous names forgets: here
// nothing is harmless that is not on the list.
func TestAttackGadgets(t *testing.T) {
	for _, name := range strings.Fields(`pydoc.pipepager pydoc.locate timeit.main cProfile.run trace.Trace.run bdb.Bdb.run pty.spawn uuid._get_command_stdout
		_osx_support._read_output imaplib.IMAP4_stream test.support.script_helper.assert_python_ok mailcap.findmatch distutils.spawn.spawn
		ensurepip._run_pip pip.main lib2to3.pgen2.pgen.ParserGenerator idlelib.pyshell.ModifiedInterpreter code.InteractiveInterpreter doctest.debug_script asyncio.unix_events._UnixSubprocessTransport._start
		_posixsubprocess.fork_exec importlib.import_module pkgutil.resolve_name runpy.run_path inspect.getattr_static operator.attrgetter operator.methodcaller
		types.FunctionType marshal.loads dill._dill.loads functools.partial functools.reduce builtins.map threading.Thread.run weakref.finalize atexit.register
		numpy.f2py.crackfortran.getlincoef numpy.testing._private.utils.runstring torch.utils.collect_env.run torch._inductor.codecache.compile_file torch.load torch.hub.load numpy.load
		numpy.memmap numpy.core._ufunc_reconstruct numpy.random._pickle.__generator_ctor torch._utils._import_dotted_name torch.fx.graph_module.reduce_graph_module
		joblib.load pandas.read_pickle shelve.open logging.FileHandler io.FileIO urllib.request.urlopen ftplib.FTP linecache.getlines ctypes.CDLL
		_interpreters.run_string platform._syscmd_file gc.get_objects builtins.type builtins.str.format builtins.getattr builtins.eval fickling.hook.remove_hook
		collections.namedtuple torch.Tensor.zero_ torch._utils._rebuild_tensor_v2.__class__ collections.OrderedDict.update`) {
		at := strings.LastIndex(name, ".")
		for _, call := range []string{"EMPTY_TUPLE; REDUCE", "EMPTY_TUPLE; NEWOBJ", `UNICODE "true"; TUPLE1; REDUCE`} {
			program := fmt.Sprintf("PROTO 4; SHORT_BINUNICODE %q; SHORT_BINUNICODE %q; STACK_GLOBAL; %s; STOP", name[:at], name[at+1:], call)
			got := found(judgeProgram(t, program))
			unlisted := slices.Contains(got, "MA110 "+name) && strings.HasSuffix(call, "NEWOBJ") // of a class
			if !unlisted && !slices.Contains(got, "MA101 "+name) && !slices.Contains(got, "MA102 "+name) && !slices.Contains(got, "MA104 "+name) {
				t.Errorf("%s with %s: %q", name, call, got)
			}
		}
	}
}
