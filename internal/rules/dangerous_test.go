package rules

import (
	"strings"
	"testing"
)

// The table has the gadgets that public advisories name, with what they do.
func TestGadgets(t *testing.T) {
	for _, tt := range []struct {
		family family
		names  string
	}{
		{runsCommands, `os.system os` + "\x00" + `x.system posix.popen nt.system subprocess.Popen pydoc.pipepager pty.spawn uuid._get_command_stdout _osx_support._read_output
			_aix_support._read_cmd_output imaplib.IMAP4_stream _pyrepl.pager.pipe_pager mailcap.findmatch pipes.Template.copy distutils.spawn.spawn
			distutils.file_util.write_file ensurepip._run_pip pip.main venv.create webbrowser.open asyncio.unix_events._UnixSubprocessTransport._start
			_bootsubprocess.Popen _posixsubprocess.fork_exec _winapi.CreateProcess multiprocessing.Process platform.popen numpy.f2py.crackfortran.getlincoef
			numpy.testing._private.utils.runstring torch.utils.collect_env.run torch._inductor.codecache.compile_file
			platform.processor uuid.getnode joblib.externals.loky.get_reusable_executor torch.multiprocessing.spawn psutil.Popen sh.Command git.Repo pexpect.spawn`},
		{runsCode, `timeit.main cProfile.run profile.run trace.Trace.run bdb.Bdb.run pdb.run code.InteractiveInterpreter doctest.debug_script
			lib2to3.pgen2.pgen.ParserGenerator idlelib.pyshell.ModifiedInterpreter test.support.script_helper.assert_python_ok types.FunctionType
			types.CodeType marshal.loads dill._dill._create_function cloudpickle.cloudpickle._make_function builtins.eval builtins.exec builtins.compile
			builtins.type _interpreters.run_string pydoc.locate torch.hub.load torch.fx.graph_module.reduce_graph_module copyreg.add_extension
			random.__builtins__ random._os.system pathlib.os.system shutil.os.system.__globals__ tkinter.Tk
			dataclasses._create_fn test.test_subprocess.X torch._C.import_ir_module torch.utils.benchmark.Timer pandas.core.computation.eval.eval`},
		{importsNames, `importlib.import_module pkgutil.resolve_name runpy.run_path inspect.getattr_static operator.attrgetter builtins.getattr
			builtins.__import__ torch._utils._import_dotted_name numpy.core._ufunc_reconstruct
			_imp.create_dynamic logging.config._resolve xml.sax.make_parser hydra.utils.instantiate`},
		{callsArguments, `operator.methodcaller functools.partial functools.reduce builtins.map builtins.filter threading.Thread.run weakref.finalize
			atexit.register numpy.random._pickle.__generator_ctor`},
		{unpickles, `pickle.loads _pickle.loads torch.load torch.storage._load_from_bytes numpy.load pandas.read_pickle joblib.load
			torch.utils.data.datapipes.datapipe._IterDataPipeSerializationWrapper`},
		{reachesFiles, `shelve.open skops.io.dump logging.FileHandler io.FileIO builtins.open linecache.getlines numpy.memmap pathlib.PosixPath.unlink
			wave.open argparse.FileType torch._C.PyTorchFileWriter`},
		{reachesNetwork, `urllib.request.urlopen ssl.get_server_certificate ftplib.FTP smtplib.SMTP socket.create_connection http.client.HTTPSConnection`},
		{loadsNative, `ctypes.CDLL _ctypes.dlopen`},
		{changesProcess, `gc.get_objects sys.modules keras.config.enable_unsafe_deserialization`},
		{assembles, `builtins.dict.get builtins.str.format builtins.str.join`},
		{stopsScanner, `fickling.hook.remove_hook picklescan.scanner.scan_bytes`},
	} {
		for _, name := range strings.Fields(tt.names) {
			// The split between module and name may stand anywhere.
			known := false
			for at := strings.LastIndexByte(name, '.'); at > 0; at = strings.LastIndexByte(name[:at], '.') {
				got := familyOf(name[:at], name[at+1:])
				known = known || got == tt.family || got != "" && tt.family == runsCode
			}
			if !known {
				t.Errorf("%s is not known as one that %s", name, tt.family)
			}
		}
	}
}

// Names of modules that are ordinary beside their gadgets are not in the table.
func TestNoGadgets(t *testing.T) {
	for _, name := range strings.Fields(`uuid.UUID io.BytesIO pathlib.PosixPath logging.getLogger inspect.Parameter types.SimpleNamespace signal.Signals
		http.HTTPStatus urllib.parse.ParseResult weakref.ref builtins.iter builtins.int collections.OrderedDict functools.lru_cache operator.add
		torch.float32 torch.nn.modules.linear.Linear torch.device numpy.ndarray numpy.dtype joblib.numpy_pickle.NumpyArrayWrapper acme.models.Net
		__main__.Net test.Net re._compile acme.code.Net`) {
		at := strings.LastIndexByte(name, '.')
		if f := familyOf(name[:at], name[at+1:]); f != "" {
			t.Errorf("%s is taken for one that %s", name, f)
		}
	}
}
