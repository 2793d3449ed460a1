"""Finds the listed classes whose constructor does no more than note or compute.

    constructors.py facts OUT.json          in an environment with the libraries
    constructors.py write OUT.txt FACTS...  what every version has harmless

An object may keep such a class as a value: whoever calls it makes an object of what
it is given, and nothing is opened, imported, evaluated or called that was given. Each
__init__, __new__ and __post_init__ of a class and its bases is read, with the functions
that they call, down to builtins, numpy and what REVIEWED says.
"""
import ast
import builtins
import dataclasses
import importlib
import inspect
import json
import os
import re
import sys
import textwrap
import warnings

ALLOW = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "allow")
PREFIXES = {"sklearn": "sklearn.", "torch": "torch.optim.", "scipy": "scipy.interpolate."}
BUILTINS = {"isinstance", "issubclass", "len", "int", "float", "bool", "str", "tuple", "list", "dict", "set", "type", "callable", "hasattr", "range", "enumerate",
            "zip", "min", "max", "any", "all", "abs", "sorted", "super", "complex", "slice", "sum", "id", "reversed", "repr"}
# Methods of what is given, or was made of it: those of arrays, texts, dicts and lists.
METHODS = {"numel", "any", "all", "reshape", "ravel", "astype", "items", "keys", "values", "append", "extend", "setdefault", "get", "pop", "flatten", "copy", "clone",
           "lower", "format", "join", "view", "max", "min", "sum", "update", "size", "tolist", "item", "startswith", "tocsr", "toarray", "nonzero", "detach", "is_complex", "add", "fill", "permutation", "transpose", "squeeze", "dot", "intersection"}
NUMPY_NOT = re.compile(r"load|save|file|memmap|frompyfunc|vectorize|apply|piecewise|fromfunction|fromiter|einsum_path|ctypes")
REVIEWED = {
    "torch._C._log_api_usage_once": "counts in the process",
    "torch.optim.lr_scheduler.LRScheduler.__init__": "calls step of the optimizer, and nothing else that it is given",
    "torch.optim.lr_scheduler._LRScheduler.__init__": "calls step of the optimizer, and nothing else that it is given",
    "torch.optim.optimizer.Optimizer.__init__": "sorts parameters into groups, checks that they are tensors",
    "torch.optim.optimizer._to_scalar": "a number", "torch.optim.optimizer._get_scalar_dtype": "a type", "torch.optim.lr_scheduler._format_param": "copies numbers",
    "scipy._lib.array_api_compat.common._helpers.array_namespace": "finds the library of an array among those that are imported",
    "scipy.interpolate._cubic.CubicSpline.__init__": "arrays of numbers, a system of equations", "sklearn.utils.metaestimators._BaseComposition._validate_names": "compares texts",
    "scipy.interpolate._cubic.prepare_input": "arrays of numbers", "scipy.interpolate._rbfinterp._get_backend": "finds a module of its own",
    "scipy._lib._array_api_override.array_namespace": "finds the library of an array among those that are imported",
    "scipy._lib.array_api_compat.common._helpers.is_array_api_obj": "looks at the class",
    "sklearn.utils.deprecation.deprecated._decorate_class.<locals>.wrapped": "warns, then object's",
    "sklearn.utils._metadata_requests.MetadataRequest.__init__": "sets attributes of its own",
    "scipy._lib._util.check_random_state": "a generator of a seed",
    "sklearn.utils.validation.check_random_state": "a generator of a seed",
    "scipy._lib._array_api.array_namespace": "finds the library of an array among those that are imported",
    "numpy.core.multiarray.normalize_axis_index": "a number", "numpy.lib.array_utils.normalize_axis_index": "a number",
    "sklearn.utils.validation.check_scalar": "compares a number", "sklearn.utils.validation.column_or_1d": "an array's shape",
    "collections.Counter": "counts", "weakref.ref": "a weak reference", "functools.partial": "binds a function of its own",
}
REVIEWED_MODULES = ("scipy.interpolate._dfitpack", "scipy.interpolate.dfitpack", "scipy.interpolate._fitpack", "scipy.interpolate._interpnd", "scipy.interpolate.interpnd", "scipy.interpolate._bspl",
                    "scipy.linalg", "numpy", "sklearn._loss._loss", "sklearn.utils._openmp_helpers", "collections", "_collections", "warnings", "operator", "_operator", "itertools", "math")
# They call, when they are made, a function that they are given.
CALLERS = {"LambdaLR", "MultiplicativeLR", "CyclicLR", "SequentialLR", "ChainedScheduler", "Rbf", "_CustomEvaluator"}


class Unknown(Exception):
    pass


def names():
    for lib, prefix in PREFIXES.items():
        module = ""
        with open(os.path.join(ALLOW, lib + ".txt")) as f:
            for line in f:
                part = line.rstrip("\n").split("\t")
                if line.startswith("@"):
                    module = part[0][1:]
                elif module.startswith(prefix) and part[1] in ("plain", "mapping", "sequence", "table", "record"):
                    yield module, part[0]


def full(f):
    return "%s.%s" % (getattr(f, "__module__", None) or "builtins", getattr(f, "__qualname__", getattr(f, "__name__", "?")))


def resolve(text, fn):
    """The object that a dotted name means in a function."""
    first, *rest = text.split(".")
    space = getattr(fn, "__globals__", {})
    closure = inspect.getclosurevars(fn).nonlocals if inspect.isfunction(fn) else {}
    if first in closure:
        at = closure[first]
    elif first in space:
        at = space[first]
    else:
        at = getattr(builtins, first)
    for r in rest:
        at = getattr(at, r)
    return at


