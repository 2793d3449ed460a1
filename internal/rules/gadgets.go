package rules

import "slices"

// pythonGadgets are those of the standard library that execute: classes 65 to
// 68, 73 and 74 of the reference list of techniques.
func pythonGadgets() []gadget {
	const files = `mkdir makedirs mkfifo mknod remove unlink rmdir removedirs rename renames replace link symlink chmod chown lchown truncate
		utime open listdir scandir walk chdir chroot fdopen write sendfile copy_file_range stat lstat access`
	const system = `getcwd getcwdb getpid getppid getuid geteuid getgid getegid getgroups getlogin getenv getenvb environ uname times
		getloadavg cpu_count urandom getrandom get_terminal_size sysconf strerror ctermid`
	return slices.Concat(
		[]gadget{some(reachesFiles, "os", files), some(reachesFiles, "posix", files), some(reachesFiles, "nt", files)},
		[]gadget{some(asksSystem, "os", system), some(asksSystem, "posix", system), some(asksSystem, "nt", system)},
		every(runsCommands, `os posix nt posixpath ntpath subprocess _posixsubprocess _winapi msvcrt pty tty commands popen2 pipes
			distutils setuptools pip ensurepip venv _bootsubprocess _osx_support _aix_support _pyrepl webbrowser antigravity
			multiprocessing _multiprocessing concurrent.futures.process asyncio mailcap imaplib turtledemo`),
		[]gadget{
			some(runsCommands, "pydoc", "pipepager pager tempfilepager getpager browse cli"),
			some(runsCommands, "uuid", "_get_command_stdout _find_mac _find_mac_near_keyword _find_mac_under_heading _ifconfig_getnode _ip_getnode _arp_getnode _lanscan_getnode _netstat_getnode _ipconfig_getnode"),
			some(runsCommands, "platform", "popen _syscmd_file _syscmd_ver _syscmd_uname architecture _wmi_query libc_ver"),
			some(runsCommands, "ctypes.util", "find_library _findLib_gcc _findLib_ld _get_soname _findSoname_ldconfig"),
			some(runsCommands, "sysconfig", "_main _generate_posix_vars"),
			some(runsCommands, "mimetypes", "_main"),
			some(runsCommands, "getpass", "getpass unix_getpass"),
		},
		every(runsCode, `code codeop pdb bdb cmd cProfile profile timeit trace doctest lib2to3 idlelib unittest cgitb test.support test.libregrtest test.regrtest test.script_helper new
			marshal _interpreters _xxsubinterpreters concurrent.interpreters interpreters _testcapi _testinternalcapi dis compileall py_compile
			dill cloudpickle _cloudpickle rlcompleter sre_compile`),
		[]gadget{
			some(runsCode, "builtins", `eval exec execfile compile breakpoint input help type super property classmethod staticmethod
				globals locals vars dir memoryview exit quit`),
			some(runsCode, "__builtin__", "eval exec execfile compile input raw_input type reload apply"),
			some(runsCode, "types", "FunctionType LambdaType CodeType MethodType ModuleType CellType new_class prepare_class resolve_bases DynamicClassAttribute"),
			some(runsCode, "dataclasses", "make_dataclass"),
			some(runsCode, "typing", "_eval_type ForwardRef get_type_hints"),
			some(runsCode, "annotationlib", "ForwardRef"),
			some(runsCode, "pydoc", "locate safeimport resolve ErrorDuringImport importfile"),
			some(runsCode, "difflib", "_test"),
			some(runsCode, "copyreg", "add_extension remove_extension pickle constructor"),
			some(runsCode, "string", "Formatter"),
			some(runsCode, "statistics", "_sum _convert"),
		},
		every(importsNames, "importlib _frozen_importlib _frozen_importlib_external imp runpy zipimport pkgutil modulefinder"),
		[]gadget{
			some(importsNames, "builtins", "__import__ reload getattr setattr delattr"),
			some(importsNames, "__builtin__", "__import__ getattr setattr delattr"),
			some(importsNames, "inspect", "getattr_static getmembers getmodule getsource getsourcefile unwrap signature"),
			some(importsNames, "operator", "attrgetter"),
			some(importsNames, "_operator", "attrgetter"),
			some(importsNames, "unittest.mock", "_importer _dot_lookup patch"),
			some(importsNames, "logging.config", "dictConfig fileConfig listen DictConfigurator BaseConfigurator"),
		},
		higherOrder(),
	)
}

// higherOrder are those that call what they are given, now or later.
func higherOrder() []gadget {
	return slices.Concat(
		every(callsArguments, "threading _thread atexit sched concurrent.futures contextvars"),
		[]gadget{
			some(callsArguments, "builtins", "map filter apply reduce"),
			some(callsArguments, "__builtin__", "map filter apply reduce"),
			some(callsArguments, "functools", "partial reduce partialmethod cached_property singledispatch"),
			some(callsArguments, "_functools", "partial reduce"),
			some(callsArguments, "operator", "methodcaller call setitem delitem iadd itemgetter"),
			some(callsArguments, "_operator", "methodcaller call setitem delitem itemgetter"),
			some(callsArguments, "itertools", "starmap map filter accumulate takewhile dropwhile filterfalse groupby"),
			some(callsArguments, "weakref", "finalize WeakMethod"),
			some(callsArguments, "contextlib", "ExitStack AsyncExitStack contextmanager closing"),
			some(callsArguments, "codecs", "register register_error lookup"),
			some(callsArguments, "_codecs", "register register_error"),
		},
		every(changesProcess, "sys gc faulthandler tracemalloc readline"),
		[]gadget{
			some(changesProcess, "signal", "signal alarm raise_signal pthread_kill setitimer set_wakeup_fd"),
			some(changesProcess, "resource", "setrlimit prlimit"),
			some(changesProcess, "site", "addsitedir addpackage main execusercustomize execsitecustomize"),
			some(changesProcess, "warnings", "showwarning _showwarnmsg"),
		},
	)
}
