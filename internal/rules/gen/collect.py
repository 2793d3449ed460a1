"""Reads what the installed libraries put into pickles, and what their classes do.

    collect.py OUT.json [LIBRARY...]

Runs in an environment of its own for each set of library versions. It makes the
objects of interop/testdata/ordinary.py, pickles them at every protocol, and notes
each global that a pickle names and how it is used. Of every class among them, and
of every class that enumerate() adds, it notes facts for judge.py: its bases, what
the bases define, and the code of the methods that loading would run. Nothing is
decided here.
"""
import ast
import collections
import functools
import hashlib
import importlib
import inspect
import io
import itertools
import json
import os
import pickle
import pkgutil
import sys
import textwrap
import warnings

warnings.simplefilter("ignore")
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../interop/testdata"))
sys.setrecursionlimit(5000)
import ordinary  # noqa: E402
import ordinary_walk  # noqa: E402

# Methods that loading a pickle, or dropping what it made, can run.
RUN = "__new__ __init__ __setstate__ __getattr__ __getattribute__ __setattr__ __del__ __hash__ __eq__ __setitem__ __reduce__ __reduce_ex__ __getnewargs__ __getnewargs_ex__ append extend add update _missing_ __call__".split()


def kind(v):
    if isinstance(v, type):
        return "class:%s.%s" % (v.__module__, v.__qualname__)
    if callable(v) and not isinstance(type(v), type(None)) and type(v).__name__ in ("function", "builtin_function_or_method", "ufunc"):
        return "function:%s.%s" % (getattr(v, "__module__", "?"), getattr(v, "__qualname__", getattr(v, "__name__", "?")))
    t = type(v)
    return t.__name__ if t.__module__ == "builtins" else "%s.%s" % (t.__module__, t.__qualname__)


class Recorder(pickle._Unpickler):
    """The Python unpickler, noting what each global is used for."""
    dispatch = dict(pickle._Unpickler.dispatch)

    def __init__(self, file, uses):
        super().__init__(file)
        self.uses, self.names, self.made, self.keep = uses, {}, {}, []

    def note(self, name, use):
        if name:
            d = self.uses.setdefault(name, collections.Counter())
            if len(name) == 3 or len(d) < 40 or use in d:
                d[use] += 1

    def find_class(self, module, name):
        v = super().find_class(module, name)
        full = module, name
        self.names[id(v)] = full
        self.keep.append(v)
        self.note(full, "name")
        return v

    def persistent_load(self, pid):
        return None

    def made_by(self, obj, fn, args):
        full = self.names.get(id(fn))
        if full and full[1] in ("_reconstructor", "_reconstruct") and args:
            full = self.names.get(id(args[0]), full) if full[1] == "_reconstructor" else full
        self.made[id(obj)] = full
        self.keep.append(obj)


def op(code):
    def deco(f):
        Recorder.dispatch[code] = f
        return f
    return deco


@op(pickle.REDUCE[0])
def load_reduce(self):
    args, fn = self.stack[-1], self.stack[-2]
    self.note(self.names.get(id(fn)), "REDUCE(%s)" % ", ".join(map(kind, args)))
    pickle._Unpickler.load_reduce(self)
    self.made_by(self.stack[-1], fn, args)


@op(pickle.NEWOBJ[0])
def load_newobj(self):
    args, fn = self.stack[-1], self.stack[-2]
    self.note(self.names.get(id(fn)), "NEWOBJ(%s)" % ", ".join(map(kind, args)))
    pickle._Unpickler.load_newobj(self)
    self.made_by(self.stack[-1], fn, args)


@op(pickle.NEWOBJ_EX[0])
def load_newobj_ex(self):
    self.note(self.names.get(id(self.stack[-3])), "NEWOBJ_EX(%s)" % ", ".join(map(kind, self.stack[-2])))
    fn, args = self.stack[-3], self.stack[-2]
    pickle._Unpickler.load_newobj_ex(self)
    self.made_by(self.stack[-1], fn, args)