class Reader:
    def __init__(self):
        self.done = set()

    def constructor(self, cls):
        if cls in self.done or cls.__module__ == "builtins":
            return
        self.done.add(cls)
        meta = type(cls)
        if meta is not type and "__call__" in vars(meta):
            raise Unknown("metaclass of " + full(cls))
        for base in cls.__mro__:
            if base.__module__ in ("builtins", "typing", "abc") or base.__module__.startswith(REVIEWED_MODULES):
                continue
            for name in ("__new__", "__init__", "__post_init__"):
                f = vars(base).get(name)
                f = getattr(f, "__func__", f)
                if f is None or dataclasses.is_dataclass(base) and name == "__init__" or issubclass(base, tuple) and hasattr(base, "_fields"):
                    continue
                self.function(f, cls)

    def function(self, f, cls):
        f = inspect.unwrap(f)
        if f in self.done or full(f) in REVIEWED or (getattr(f, "__module__", None) or "").startswith(REVIEWED_MODULES):
            return
        self.done.add(f)
        if f.__name__ in CALLERS:
            raise Unknown(full(f))
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(f))).body[0]
        except (OSError, TypeError, SyntaxError):
            raise Unknown("no source of " + full(f))
        own = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
        for n in (n for statement in tree.body for n in ast.walk(statement)):
            if isinstance(n, (ast.Import, ast.ImportFrom)) and not self.imports(n):
                raise Unknown("%s imports" % full(f))
            if isinstance(n, ast.Call):
                self.call(ast_text(n.func), f, cls, own)

    @staticmethod
    def imports(n):
        return all((getattr(n, "module", None) or a.name).split(".")[0] in ("numpy", "scipy", "sklearn", "torch", "warnings", "") for a in n.names)

    def call(self, text, f, cls, own):
        if text.startswith("super()") or text in own or re.search(r"(Error|Warning|Exception)$", text) or re.fullmatch(r"\w+\.__(init|new)__", text):
            return
        if text in ("warnings.warn", "warn") or text in BUILTINS or text.startswith("xp."):  # numpy, or what has its functions
            return
        root, _, name = text.rpartition(".")
        if root in ("self", "cls") and cls is not None:
            m = getattr(cls, name, None)
            if m is None or not callable(m):
                raise Unknown("%s calls %s" % (full(f), text))
            if isinstance(m, type):
                return self.constructor(m)
            return self.function(getattr(m, "__func__", m), cls)
        try:
            target = resolve(text, f)
        except (AttributeError, TypeError, ValueError):
            if root and name in METHODS:
                return
            raise Unknown("%s calls %s" % (full(f), text))
        module = getattr(target, "__module__", None) or ""
        if isinstance(getattr(target, "__self__", None), dict) and name == "get":
            return
        if full(target) in REVIEWED or text == "np.random.permutation" or module.split(".")[0] == "numpy" or "ufunc" in (type(target).__name__, type(getattr(target, "__self__", None)).__name__):
            if NUMPY_NOT.search(name or text):
                raise Unknown("%s calls %s" % (full(f), text))
        elif isinstance(target, type):
            if target.__module__ not in ("builtins", "collections"):
                self.constructor(target)
            elif target.__name__ not in BUILTINS | {"OrderedDict", "Counter", "defaultdict", "ValueError", "deque"}:
                raise Unknown("%s calls %s" % (full(f), text))
        elif inspect.isfunction(target) and module.split(".")[0] in ("sklearn", "scipy", "torch"):
            self.function(target, None)
        elif not module.startswith(REVIEWED_MODULES) and not text.startswith(("torch.full_like", "torch.zeros", "torch.tensor", "torch.is_complex", "torch.is_floating_point", "dfitpack.", "_fitpack.", "_bspl.", "_dierckx.")):
            raise Unknown("%s calls %s" % (full(f), text))


def ast_text(n):
    """a.b.c, or "?.c" for a method of something else."""
    if isinstance(n, ast.Name):
        return n.id
    if isinstance(n, ast.Attribute):
        if isinstance(n.value, ast.Call) and getattr(n.value.func, "id", "") == "super":
            return "super()." + n.attr
        return (ast_text(n.value) if isinstance(n.value, (ast.Name, ast.Attribute)) else "?") + "." + n.attr
    return "?"


def facts(out):
    warnings.simplefilter("ignore")
    found = {}
    for module, name in names():
        try:
            cls = importlib.import_module(module)
            for part in name.split("."):
                cls = getattr(cls, part)
        except Exception:
            continue
        if not isinstance(cls, type):
            continue
        try:
            if cls.__name__ in CALLERS:
                raise Unknown("calls what it is given")
            Reader().constructor(cls)
            found[module + " " + name] = ""
        except (Unknown, RecursionError, OSError, TypeError) as e:
            found[module + " " + name] = str(e) or "?"
    with open(out, "w") as f:
        json.dump(found, f, indent=0, sort_keys=True)


def write(out, paths):
    ok, off = set(), {}
    for p in paths:
        with open(p) as f:
            for key, why in json.load(f).items():
                if why:
                    off.setdefault(key, why)
                else:
                    ok.add(key)
    for key, why in sorted(off.items()):
        print("OFF", key, "--", why, file=sys.stderr)
    modules = {}
    for key in sorted(ok - set(off)):
        module, name = key.split(" ", 1)
        modules.setdefault(module, []).append(name)
    with open(out, "w") as f:
        f.write("# Written by internal/rules/gen/constructors.py: listed classes that may be kept as a value.\n")
        for module, members in sorted(modules.items()):
            f.write("%s %s\n" % (module, " ".join(members)))


if __name__ == "__main__":
    if sys.argv[1] == "facts":
        facts(sys.argv[2])
    else:
        write(sys.argv[2], sys.argv[3:])
