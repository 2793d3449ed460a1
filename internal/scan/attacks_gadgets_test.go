package scan

import (
	"fmt"
	"strings"
	"testing"
)

// gadgets are callables that lists of dangerous names forget, by the classes of
// attacks: 65 run commands, 66 import, 67 build code, 68 call what they are
// given, 69 belong to frameworks, 70 harm otherwise, 71 to 75 deceive.
const gadgets = `
pydoc.pipepager pydoc.locate timeit.main timeit.timeit cProfile.run cProfile.runctx profile.run profile.Profile.run trace.Trace.run trace.Trace.runctx bdb.Bdb.run bdb.Bdb.runeval pty.spawn
uuid._get_command_stdout _osx_support._read_output _osx_support._find_build_tool _aix_support._read_cmd_output imaplib.IMAP4_stream _pyrepl.pager.pipe_pager test.support.script_helper.assert_python_ok
test.support.run_in_subinterp test.libregrtest.utils.run mailcap.findmatch pipes.Template.copy distutils.spawn.spawn distutils.file_util.write_file ensurepip._run_pip pip.main pip._internal.main venv.create
lib2to3.pgen2.pgen.ParserGenerator lib2to3.pgen2.grammar.Grammar.loads idlelib.pyshell.ModifiedInterpreter idlelib.run.Executive.runcode code.InteractiveInterpreter.runcode code.interact codeop.compile_command doctest.debug_script
webbrowser.open webbrowser.GenericBrowser asyncio.unix_events._UnixSubprocessTransport._start asyncio.create_subprocess_shell asyncio.subprocess.create_subprocess_exec asyncio.base_events.BaseEventLoop.run_in_executor _bootsubprocess.Popen
_posixsubprocess.fork_exec _winapi.CreateProcess multiprocessing.util.spawnv_passfds multiprocessing.Process multiprocessing.context.Process subprocess.Popen subprocess.getoutput os.popen os.execv os.posix_spawn posix.system nt.system
importlib.import_module importlib.__import__ importlib.machinery.SourceFileLoader pkgutil.resolve_name runpy.run_path runpy.run_module runpy._run_code inspect.getattr_static operator.attrgetter operator.methodcaller zipimport.zipimporter
imp.load_source builtins.__import__ builtins.eval builtins.exec builtins.compile builtins.open builtins.getattr builtins.setattr builtins.input builtins.breakpoint builtins.globals builtins.vars
types.FunctionType types.CodeType types.LambdaType marshal.loads marshal.load cloudpickle.cloudpickle._make_function cloudpickle.cloudpickle._builtin_type cloudpickle.loads dill._dill._create_function dill._dill.loads dill.loads pickle.loads _pickle.loads _pickle.Unpickler
 functools.reduce functools.partialmethod builtins.map builtins.filter builtins.type builtins.super builtins.property threading.Thread.run threading.Thread threading.Timer weakref.finalize atexit.register _thread.start_new_thread
itertools.starmap itertools.chain.from_iterable concurrent.futures.ThreadPoolExecutor contextlib.ExitStack signal.signal sched.scheduler sys.settrace sys.setprofile
numpy.f2py.crackfortran.getlincoef numpy.f2py.diagnose.run_command numpy.testing._private.utils.runstring numpy.testing._private.utils.rundocs numpy.load numpy.memmap numpy.fromfile numpy.core._ufunc_reconstruct numpy.ctypeslib.load_library
numpy.random._pickle.__generator_ctor numpy.distutils.exec_command.exec_command numpy.vectorize numpy.frompyfunc numpy.apply_along_axis 
torch.utils.collect_env.run torch.utils._config_module.ConfigModule.load_config torch.utils.bottleneck.__main__.run_cprofile torch.utils.data.datapipes.utils.decoder.basichandlers torch._inductor.codecache.compile_file torch._inductor.runtime.compile_tasks._reload_python_module
torch.fx.experimental.symbolic_shapes.ShapeEnv.evaluate_guards_expression torch.fx.graph_module.reduce_graph_module torch.load torch.hub.load torch.jit.load torch.jit.unsupported_tensor_ops.execWrapper torch.serialization.load torch.distributed.checkpoint.load
torch.utils.cpp_extension.load torch._utils._import_dotted_name torch.ops.load_library torch._dynamo.guards.GuardBuilder.get torch.classes.load_library torch.package.PackageImporter torch.Tensor.zero_ torch.from_file 
pandas.read_pickle pandas.io.pickle.read_pickle pandas.eval pandas.core.computation.eval.eval joblib.load joblib.numpy_pickle.load shelve.open skops.io.dump sklearn.utils._testing.set_random_state transformers.AutoModel.from_pretrained tensorflow.keras.models.load_model
logging.FileHandler logging.config.listen io.FileIO io.open _io.FileIO _io.open urllib.request.urlopen urllib.request.urlretrieve ssl.get_server_certificate ftplib.FTP smtplib.SMTP poplib.POP3 telnetlib.Telnet http.client.HTTPSConnection xmlrpc.client.ServerProxy
linecache.getlines linecache.updatecache ctypes.CDLL ctypes.util._findLib_gcc ctypes.PyDLL ctypes.cdll.LoadLibrary socket.create_connection socketserver.TCPServer sqlite3.connect dbm.open tempfile.NamedTemporaryFile shutil.rmtree shutil.copy pathlib.Path.unlink 
fileinput.input glob.glob zipfile.ZipFile tarfile.open gzip.open bz2.open lzma.open mmap.mmap resource.setrlimit os.remove os.kill os.environ.update
_interpreters.run_string _xxsubinterpreters.run_string platform._syscmd_file platform.popen gc.get_objects difflib._test builtins.str.format string.Formatter.vformat collections.namedtuple 
fickling.hook.remove_hook fickling.hook.run_hook fickling.always_check_safety builtins.dict.get builtins.classmethod copyreg.add_extension copyreg.__newobj__ copyreg.pickle enum._reduce_ex_by_global_name dataclasses.make_dataclass
requests.get aiohttp.client.request numba.core.serialize._unpickle__CustomPickled pip._vendor.distlib.scripts.ScriptMaker setuptools.sandbox.run_setup antigravity.geohash this.s acme.models.Net __main__.Net
`