@op(pickle.BUILD[0])
def load_build(self):
    state, obj = self.stack[-1], self.stack[-2]
    name = self.made.get(id(obj))
    if isinstance(state, dict):
        self.note(name, "BUILD dict")
        for k, v in state.items():
            self.note((name[0], name[1], "keys"), str(k)) if name else None
            if inspect.isroutine(v) or isinstance(v, type):
                self.note(name, "BUILD %s=%s" % (k, kind(v)))
    else:
        self.note(name, "BUILD " + (kind(state) + "(%s)" % ", ".join(map(kind, state)) if isinstance(state, tuple) else kind(state)))
        if isinstance(state, tuple) and len(state) == 2 and isinstance(state[1], dict) and (state[0] is None or isinstance(state[0], dict)):
            for half in state:
                for k in half or ():
                    self.note((name[0], name[1], "keys"), str(k)) if name else None
    pickle._Unpickler.load_build(self)


def changes(code, base, word, depth):
    def f(self):
        obj = self.stack[-2] if depth else self.metastack[-1][-1]
        if type(obj) not in (list, dict, set):
            self.note(self.made.get(id(obj)), word)
        getattr(pickle._Unpickler, base)(self)
    Recorder.dispatch[code] = f


changes(pickle.APPENDS[0], "load_appends", "APPENDS", 0)
changes(pickle.SETITEMS[0], "load_setitems", "SETITEMS", 0)
changes(pickle.ADDITEMS[0], "load_additems", "ADDITEMS", 0)
changes(pickle.APPEND[0], "load_append", "APPENDS", 1)


@op(pickle.SETITEM[0])
def load_setitem(self):
    obj = self.stack[-3]
    if type(obj) is not dict:
        self.note(self.made.get(id(obj)), "SETITEMS")
    pickle._Unpickler.load_setitem(self)


@functools.lru_cache(None)
def classes_in(path):
    """The text of each class in a file by its qualified name: inspect parses the file for each."""
    try:
        text = open(path, encoding="utf-8").read()
        lines, out, todo = text.splitlines(True), {}, [("", ast.parse(text))]
    except (OSError, SyntaxError, UnicodeDecodeError):
        return {}
    while todo:
        within, node = todo.pop()
        for n in ast.iter_child_nodes(node):
            name = within + (getattr(n, "name", None) or "")
            if isinstance(n, ast.ClassDef):
                out.setdefault(name, "".join(lines[n.lineno - 1:n.end_lineno]))
                todo.append((name + ".", n))
            elif not isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)):
                todo.append((within, n))
    return out


def source_of(f):
    if isinstance(f, type) and sys.version_info >= (3, 8):
        return textwrap.dedent(classes_in(getattr(sys.modules.get(f.__module__), "__file__", None) or "").get(f.__qualname__, "")) or None
    try:
        return textwrap.dedent(inspect.getsource(f))
    except Exception:
        return None


def dotted(n):
    if isinstance(n, ast.Attribute):
        return dotted(n.value) + "." + n.attr
    return n.id if isinstance(n, ast.Name) else "(...)"


def calls_in(src):
    """The calls, imports and other effects in a method's source, as text."""
    try:
        tree = ast.parse(src)
    except SyntaxError:
        return ["unparsable"]
    out = set()
    for n in ast.walk(tree):
        if isinstance(n, ast.Call):
            try:
                out.add(ast.unparse(n.func))
            except AttributeError:  # Python before 3.9
                out.add(dotted(n.func))
        elif isinstance(n, (ast.Import, ast.ImportFrom)):
            out.add("import")
    return sorted(out)


# What a class's methods might do when they are used: calls by their last part, and
# whatever is called of these modules.
EFFECTS = set("open exec eval __import__ import_module system popen Popen fromfile memmap genfromtxt loadtxt urlopen urlretrieve read_text write_text read_bytes write_bytes from_pretrained load_from_checkpoint hf_hub_download exec_module load_module run_module rmtree unlink makedirs mkdir load_state_dict_from_url cached_file".split())
MODULES = set("os shutil subprocess pickle cloudpickle dill joblib importlib requests urllib socket tempfile webbrowser ctypes multiprocessing runpy".split())


