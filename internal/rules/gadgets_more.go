package rules

import "slices"

// rareGadgets are those of the standard library that no advisory names: found by
// going through what each of its modules has.
func rareGadgets() []gadget {
	return slices.Concat(
		every(runsCommands, "platform"),
		every(runsCode, "tkinter _tkinter turtle pydoc _lsprof "+testModules),
		every(importsNames, "_imp logging.config xml.dom.domreg"),
		every(callsArguments, "_asyncio _contextvars"),
		every(changesProcess, "_tracemalloc fcntl termios"),
		every(reachesFiles, "genericpath wave aifc sunau ossaudiodev pwd spwd grp nis _posixshmem pyclbr"),
		[]gadget{
			some(runsCommands, "uuid", "getnode uuid1"),
			some(runsCode, "dataclasses", "_create_fn _process_class"),
			some(runsCode, "gettext", "c2py"),
			some(importsNames, "xml.sax", "make_parser _create_parser"),
			some(callsArguments, "functools", "cmp_to_key singledispatchmethod"),
			some(callsArguments, "_functools", "cmp_to_key"),
			some(callsArguments, "copy", "_reconstruct copy deepcopy replace"),
			some(callsArguments, "contextlib", "asynccontextmanager _BaseExitStack _GeneratorContextManager"),
			some(callsArguments, "_operator", "call iadd"),
			some(changesProcess, "_signal", "signal alarm raise_signal pthread_kill setitimer set_wakeup_fd pidfd_send_signal"),
			some(changesProcess, "signal", "pidfd_send_signal"),
			some(reachesFiles, "argparse", "FileType"),
			some(reachesFiles, "gettext", "translation install find"),
			some(reachesFiles, "mimetypes", "read_mime_types init MimeTypes"),
			some(reachesFiles, "http.cookiejar", "FileCookieJar LWPCookieJar MozillaCookieJar"),
			some(reachesFiles, "sysconfig", "_parse_makefile parse_config_h"),
			some(reachesFiles, "xml.etree.ElementTree", "parse iterparse ElementTree"),
			some(reachesFiles, "xml.etree.ElementInclude", "default_loader include"),
			some(reachesFiles, "xml.sax", "parse"),
			some(reachesFiles, "xml.dom.minidom", "parse"),
			some(reachesFiles, "xml.dom.pulldom", "parse"),
			some(reachesFiles, "xml.dom.expatbuilder", "parse"),
		},
	)
}

// testModules are the modules of CPython's own tests that run commands and code, but
// for those that a user's package of that name might have too.
const testModules = `test._test_multiprocessing test.fork_wait test.lock_tests test.pickletester test.ssl_servers test.ssltests test.pythoninfo test.autotest
	test.mp_fork_bomb test.mp_preload test.profilee test.memory_watchdog test.bisect_cmd test.test_support test.test_subprocess test.test_cmd_line
	test.test_sys test.test_os test.test_import test.test_pickle test.test_runpy test.test_code test.test_dis test.test_importlib test.test_asyncio`

// rareLibraryGadgets are those of the libraries that models come from.
func rareLibraryGadgets() []gadget {
	return slices.Concat(
		every(runsCommands, "joblib.externals.loky joblib.pool joblib.executor joblib._parallel_backends torch.multiprocessing torch._strobelight"),
		every(runsCode, `torch.utils.benchmark torch.compiler torch._precompile torch.library torch._library torch._sources torch._jit_internal triton
			torch.distributed.nn.jit pandas.core.computation scipy.weave`),
		every(callsArguments, "pandas.core.apply torch.utils._pytree torch.func torch._functorch"),
		every(unpickles, "pandas.io pandas.compat.pickle_compat torch._weights_only_unpickler"),
		every(loadsNative, "numpy.ctypeslib"),
		every(reachesFiles, "numpy.lib._datasource joblib._store_backends joblib._memmapping_reducer joblib.backports scipy.io fsspec"),
		every(reachesNetwork, "scipy.datasets sklearn.datasets"),
		every(importsNames, "pandas.compat._optional"),
		[]gadget{
			some(callsArguments, "joblib.parallel", "Parallel BatchedCalls delayed"),
			some(unpickles, "joblib.numpy_pickle", "NumpyUnpickler"),
			some(unpickles, "joblib.numpy_pickle_compat", "ZipNumpyUnpickler read_zfile"),
			some(runsCode, "joblib._utils", "eval_ eval_expr"),
			some(unpickles, "numpy.lib.format", "read_array open_memmap write_array"),
			some(unpickles, "numpy.lib._format_impl", "read_array open_memmap write_array"),
			some(reachesFiles, "numpy.lib.npyio", "save savez savez_compressed savetxt loadtxt genfromtxt fromregex"),
			some(reachesFiles, "numpy.lib._npyio_impl", "save savez savez_compressed savetxt loadtxt genfromtxt fromregex"),
			some(reachesFiles, "numpy.rec", "fromfile"),
			some(reachesFiles, "numpy.core.records", "fromfile"),
			some(reachesFiles, "numpy._core.records", "fromfile"),
			some(reachesFiles, "numpy.ma.mrecords", "fromtextfile openfile"),
			some(reachesFiles, "numpy._core.multiarray", "fromfile _load_from_filelike"),
			some(reachesFiles, "numpy.core.multiarray", "fromfile _load_from_filelike"),
			some(unpickles, "pandas", `ExcelFile ExcelWriter HDFStore read_excel read_json read_html read_xml read_parquet read_feather read_orc read_stata
				read_sas read_spss read_table read_fwf read_sql_query read_sql_table to_pickle`),
			some(runsCode, "torch._C", `import_ir_module import_ir_module_from_buffer _import_ir_module_from_package _load_for_lite_interpreter _load_jit_module_from_file
				_load_mobile_module_from_file _jit_script_compile _jit_script_class_compile CompilationUnit _pickle_load_obj`),
			some(reachesFiles, "torch._C", "PyTorchFileReader PyTorchFileWriter _save_parameters"),
			some(reachesFiles, "torch", "PyTorchFileReader PyTorchFileWriter"),
			some(runsCode, "torch.export", "load save"),
			some(unpickles, "torch.utils.data.datapipes.datapipe", "_DataPipeSerializationWrapper _IterDataPipeSerializationWrapper _MapDataPipeSerializationWrapper"),
			some(callsArguments, "torch.utils._appending_byte_serializer", "AppendingByteSerializer"),
			some(importsNames, "torch._utils", "try_import"),
			some(runsCode, "torch.jit._serialization", "load save jit_module_from_flatbuffer"),
		},
	)
}
