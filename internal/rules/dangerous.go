package rules

import "strings"

// dangerous reports whether a global is known to run code or commands or to
// reach files, processes or the network. It raises a finding's severity and
// decides nothing else: what is not here is not thereby harmless.
func dangerous(module, name string) bool {
	top, _, _ := strings.Cut(module, ".")
	switch top {
	case "os", "posix", "nt", "posixpath", "ntpath", "subprocess", "_posixsubprocess", "sys", "socket", "_socket", "ssl", "shutil", "pty", "tty",
		"runpy", "importlib", "_frozen_importlib", "imp", "pkgutil", "ctypes", "_ctypes", "pickle", "_pickle", "marshal", "shelve", "code", "codeop", "pdb", "bdb",
		"cProfile", "profile", "timeit", "trace", "doctest", "pydoc", "webbrowser", "asyncio", "multiprocessing", "_multiprocessing",
		"threading", "_thread", "atexit", "weakref", "gc", "inspect", "types", "urllib", "http", "ftplib", "smtplib", "imaplib", "poplib", "telnetlib",
		"tempfile", "pathlib2", "io", "_io", "fileinput", "linecache", "logging", "platform", "uuid", "venv", "ensurepip", "pip", "distutils",
		"setuptools", "lib2to3", "idlelib", "test", "cgitb", "mailcap", "pipes", "commands", "dill", "cloudpickle", "joblib", "fickling",
		"requests", "aiohttp", "httplib", "winreg", "_winapi", "msvcrt", "signal", "resource", "nturl2path", "sqlite3", "_osx_support", "_aix_support", "_pyrepl":
		return true
	case "builtins", "__builtin__", "__builtins__":
		switch name {
		case "eval", "exec", "execfile", "compile", "open", "__import__", "getattr", "setattr", "delattr", "globals", "locals", "vars",
			"input", "breakpoint", "map", "filter", "apply", "reload", "type", "super", "property", "classmethod", "staticmethod", "memoryview", "exit", "quit", "help":
			return true
		}
		return strings.Contains(name, ".")
	case "operator", "_operator":
		return name == "attrgetter" || name == "methodcaller" || name == "itemgetter" || name == "setitem" || name == "call"
	case "functools", "_functools":
		return name == "partial" || name == "reduce" || name == "partialmethod"
	case "numpy":
		return strings.HasPrefix(module, "numpy.f2py") || strings.HasPrefix(module, "numpy.testing") || name == "load" || name == "memmap" || name == "fromfile"
	case "torch":
		return name == "load" || name == "save" || name == "from_file" || strings.HasPrefix(module, "torch.hub") || strings.HasPrefix(module, "torch.utils.cpp_extension") ||
			strings.HasPrefix(module, "torch._inductor") || strings.HasPrefix(module, "torch.utils.collect_env") || strings.HasPrefix(module, "torch.jit.unsupported")
	}
	return false
}