def effects(cls):
    """The calls in a class's source that might open, start or import something."""
    out = set()
    for call in calls_in(source_of(cls) or ""):
        parts = call.split(".")
        if parts[-1] in EFFECTS and (len(parts) == 1 or parts[-1] not in ("eval", "exec")) or parts[0] in MODULES and parts[:2] != ["os", "path"] or parts[-1] in ("load", "loads") and parts[0] in ("np", "numpy", "torch", "marshal", "yaml"):
            out.add(call)
    return sorted(out)


def assigned(cls):
    """Names that the class's own source assigns on self, or annotates."""
    src = source_of(cls)
    names = set()
    if src:
        try:
            for n in ast.walk(ast.parse(src)):
                if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store) and isinstance(n.value, ast.Name) and n.value.id in ("self", "obj", "new_obj", "result"):
                    names.add(n.attr)
                elif isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name):
                    names.add(n.target.id)
                elif isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in ("register_buffer", "register_parameter", "add_module") and n.args and isinstance(n.args[0], ast.Constant):
                    names.add(n.args[0].value)
        except SyntaxError:
            pass
    return sorted(map(str, names))


def class_facts(cls, table):
    full = "%s.%s" % (cls.__module__, cls.__qualname__)
    if full in table or cls is object:
        return
    methods, data, slots = [], [], []
    for k, v in vars(cls).items():
        if k.startswith("__") or type(v).__name__ in ("lazy_property", "cached_property", "_lazy_property_and_property"):
            continue  # those are there to be replaced by an attribute
        if type(v) is property and v.fset is None:
            continue  # no attribute of an object comes before it, and no assignment reaches it
        if type(v).__name__ == "member_descriptor":
            slots.append(k)
        elif callable(v) or hasattr(v, "__get__") or isinstance(v, (staticmethod, classmethod, property)):
            methods.append(k)
        else:
            data.append(k)
    run = {}
    for m in RUN:
        if m not in vars(cls):
            continue
        f = vars(cls)[m]
        f = getattr(f, "__func__", f)
        if f is None or (isinstance(f, property)):
            run[m] = {"py": "none"}
            continue
        f = inspect.unwrap(f) if callable(f) and hasattr(f, "__wrapped__") else f
        src = source_of(f) if inspect.isfunction(f) else None
        where = "%s.%s" % (getattr(f, "__module__", "?"), getattr(f, "__qualname__", "?"))
        if inspect.isfunction(f):
            run[m] = {"py": "source" if src else "no source", "calls": calls_in(src) if src else [], "sha": hashlib.sha256((src or "").encode()).hexdigest()[:8], "where": where}
        else:
            run[m] = {"py": "c"}
    table[full] = {
        "module": cls.__module__, "name": cls.__qualname__, "heap": bool(cls.__flags__ & (1 << 9)),
        "mro": ["%s.%s" % (c.__module__, c.__qualname__) for c in cls.__mro__[:-1]], "meta": "%s.%s" % (type(cls).__module__, type(cls).__qualname__),
        "methods": sorted(methods), "data": sorted(data), "slots": sorted(slots), "assigned": assigned(cls), "run": run, "effects": effects(cls),
        "python": bool(source_of(cls)) or "__init__" in vars(cls) and inspect.isfunction(vars(cls)["__init__"]),
        "exported": getattr(sys.modules.get(cls.__module__), cls.__qualname__.split(".")[0], None) is not None,
        "dunders": sorted(k for k in vars(cls) if k.startswith("__") and callable(vars(cls)[k])),
    }
    for b in cls.__mro__[1:]:
        class_facts(b, table)