// Classes 65 to 75: nothing that is not on the list of harmless names is
// harmless, however it is used.
func TestAttackGadgets(t *testing.T) {
	a := &attacks{t: t}
	for _, name := range strings.Fields(gadgets) {
		at := strings.LastIndex(name, ".")
		global := fmt.Sprintf("UNICODE %q; UNICODE %q; STACK_GLOBAL; ", name[:at], name[at+1:])
		for _, call := range callForms {
			a.program(name+" and "+call, `PROTO 4; `+global+call, name)
		}
		// The module that the name is an attribute of, with a dotted name.
		if dot := strings.Index(name, "."); dot < at {
			a.program(name+" dotted", fmt.Sprintf(`PROTO 4; UNICODE %q; UNICODE %q; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`, name[:dot], name[dot+1:]), name)
		}
		a.program("inst of "+name, fmt.Sprintf(`PROTO 4; MARK; UNICODE "true"; INST %q %q; STOP`, name[:at], name[at+1:]), name)
		a.program("build on "+name, `PROTO 4; `+global+`EMPTY_DICT; BUILD; STOP`, name)
		a.program("as an argument, "+name, `PROTO 4; GLOBAL "collections" "defaultdict"; `+global+`TUPLE1; REDUCE; STOP`, name, "collections.defaultdict")
		if name == "builtins.type" {
			continue // it calls nothing that it is given
		}
		a.program("as a value, "+name, `PROTO 4; EMPTY_DICT; UNICODE "w"; `+global+`SETITEM; STOP`, name)
	}
	a.bare()
	a.sparse(101)
}

// Listed names with arguments that make them harmful.
func TestAttackListed(t *testing.T) {
	a := &attacks{t: t}
	evil := `GLOBAL "os" "system"; `
	tensor := strings.TrimSuffix(aTensor, `REDUCE; `)
	for name, program := range map[string]string{
		"from_type with a function":       `GLOBAL "torch._tensor" "_rebuild_from_type_v2"; MARK; ` + evil + `GLOBAL "torch" "Tensor"; UNICODE "true"; TUPLE1; NONE; TUPLE; REDUCE`,
		"hooks":                           strings.Replace(tensor, anOrdered, anOrdered+`BININT1 1; `+evil+`SETITEM; `, 1) + `REDUCE`,
		"a generator of numpy":            `GLOBAL "numpy.random._pickle" "__generator_ctor"; UNICODE "PCG64"; ` + evil + `TUPLE2; REDUCE`,
		"a bit generator of numpy":        `GLOBAL "numpy.random._pickle" "__bit_generator_ctor"; ` + evil + `TUPLE1; REDUCE`,
		"a reconstructor":                 `GLOBAL "copyreg" "_reconstructor"; GLOBAL "acme" "C"; GLOBAL "acme" "Base"; UNICODE "x"; TUPLE3; REDUCE`,
		"partial":                         `GLOBAL "functools" "partial"; ` + evil + `UNICODE "true"; TUPLE2; REDUCE; MARK; ` + evil + `UNICODE "true"; TUPLE1; EMPTY_DICT; NONE; TUPLE; BUILD`,
		"a default":                       `GLOBAL "collections" "defaultdict"; ` + evil + `TUPLE1; REDUCE`,
		"a ufunc":                         `GLOBAL "numpy.core" "_ufunc_reconstruct"; UNICODE "os"; UNICODE "system"; TUPLE2; REDUCE`,
		"a memmap":                        `GLOBAL "numpy" "memmap"; MARK; UNICODE "/tmp/x"; UNICODE "u1"; UNICODE "w+"; TUPLE; REDUCE`,
		"many zeros":                      `GLOBAL "builtins" "bytearray"; LONG 1099511627776; TUPLE1; REDUCE`,
		"a large tensor":                  `GLOBAL "torch" "Tensor"; LONG 1000000000000; TUPLE1; REDUCE`,
		"a dtype of objects":              `GLOBAL "numpy" "dtype"; UNICODE "M8[ns],O"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE`,
		"an item of a tensor":             aTensor + `BININT1 0; BININT1 1; SETITEM`,
		"a state of a tensor":             aTensor + `EMPTY_DICT; UNICODE "__class__"; ` + evil + `SETITEM; BUILD`,
		"another set_ of a tensor":        aTensor + `MARK; ` + storage + `BININT1 0; BININT1 2; TUPLE1; BININT1 1; TUPLE1; TUPLE; BUILD`,
		"a class of an ordered dict":      anOrdered + `EMPTY_DICT; UNICODE "__class__"; GLOBAL "acme" "C"; SETITEM; BUILD`,
		"an ordered dict of a list":       `GLOBAL "collections" "OrderedDict"; GLOBAL "acme" "pairs"; EMPTY_TUPLE; REDUCE; TUPLE1; REDUCE`,
		"a parameter with another's data": `GLOBAL "torch._utils" "_rebuild_parameter_with_state"; MARK; ` + aTensor + `NEWTRUE; ` + anOrdered + `EMPTY_DICT; UNICODE "data"; ` + aTensor + `SETITEM; TUPLE; REDUCE`,
	} {
		a.program(name, `PROTO 4; `+program+`; STOP`, "")
	}
	a.everywhere()
}
