package scan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Classes 22 to 25: every pair of spellings of module and name, with every gap
// between and behind them.
func TestAttackSpellings(t *testing.T) {
	a := &attacks{t: t}
	for i, module := range spellings("os") {
		for k, name := range spellings("system") {
			for g, gap := range gaps {
				program := `PROTO 4; ` + module + gap + name + gaps[(g+i+k)%len(gaps)] + `STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`
				s := attack{fmt.Sprintf("spellings %d and %d, gap %d", i, k, g), assemble(t, program), []string{"os.system"}}
				if msg := s.caught(scanBytes(t, "m.json", s.data)); msg != "" {
					t.Fatalf("%s: %s\n%s", s.name, msg, program)
				}
			}
			a.program(fmt.Sprintf("spellings %d and %d", i, k), `PROTO 4; `+module+name+`STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`)
		}
	}
	for _, s := range a.list {
		a.names(s)
	}
	a.list = slices.DeleteFunc(a.list, func(s attack) bool { return len(s.name)%5 > 0 })
	a.everywhere()
}

// Class 26: operands that calls make.
func TestAttackComputed(t *testing.T) {
	a := &attacks{t: t}
	for _, module := range []string{
		`GLOBAL "builtins" "str"; UNICODE "os"; TUPLE1; REDUCE; `,
		`GLOBAL "_codecs" "decode"; SHORT_BINBYTES "os"; TUPLE1; REDUCE; `,
		`GLOBAL "_codecs" "encode"; UNICODE "os"; UNICODE "latin1"; TUPLE2; REDUCE; `,
		`GLOBAL "builtins" "str.join"; UNICODE ""; EMPTY_LIST; MARK; UNICODE "o"; UNICODE "s"; APPENDS; TUPLE2; REDUCE; `,
		`GLOBAL "operator" "itemgetter"; BININT1 0; TUPLE1; REDUCE; EMPTY_LIST; UNICODE "os"; APPEND; TUPLE1; REDUCE; `,
		`GLOBAL "collections" "OrderedDict"; EMPTY_TUPLE; REDUCE; `,
		`GLOBAL "torch" "device"; UNICODE "cpu"; TUPLE1; REDUCE; `,
		`PERSID "os"; `, `UNICODE "os"; BINPERSID; `, `EXT1 5; `, `GLOBAL "os" "name"; `,
	} {
		a.program("module by "+module, `PROTO 4; `+module+`UNICODE "system"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`, "")
		a.program("name by "+module, `PROTO 4; UNICODE "os"; `+module+`STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`, "")
		a.program("called is what is made by "+module, `PROTO 4; `+module+`EMPTY_TUPLE; REDUCE; STOP`, "")
		a.program("built is what is made by "+module, `PROTO 4; `+module+`EMPTY_TUPLE; NEWOBJ; STOP`, "")
	}
	a.everywhere()
}

// Classes 27 to 31, and 70 to 73: names that lead elsewhere. Each is imported,
// called, and called as a class.
func TestAttackNames(t *testing.T) {
	a := &attacks{t: t}
	for _, name := range strings.Fields(`pathlib:os.system random:_os.system tempfile:_os.system shutil:os xmlrpc.server:os.system cgitb:os.system numpy.core._internal:sys.modules
		random:__builtins__ builtins:dict.get builtins:__builtins__ collections:OrderedDict.__class__ collections:OrderedDict.__init__.__globals__ torch._utils:torch.load
		torch._utils:_rebuild_tensor_v2.__globals__ torch:Tensor.__reduce_ex__ torch:serialization.pickle.loads torch:os.system numpy:os.system numpy:f2py numpy:dtype.__class__ collections:_sys.modules
		collections:abc.sys argparse:_os.system datetime:sys.modules decimal:sys copyreg:__builtins__ _codecs:__loader__ builtins:bytearray.__subclasses__ fractions:re.sys uuid:os.system
		asyncio.unix_events:_UnixSubprocessTransport._start asyncio:unix_events.subprocess.Popen collections.OrderedDict:x os.path:os.system OS:system os:SYSTEM Os:System ` + "\u017fys:modules" + ` os\x00:system :os .os:system os.:system os:.system os:system. torch..load:x
		_interpreters:run_string platform:popen gc:get_objects difflib:sys.modules builtins:str.format statistics:sys fickling.hook:remove_hook fickling:always_check_safety`) {
		module, attr, _ := strings.Cut(strings.ReplaceAll(name, `\x00`, "\x00"), ":")
		full := module + "." + attr
		global := fmt.Sprintf("BINUNICODE %q; BINUNICODE %q; STACK_GLOBAL; ", module, attr)
		for _, use := range append(slices.Clone(callForms), "STOP", "POP; NONE; STOP") {
			a.program(name+" and "+use, `PROTO 4; `+global+use, full)
			a.program(name+" and "+use+", without protocol", `PROTO 2; `+global+use, "")
		}
	}
	a.bare()
	a.sparse(23)
}

// Class 31: names of Python 2 mean those of Python 3 below protocol 3, and
// themselves from there on.
func TestAttackPython2Names(t *testing.T) {
	a := &attacks{t: t}
	for old, now := range map[string]string{"commands.getoutput": "subprocess.getoutput", "__builtin__.eval": "builtins.eval", "__builtin__.execfile": "builtins.execfile", "cPickle.loads": "pickle.loads",
		"thread.start_new_thread": "_thread.start_new_thread", "urllib2.urlopen": "urllib.request.urlopen", "httplib.HTTPConnection": "http.client.HTTPConnection", "copy_reg.add_extension": "copyreg.add_extension",
		"__builtin__.apply": "builtins.apply", "__builtin__.reduce": "functools.reduce", "itertools.imap": "builtins.map", "SocketServer.TCPServer": "socketserver.TCPServer", "StringIO.StringIO": "io.StringIO", "xmlrpclib.ServerProxy": "xmlrpc.client.ServerProxy",
		"urllib.urlretrieve": "urllib.request.urlretrieve", "test.test_support.run": "test.support.run"} {
		at := strings.LastIndex(old, ".")
		global := fmt.Sprintf("GLOBAL %q %q; ", old[:at], old[at+1:])
		for _, use := range callForms {
			for _, proto := range []string{"", "PROTO 0; ", "PROTO 1; ", "PROTO 2; "} {
				a.program(proto+old+" and "+use, proto+global+use, now)
			}
			a.program(old+" in protocol 4 and "+use, `PROTO 4; `+global+use, old)
			a.program(old+" behind a second PROTO and "+use, `PROTO 4; PROTO 1; `+global+use, now)
		}
		a.program("inst of "+old, fmt.Sprintf(`MARK; INST %q %q; STOP`, old[:at], old[at+1:]), now)
	}
	a.bare()
	a.sparse(19)
}

// bare demands that each attack is caught as a file of its own.
func (a *attacks) bare() {
	a.t.Helper()
	for _, s := range a.list {
		for _, file := range []string{"m.pkl", "m.json"} {
			if msg := s.caught(scanBytes(a.t, file, s.data)); msg != "" {
				a.t.Errorf("%s as %s: %s", s.name, file, msg)
			}
		}
	}
}

// sparse tries one attack of n in every container: how a name is judged does
// not depend on it.
func (a *attacks) sparse(n int) {
	few := &attacks{t: a.t}
	for i := 0; i < len(a.list); i += n {
		few.list = append(few.list, a.list[i])
	}
	few.everywhere()
	a.t.Logf("%d samples", len(a.list))
}
