package policy

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// trusted reads one entry of `trust`.
func (r *reader) trusted(n *yaml.Node) trusted {
	var t trusted
	f, ok := r.mapping(n, "a trusted global", "global", "reason")
	if !ok {
		return t
	}
	const what = "the exact dotted name of a global, as in acme.models.Net"
	if name := f["global"]; name == nil {
		r.fail(follow(n), "expected the key global with %s", what)
	} else if s, ok := r.scalar(name, what, tagText); ok {
		switch module := refused(s); {
		case strings.ContainsAny(s, "*?[{"):
			r.fail(follow(name), "expected %s; wildcards are not supported, found %s", what, describe(follow(name)))
		case !globalText.MatchString(s):
			r.fail(follow(name), "expected %s, found %s", what, describe(follow(name)))
		case module != "":
			r.fail(follow(name), "expected a global that this repository's own code defines, found %s: nothing of %s may be trusted",
				describe(follow(name)), module)
		}
		t.global = s
	}
	t.reason = r.reason(n, f)
	return t
}

// Trustable says whether `trust` may name a global: an exact dotted name that is neither of
// the standard library nor of a package whose business is loading, building or running.
func Trustable(global string) bool {
	return globalText.MatchString(global) && refused(global) == ""
}

// refused returns the entry of the tables below under which a global falls,
// or "" if it may be trusted.
func refused(global string) string {
	root, _, _ := strings.Cut(global, ".")
	if slices.Contains(strings.Fields(refusedPackages), root) {
		return root
	}
	for _, prefix := range strings.Fields(refusedNames) {
		if global == prefix || strings.HasPrefix(global, prefix+".") {
			return prefix
		}
	}
	return ""
}

// refusedPackages are top-level packages none of whose names may be trusted: the standard library
// of CPython 3.11 (sys.stdlib_module_names) and of Python 2 under the names that _compat_pickle
// maps, without the modules of plain data (argparse, array, calendar,
// collections, datetime, decimal, enum, fractions, ipaddress, numbers, pathlib,
// uuid); then packages whose business is loading, building or running.
const refusedPackages = `
__future__ _abc _aix_support _ast _asyncio _bisect _blake2 _bootsubprocess _bz2 _codecs _codecs_cn _codecs_hk
_codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _collections_abc _compat_pickle _compression _contextvars _crypt
_csv _ctypes _curses _curses_panel _dbm _elementtree _frozen_importlib _frozen_importlib_external _functools _gdbm
_hashlib _heapq _imp _interpreters _io _json _locale _lsprof _lzma _markupbase _md5 _msi _multibytecodec
_multiprocessing _opcode _operator _osx_support _overlapped _pickle _posixshmem _posixsubprocess _py_abc _pyio
_pyrepl _queue _scproxy _sha1 _sha2 _sha256 _sha3 _sha512 _signal _sitebuiltins _socket _sqlite3 _sre _ssl _stat
_statistics _string _strptime _struct _symtable _sysconfig _thread _threading_local _tkinter _tokenize _tracemalloc
_typing _uuid _warnings _weakref _weakrefset _winapi _winreg
abc aifc antigravity ast asynchat asyncio asyncore atexit audioop base64 bdb binascii bisect builtins bz2 cProfile
cgi cgitb chunk cmath cmd code codecs codeop colorsys compileall compression concurrent configparser contextlib
contextvars copy copyreg crypt csv ctypes curses dataclasses dbm difflib dis distutils doctest email encodings
ensurepip errno faulthandler fcntl filecmp fileinput fnmatch ftplib functools gc genericpath getopt getpass gettext
glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io itertools json
keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt
multiprocessing netrc nis nntplib nt ntpath nturl2path opcode operator optparse os ossaudiodev pdb pickle
pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr
pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select
selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile
sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau symtable sys sysconfig syslog
tabnanny tarfile telnetlib tempfile termios textwrap this threading time timeit tkinter token tokenize tomllib trace
traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu venv warnings wave weakref
webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo
BaseHTTPServer CGIHTTPServer ConfigParser Cookie Dialog DocXMLRPCServer FileDialog HTMLParser Queue ScrolledText
SimpleDialog SimpleHTTPServer SimpleXMLRPCServer SocketServer StringIO Tix Tkconstants Tkdnd Tkinter UserDict
UserList UserString __builtin__ __builtins__ _abcoll anydbm cPickle cStringIO commands cookielib copy_reg
dbhash dumbdbm dummy_thread exceptions gdbm htmlentitydefs httplib ihooks imputil markupbase os2 popen2 repr
rexec robotparser thread ttk urllib2 urlparse whichdb xmlrpclib
_distutils_hack _pytest IPython aiohttp cffi cloudpickle cupy dask dill execnet fabric fsspec hickle httpx
huggingface_hub hydra invoke jinja2 joblib jsonpickle llvmlite mako mlflow nltk nose numba numexpr paramiko pexpect
pip pkg_resources ptyprocess py pybind11 pytest ray requests s3fs setuptools sh skops smart_open torchrun urllib3
wheel xonsh yaml zmq`

// refusedNames are names, and modules with all below them, in packages that
// also hold harmless classes: loaders, evaluators, builders of native code.
const refusedNames = `
argparse.FileType collections.namedtuple test.support test.test_support
keras.Lambda keras.layers.Lambda keras.layers.core.Lambda keras.layers.core.lambda_layer keras.models.load_model
keras.saving keras.src.layers.core.lambda_layer keras.src.saving keras.utils
numpy.DataSource numpy.compat numpy.core._multiarray_umath numpy.core._ufunc_reconstruct numpy.core.memmap
numpy._core._ufunc_reconstruct numpy._core.memmap numpy.ctypeslib numpy.distutils numpy.f2py numpy.fromfile
numpy.fromfunction numpy.fromregex numpy.frompyfunc numpy.apply_along_axis numpy.apply_over_axes numpy.genfromtxt
numpy.lib numpy.load numpy.loadtxt numpy.memmap numpy.piecewise numpy.random._pickle numpy.save numpy.savetxt
numpy.savez numpy.testing numpy.vectorize
pandas.DataFrame.eval pandas.DataFrame.query pandas.compat pandas.core.computation pandas.eval pandas.io
pandas.read_hdf pandas.read_pickle pandas.util
scipy.LowLevelCallable scipy._lib scipy.io scipy.stats._distn_infrastructure
sklearn.datasets sklearn.externals sklearn.utils
tensorflow
torch._C torch._dynamo torch._inductor torch._jit_internal torch._ops torch._utils torch.classes torch.compile
torch.cuda torch.distributed torch.export torch.from_file torch.fx torch.hub torch.jit torch.library torch.load
torch.multiprocessing torch.ops torch.package torch.save torch.serialization torch.storage torch.testing torch.utils
torchvision.datasets
transformers.dynamic_module_utils transformers.pipeline transformers.pipelines transformers.utils`