# Where else classes stand that a pickle of the library may name, though no
# sample has one: (package, base class).
SPACES = [*((p, "sklearn.base.BaseEstimator") for p in "sklearn imblearn category_encoders feature_engine mlxtend skrub tslearn".split()), ("river", "river.base.Base"), ("networkx.classes", "builtins.object"), ("hmmlearn", "sklearn.base.BaseEstimator"), ("skopt", "builtins.object"), ("gymnasium.spaces", "builtins.object"), ("stable_baselines3", "torch.nn.modules.module.Module"), ("stable_baselines3.common.distributions", "builtins.object"), ("torch_geometric.nn", "torch.nn.modules.module.Module"), ("torch_geometric.transforms", "torch_geometric.transforms.BaseTransform"), ("segmentation_models_pytorch", "torch.nn.modules.module.Module"), ("torchaudio.models", "torch.nn.modules.module.Module"), ("torchaudio.transforms", "torch.nn.modules.module.Module"), ("einops.layers", "torch.nn.modules.module.Module"), ("nltk.tokenize", "nltk.tokenize.api.TokenizerI"), ("nltk.stem", "nltk.stem.api.StemmerI"), ("nltk.lm", "builtins.object"), ("pygam", "pygam.core.Core"), ("optuna.distributions", "builtins.object"), ("optuna.pruners", "builtins.object"),
          *((p, "builtins.object") for p in "sklearn._loss sklearn.covariance sklearn.ensemble sklearn.gaussian_process sklearn.linear_model sklearn.metrics scipy.integrate".split()), ("torch.nn", "torch.nn.modules.module.Module"), ("torch.ao.nn", "torch.nn.modules.module.Module"), ("torch.optim", "torch.optim.optimizer.Optimizer"),
          ("torch.optim", "torch.optim.lr_scheduler._LRScheduler"), ("torch.optim", "torch.optim.lr_scheduler.LRScheduler"), ("torchvision.models", "torch.nn.modules.module.Module"), ("torchvision.ops", "torch.nn.modules.module.Module"),
          ("torchvision.transforms", "torch.nn.modules.module.Module"), ("timm.layers", "torch.nn.modules.module.Module"), ("timm.models", "torch.nn.modules.module.Module"),
          ("transformers", "transformers.configuration_utils.PretrainedConfig"), ("transformers", "transformers.configuration_utils.PreTrainedConfig"), ("transformers", "transformers.utils.generic.ModelOutput"), ("transformers.models", "torch.nn.modules.module.Module"),
          ("torch.distributions", "torch.distributions.distribution.Distribution"), ("torch.ao.quantization", "torch.nn.modules.module.Module"), ("torch.quantization", "torch.nn.modules.module.Module"),
          ("ultralytics.nn", "torch.nn.modules.module.Module"), ("gpytorch", "torch.nn.modules.module.Module"), ("botorch.models.transforms", "torch.nn.modules.module.Module"), ("pyro.nn", "torch.nn.modules.module.Module"), ("monai.networks", "torch.nn.modules.module.Module"), ("monai.losses", "torch.nn.modules.module.Module"), ("kornia", "torch.nn.modules.module.Module"), ("open_clip", "torch.nn.modules.module.Module"), ("whisper", "torch.nn.modules.module.Module"), ("efficientnet_pytorch", "torch.nn.modules.module.Module"), ("tensordict.nn", "torch.nn.modules.module.Module"), *((p, "sklearn.base.BaseEstimator") for p in "interpret econml boruta tsfresh".split()), *((p, "enum.Enum") for p in "monai.utils kornia.constants kornia.augmentation kornia.enhance kornia.feature torch_geometric.data torch_geometric.loader torch_geometric.typing pyro gpytorch botorch econml interpret catboost tensordict xarray.core skimage optax sktime.datatypes".split()), ("skimage.transform", "builtins.object"), ("skimage.measure", "builtins.object"), ("pandas.core.window", "builtins.object"), ("peft.tuners", "torch.nn.modules.module.Module"), ("peft.tuners", "peft.config.PeftConfigMixin"), ("diffusers.models", "torch.nn.modules.module.Module"), ("setfit", "torch.nn.modules.module.Module")]
# Which of transformers' models: the rest are reviewed by nobody.
MODELS = "bert gpt2 llama t5 vit clip whisper distilbert roberta mistral qwen2 qwen3 gemma gemma2 wav2vec2 bart albert deberta deberta_v2 electra xlm_roberta opt bloom phi phi3 mixtral resnet swin segformer detr layoutlm mpnet longformer".split()


def base_class(full):
    module, name = full.rsplit(".", 1)
    try:
        return getattr(importlib.import_module(module), name)
    except Exception:
        return None


