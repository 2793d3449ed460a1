package rules

import "slices"

// fileGadgets reach files and the network without executing anything: class 70.
func fileGadgets() []gadget {
	return slices.Concat(
		every(reachesFiles, `shutil tempfile fileinput linecache shelve dbm sqlite3 _sqlite3 zipapp zipfile tarfile glob macpath pathlib2 nturl2path
			winreg _winreg netrc mailbox`),
		[]gadget{
			some(reachesFiles, "builtins", "open file"),
			some(reachesFiles, "__builtin__", "open file"),
			some(reachesFiles, "io", "open open_code FileIO"),
			some(reachesFiles, "_io", "open open_code FileIO _WindowsConsoleIO"),
			some(reachesFiles, "_pyio", "open open_code FileIO"),
			some(reachesFiles, "codecs", "open StreamReaderWriter"),
			some(reachesFiles, "mmap", "mmap"),
			some(reachesFiles, "gzip", "open GzipFile"),
			some(reachesFiles, "bz2", "open BZ2File"),
			some(reachesFiles, "lzma", "open LZMAFile"),
			some(reachesFiles, "logging", "FileHandler basicConfig Handler StreamHandler"),
			some(reachesFiles, "pathlib", `Path.write_text Path.write_bytes Path.unlink Path.rmdir Path.mkdir Path.open Path.rename Path.replace
				Path.touch Path.chmod Path.read_text Path.read_bytes Path.symlink_to Path.hardlink_to PosixPath.write_text PosixPath.write_bytes
				PosixPath.unlink PosixPath.open PosixPath.mkdir PosixPath.touch PosixPath.rmdir`),
			some(reachesFiles, "configparser", "ConfigParser.read RawConfigParser.read"),
			some(reachesFiles, "tokenize", "open"),
			some(reachesFiles, "filecmp", "cmp cmpfiles dircmp"),
			some(reachesFiles, "os.path", "exists"),
		},
		every(reachesNetwork, `socket _socket socketserver ssl _ssl ftplib smtplib poplib nntplib telnetlib xmlrpc urllib2 httplib
			http.client http.server urllib.request urllib.response urllib.robotparser wsgiref requests aiohttp httpx urllib3 paramiko websocket websockets
			botocore boto3 smtpd asyncore asynchat`),
		[]gadget{
			some(reachesNetwork, "urllib", "urlopen urlretrieve"),
			some(reachesNetwork, "logging.handlers", "SocketHandler DatagramHandler SysLogHandler HTTPHandler SMTPHandler"),
		},
		[]gadget{some(reachesFiles, "logging.handlers", "RotatingFileHandler TimedRotatingFileHandler WatchedFileHandler BaseRotatingHandler")},
		every(loadsNative, "ctypes _ctypes cffi _cffi_backend"),
		every(unpickles, "pickle _pickle cPickle"),
	)
}

// frameworkGadgets are those of the libraries that models come from, and the
// ways to switch a scanner off: classes 69 and 75.
func frameworkGadgets() []gadget {
	return slices.Concat(
		every(stopsScanner, "fickling picklescan modelscan modelaudit"),
		every(runsCommands, `numpy.f2py numpy.distutils numpy.testing scipy._build_utils torch.utils.collect_env torch.utils.cpp_extension
			torch.utils._cpp_extension_versioner torch.utils.bottleneck torch.distributed.run torch.distributed.launch torch.distributed.elastic torch.testing
			torch.utils.hipify torch._inductor`),
		every(runsCode, `torch.hub torch.jit.unsupported torch.fx torch._dynamo torch.package torch.utils.model_zoo torch.distributed.rpc torch.onnx
			IPython jinja2 mako sympy.parsing numexpr llvmlite numba tensorflow.python.ops.script_ops`),
		[]gadget{
			some(unpickles, "numpy", "load"),
			some(unpickles, "numpy.lib.npyio", "load NpzFile"),
			some(unpickles, "numpy.lib._npyio_impl", "load NpzFile"),
			some(reachesFiles, "numpy", "memmap fromfile save savez savez_compressed savetxt loadtxt genfromtxt fromregex DataSource"),
			some(reachesFiles, "numpy.core.memmap", "memmap"),
			some(reachesFiles, "numpy._core.memmap", "memmap"),
			some(callsArguments, "numpy", "vectorize frompyfunc apply_along_axis apply_over_axes fromfunction piecewise"),
			some(importsNames, "numpy.core", "_ufunc_reconstruct"),
			some(importsNames, "numpy._core", "_ufunc_reconstruct"),
			some(callsArguments, "numpy.random._pickle", "__generator_ctor __randomstate_ctor __bit_generator_ctor"),
			some(unpickles, "torch", "load"),
			some(unpickles, "torch.serialization", "load _load _legacy_load"),
			some(unpickles, "torch.storage", "_load_from_bytes"),
			some(runsCode, "torch", "compile _import_dotted_name classes ops"),
			some(reachesFiles, "torch", "save from_file"),
			some(reachesFiles, "torch.serialization", "save"),
			some(importsNames, "torch._utils", "_import_dotted_name"),
			some(runsCode, "torch.jit", "load _load script trace CompilationUnit"),
			some(loadsNative, "torch.ops", "load_library"),
			some(loadsNative, "torch._ops", "_Ops load_library"),
			some(unpickles, "pandas", "read_pickle read_hdf read_sql read_csv read_clipboard eval"),
			some(unpickles, "pandas.io.pickle", "read_pickle to_pickle"),
			some(runsCode, "pandas.core.computation.eval", "eval"),
			some(unpickles, "joblib", "load dump Memory Parallel"),
			some(unpickles, "joblib.numpy_pickle", "load load_temporary_memmap _unpickle dump"),
			some(unpickles, "joblib.numpy_pickle_compat", "load_compatibility ZNDArrayWrapper NDArrayWrapper"),
			some(unpickles, "sklearn.externals.joblib", "load"),
			some(runsCommands, "joblib.externals.loky", "get_reusable_executor ProcessPoolExecutor"),
			some(runsCode, "joblib.externals.cloudpickle", "loads load"),
			some(reachesFiles, "skops.io", "dump load"),
			some(reachesFiles, "keras.utils", "get_file"),
			some(reachesNetwork, "keras.src.utils.file_utils", "get_file"),
			some(changesProcess, "keras.config", "enable_unsafe_deserialization"),
			some(changesProcess, "keras.src.config", "enable_unsafe_deserialization"),
			some(runsCode, "keras.layers", "Lambda"),
			some(unpickles, "yaml", "load unsafe_load full_load load_all"),
			some(reachesNetwork, "transformers.utils.hub", "cached_file"),
			some(runsCode, "transformers.dynamic_module_utils", "get_class_from_dynamic_module get_class_in_module"),
			some(runsCode, "scipy.stats._distn_infrastructure", "rv_generic"),
			some(callsArguments, "scipy", "LowLevelCallable"),
			some(unpickles, "jsonpickle", "decode loads"),
			some(unpickles, "jsonpickle.unpickler", "decode Unpickler loadclass"),
		},
	)
}
