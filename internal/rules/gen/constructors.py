"""Finds the listed classes whose constructor does no more than note or compute.

    constructors.py facts OUT.json          in an environment with the libraries
    constructors.py write OUT.txt FACTS...  what every version has harmless

An object may keep such a class as a value: whoever calls it makes an object of what
it is given, and nothing is opened, imported, evaluated or called that was given. Each
__init__, __new__, __post_init__ and __setattr__ of a class and its bases is read, with the functions
that they call, down to what COMPUTES names and what REVIEWED says of a source by its digest:
another source stays off until somebody reads it.
"""
import ast
import builtins
import hashlib
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
METHODS = set("numel any all reshape astype items keys get setdefault append extend format lower join intersection clone fill copy is_complex ravel squeeze sum min max dim update isdisjoint fill_".split())
# Functions that compute on numbers and arrays or look at a type, each by its name: none opens, evaluates or calls what it is given.
COMPUTES = {
    "numpy": """abs absolute all allclose alltrue any append arange argsort array asarray asfarray ascontiguousarray asfortranarray astype atleast_1d atleast_2d broadcast_to can_cast concat concatenate delete diag
        diff dot dtype empty empty_like errstate exp expand_dims eye flip full hstack isclose iscomplexobj isdtype isfinite isnan isreal issubclass_ issubdtype linspace log logical_and max min moveaxis nanmax nanmin ndim nextafter nonzero
        ones ones_like power prod ravel repeat reshape resize result_type rollaxis searchsorted shape sign size sort sqrt squeeze stack sum swapaxes take tile transpose unique unravel_index vstack where zeros zeros_like""",
    "numpy.core.multiarray": "normalize_axis_index", "numpy.lib.array_utils": "normalize_axis_index",
    "scipy.linalg": "solve solve_banded", "scipy._lib._array_api_override": "array_namespace", "scipy._lib._array_api": "array_namespace", "scipy.sparse": "issparse",
    "torch": "full_like zeros zeros_like tensor is_complex is_floating_point get_default_dtype typename", "torch._C": "_log_api_usage_once",
    **{"scipy.interpolate." + n: "fpcurf0 fpcurf1 fpcurfm1 fpchec curfit" for n in ("dfitpack", "_dfitpack", "_fitpack")}, "typing": "cast", "math": "factorial prod sqrt log floor cos", "operator": "index", "itertools": "product",
}
# Functions that were read: why each is harmless, the digests of their sources, and what they call of the object.
REVIEWED = {
    "torch.optim.optimizer.Optimizer.__init__": ("sorts tensors into groups, has step of the class keep its time", "4d8db055 7c29c508", "add_param_group"),
    "torch.optim.lr_scheduler.LRScheduler.__init__": ("notes a rate in each group, has step of the optimizer count, and takes one step of its own", "037c78f0", "step", "_initial_step"),
    "torch.optim.lr_scheduler._LRScheduler.__init__": ("notes a rate in each group, has step of the optimizer count, and takes one step of its own", "3e365053", "step", "_initial_step"),
    "torch.optim.lr_scheduler.LRScheduler.step": ("counts, may warn", "5f50b035", "_update_lr"),
    "torch.optim.lr_scheduler.LRScheduler._update_lr": ("notes the rates", "6aaf7435", "get_lr"),
    "torch.optim.lr_scheduler._LRScheduler.step": ("counts, may warn or print a rate, and notes the rates", "b841c59f", "get_lr", "print_lr"),
    "torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.step": ("counts, notes the rates", "78230b1a cb3594c1", "get_lr"),
    "torch.optim.lr_scheduler._LRScheduler.print_lr": ("prints a rate", "6cf1120c"),
    **{"torch.optim." + n: ("rates between two others, by one of the class's own functions that the constructor chose", d, "_annealing_cos", "_annealing_linear") for n, d in (("lr_scheduler.OneCycleLR.get_lr", "2e4d79d8 bb9db798"), ("lr_scheduler.OneCycleLR._anneal_func", "71f15178"))},
    "torch.optim.swa_utils.SWALR.get_lr": ("rates between two others, by one of the class's own functions that the constructor chose", "1f3f0703 dc310fa2", "_cosine_anneal", "_linear_anneal", "_get_initial_lr"),
    "torch.optim.lr_scheduler._format_param": ("copies tensors", "ff06edc2"),
    "sklearn.utils.metaestimators._BaseComposition._validate_names": ("compares texts with the names of the object's parameters", "982759a8 aba36782"),
    **{"sklearn.neural_network.multilayer_perceptron.%s.__init__" % n: ("its base's", d) for n, d in (("MLPClassifier", "537828c7 d2e53f0f"), ("MLPRegressor", "23fb860c 59c27558"))},
}
# Decorators that were read, by module and the name of the function that they put in place: they warn, or turn torch's compiler off, and call what they wrap.
WRAPPERS = {("sklearn.utils.validation", "inner_f"), ("sklearn.utils.deprecation", "wrapped"), ("torch._compile", "inner")}
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
        if type(cls).__call__ is not type.__call__:
            raise Unknown("metaclass of " + full(cls))
        for base in cls.__mro__:
            if base.__module__ in ("builtins", "typing", "abc", "collections", "collections.abc"):
                continue
            for name in ("__new__", "__init__", "__post_init__", "__setattr__"):
                f = vars(base).get(name)
                f = getattr(f, "__func__", f)
                if f is not None:
                    self.function(f, cls)

    def function(self, f, cls):
        f = self.unwrapped(f, cls)
        if f in self.done or written(f):
            return
        self.done.add(f)
        if f.__name__ in CALLERS:
            raise Unknown(full(f))
        try:
            source = textwrap.dedent(inspect.getsource(f))
            tree = ast.parse(source).body[0]
        except (OSError, TypeError, SyntaxError):
            raise Unknown("no source of " + full(f))
        if full(f) in REVIEWED:
            return self.reviewed(f, source, cls)
        own = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
        for n in (n for statement in tree.body for n in ast.walk(statement)):
            if isinstance(n, (ast.Import, ast.ImportFrom)) and not self.imports(n):
                raise Unknown("%s imports" % full(f))
            if isinstance(n, ast.Call):
                self.call(ast_text(n.func), f, cls, own)
            if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store) and getattr(n.value, "id", "") == "self":
                prop = getattr(cls, n.attr, None)
                if isinstance(prop, property) and prop.fset:
                    self.function(prop.fset, cls)

    def unwrapped(self, f, cls):
        """What a decorator wraps, if the decorator is one that was read."""
        while True:
            space = getattr(f, "__globals__", {}).get("__name__"), getattr(getattr(f, "__code__", None), "co_name", "")
            inner = getattr(f, "__wrapped__", None)
            if inner is None and full(f).endswith("_decorate_class.<locals>.wrapped"):  # scikit-learn's deprecated before it had one
                inner = closure(f, "init") or closure(f, "new")
            if inner is None:
                return f
            if space not in WRAPPERS:
                raise Unknown("%s of %s wraps %s" % (space[1], space[0], full(f)))
            f = inner

    def reviewed(self, f, source, cls):
        sha = hashlib.sha256(source.encode()).hexdigest()[:8]
        why, digests = REVIEWED[full(f)][:2]
        if sha not in digests.split():
            raise Unknown("%s has a source that nobody read: %s" % (full(f), sha))
        for name in REVIEWED[full(f)][2:]:  # what it calls of the object
            self.call("self." + name, f, cls, ())

    @staticmethod
    def imports(n):
        return all((getattr(n, "module", None) or a.name).split(".")[0] in ("numpy", "scipy", "sklearn", "torch", "warnings", "") for a in n.names)

    def call(self, text, f, cls, own):
        root, _, name = text.rpartition(".")
        if text in own or text in BUILTINS or text in ("super().__init__", "super().__new__", "warnings.warn", "warn"):
            return  # those of the bases are read with the class
        if root == "super()":
            for base in cls.__mro__ if cls else ():
                if name in vars(base):
                    self.function(vars(base)[name], cls)
            return
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
            if (root == "xp" and name in COMPUTES["numpy"].split()) or root and name in METHODS:
                return
            raise Unknown("%s calls %s" % (full(f), text))
        self.target(target, text, f, cls)

    def target(self, target, text, f, cls):
        module, name = getattr(target, "__module__", None) or "", text.rpartition(".")[2]
        if isinstance(getattr(target, "__self__", None), dict) and name == "get" or computes(target, text):
            return
        if isinstance(target, type):
            if issubclass(target, BaseException) or target.__module__ in ("builtins", "collections") and target.__name__ in BUILTINS | {"OrderedDict", "Counter", "defaultdict", "deque"}:
                return
            self.constructor(target)
        elif inspect.ismethod(target) and isinstance(target.__self__, type):
            self.function(target.__func__, target.__self__)
        elif cls is not None and name in ("__init__", "__new__") and any(vars(b).get(name) is target for b in cls.__mro__):
            return  # a base's
        elif inspect.isfunction(target) and module.split(".")[0] in ("sklearn", "scipy", "torch"):
            self.function(target, None)
        else:
            raise Unknown("%s calls %s" % (full(f), text))


def closure(f, name):
    return inspect.getclosurevars(f).nonlocals.get(name)


def written(f):
    """Whether Python wrote a method itself, as that of a dataclass or a named tuple."""
    return getattr(getattr(f, "__code__", None), "co_filename", "") == "<string>" or f in (object.__new__, object.__init__, object.__setattr__)


def computes(target, text):
    """Whether it is a function that COMPUTES names."""
    for space, names in COMPUTES.items():
        at = sys.modules.get(space)
        if any(getattr(at, n, None) is target for n in names.split()):
            return True
    return getattr(target, "__self__", None) is not None and type(target.__self__).__name__ == "ufunc" and text.endswith(".reduce")


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