def enumerate_spaces(table, only):
    for package, base in SPACES:
        if only and package.split(".")[0] not in only:
            continue
        base = base_class(base)
        if base is None:
            continue
        try:
            root = importlib.import_module(package)
        except Exception:
            continue
        for name in [m.name for m in pkgutil.walk_packages(getattr(root, "__path__", []), package + ".", onerror=lambda n: None)] or [package]:
            parts = name.split(".")
            if any(p.startswith("test") or p in ("conftest", "setup", "externals", "_testing", "conversion") or p.startswith("convert_") or "_tf" in p or "flax" in p for p in parts):
                continue
            if package == "transformers" and parts[-1].split("_")[0] not in ("configuration", "modeling") and "modeling_outputs" not in name:
                continue
            if package == "transformers.models" and (len(parts) < 4 or parts[2] not in MODELS or not parts[-1].startswith("modeling_")):
                continue
            if package == "transformers" and len(parts) > 2 and parts[-1].startswith("modeling_") and not parts[-1].endswith("outputs"):
                continue
            try:
                mod = importlib.import_module(name)
            except BaseException:
                continue
            for cls in list(vars(mod).values()):
                if inspect.isclass(cls) and cls.__module__ == mod.__name__ and issubclass(cls, base):
                    class_facts(cls, table)


def walked(libraries, table):
    """The objects of every public class; of those that none can be made of, the facts."""
    for lib in libraries:
        for name, obj in ordinary_walk.samples(lib):
            yield lib, "walk: " + name, obj
        for _, cls in ordinary_walk.classes(lib):
            class_facts(cls, table)


def main():
    out, only = sys.argv[1], sys.argv[2:]
    uses, table, failed, made = {}, {}, [], 0
    for lib, name, obj in itertools.chain(ordinary.samples(only), walked(only, table)):
        if os.environ.get("COLLECT_DEBUG"):
            print(lib, name, file=sys.stderr, flush=True)
        for protocol in (0, 2, 4) if name.startswith("walk: ") else range(pickle.HIGHEST_PROTOCOL + 1):
            try:
                data = pickle.dumps(obj, protocol=protocol)
                made += 1
            except Exception as e:
                failed.append("%s %s p%d: dump: %s" % (lib, name, protocol, e))
                continue
            try:
                Recorder(io.BytesIO(data), uses).load()
            except Exception as e:
                failed.append("%s %s p%d: load: %r" % (lib, name, protocol, e))
    names, keys = {}, {}
    for full, how in uses.items():
        if len(full) == 3:
            keys["%s %s" % full[:2]] = sorted(how)
            continue
        module, name = full
        entry = names["%s %s" % full] = {"uses": dict(how)}
        try:
            v = pickle._Unpickler(io.BytesIO(b"")).find_class(module, name)
        except Exception:
            v = functools.reduce(getattr, name.split("."), sys.modules[module])
        if isinstance(v, type):
            class_facts(v, table)
            entry["class"] = "%s.%s" % (v.__module__, v.__qualname__)
        else:
            entry["value"] = kind(v)
            src = source_of(v) if inspect.isfunction(v) else None
            entry["calls"] = calls_in(src) if src else []
    enumerate_spaces(table, only)
    versions = {"python": sys.version.split()[0]}
    for m in "numpy scipy pandas sklearn xgboost lightgbm catboost tokenizers transformers torch torchvision lightning pytorch_lightning joblib keras timm torchmetrics ultralytics sentence_transformers gensim spacy nltk imblearn category_encoders networkx pygam hdbscan lifelines river mlxtend tslearn optuna skrub feature_engine mapie ngboost statsmodels peft diffusers setfit accelerate shap skorch prophet matplotlib regex hyperopt einops segmentation_models_pytorch torch_geometric torchaudio hmmlearn skopt gymnasium stable_baselines3 pyod surprise implicit gpytorch botorch pyro monai kornia open_clip whisper efficientnet_pytorch tensordict interpret econml tsfresh skimage sktime xarray optax jax".split():
        if m in sys.modules and hasattr(sys.modules[m], "__version__"):
            versions[m] = sys.modules[m].__version__
    json.dump({"versions": versions, "names": names, "keys": keys, "classes": table, "failed": failed}, open(out, "w"), indent=0, sort_keys=True)
    print(made, "pickles;", len(names), "globals;", len(table), "classes;", len(failed), "failed", file=sys.stderr)


if __name__ == "__main__":
    main()
