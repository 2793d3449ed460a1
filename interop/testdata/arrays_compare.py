"""Loads each source with the library that wrote it, walks it as pickle would, and
answers how its arrays differ from those of the conversion: "" if in nothing, None if
there is no array in it."""

import bz2
import copyreg
import gzip
import json
import lzma
import pathlib
import pickle
import struct
import tarfile
import zipfile

import common

import joblib
import numpy as np

NAMES = {"b1": "BOOL", "u1": "U8", "i1": "I8", "u2": "U16", "i2": "I16", "f2": "F16", "u4": "U32", "i4": "I32", "f4": "F32",
         "u8": "U64", "i8": "I64", "f8": "F64", "c8": "C64"}
ARGUMENTS = {"sklearn.tree._tree.Tree": ["n_features", "n_classes", "n_outputs"], "pandas._libs.sparse.IntIndex": ["length", "indices"]}
PLAIN = (bool, int, float, str, bytes, complex, np.generic, np.dtype, type, slice, set, frozenset, np.ufunc)


def load(path):
    name = path.name
    opened = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}.get(path.suffix, open)
    if name.endswith(".joblib"):
        return joblib.load(path)
    if name.endswith(".npz"):
        with np.load(path, allow_pickle=True) as z:
            return {k: z[k] for k in z.files}
    if name.endswith(".tar.gz"):
        with tarfile.open(path) as t:
            return pickle.load(t.extractfile("m/m.pkl"))
    if name.endswith(".zip"):
        with zipfile.ZipFile(path) as z:
            return pickle.loads(z.read("m/m.pkl"))
    with opened(path, "rb") as f:
        return np.load(f) if ".npy" in name else pickle.load(f, encoding="latin1" if name.startswith("python2") else "ASCII")


class Walk:
    def __init__(self):
        self.found, self.open = {}, set()

    def add(self, path, a):
        self.found[".".join(path)] = a

    def walk(self, o, path):
        if isinstance(o, np.void) and o.dtype.hasobject:
            return self.walk(o.item(), path)
        if o is None or isinstance(o, PLAIN) or id(o) in self.open:
            return
        self.open.add(id(o))
        self.inside(o, path)
        self.open.discard(id(o))

    def inside(self, o, path):
        if isinstance(o, np.ma.MaskedArray) and o is not np.ma.masked:
            self.walk(o.data, path + ["data"])
            self.add(path + ["mask"], np.ma.getmaskarray(o))
        elif isinstance(o, np.ndarray) and o.dtype == object:
            for i in np.ndindex(o.shape):
                self.walk(o[i], path + [str(x) for x in i])
        elif isinstance(o, np.ndarray) and o.dtype.hasobject:  # records, which pickle writes as tuples
            for i in np.ndindex(o.shape):
                self.walk(o[i].item(), path + [str(x) for x in i])
        elif isinstance(o, np.ndarray):
            self.add(path, np.asarray(o))
        elif type(o) in (list, tuple):
            self.items(enumerate(o), path)
        elif isinstance(o, dict) and type(o).__module__ in ("builtins", "collections"):
            self.items(o.items(), path)
        elif type(o).__name__ in ("DataFrame", "Series"):
            self.frame(o, path)
        else:
            self.object(o, path)

    def items(self, items, path):
        for k, v in items:
            self.walk(v, path + [str(k)])

    def frame(self, o, path):
        if type(o).__name__ == "Series":
            self.column(o.array, path + ["values"])
        else:
            flat = o.columns.is_unique and o.columns.nlevels == 1
            for i in range(o.shape[1]):
                name = str(o.columns[i]) if flat else str(i)
                self.column(o.iloc[:, i].array, path + [name + "_" if name in ("index", "columns") else name])
            self.walk(o.columns, path + ["columns"])
        self.walk(o.index, path + ["index"])

    def column(self, a, path):
        if type(a).__name__ == "NumpyExtensionArray":
            return self.walk(a.to_numpy(), path)
        if not hasattr(a, "_ndarray"):
            return self.walk(a, path)
        self.walk(a._ndarray, path)
        self.walk(a.dtype, path + ["dtype"])
        for x in a.__reduce__()[2] or ():
            if type(x) is dict:
                self.walk(x, path + ["attributes"])

    def object(self, o, path):
        """What pickle would write of it: arguments, items and state."""
        try:
            made = o.__reduce_ex__(4)
        except TypeError:
            return
        if isinstance(made, str) or getattr(made[0], "__module__", None) is None:
            return
        if hasattr(o, "_ndarray"):  # of pandas
            return self.column(o, path)
        function, args, state, items, pairs = (tuple(made) + (None,) * 4)[:5]
        short = function.__name__
        if function is copyreg.__newobj__ or short in ("newObj",) or short.startswith(("_new_", "__pyx_unpickle_")):
            function, args = args[0], args[2 if short.startswith("__pyx") else 1:]
        names = ARGUMENTS.get(f"{function.__module__}.{function.__qualname__}", [])
        if len(args) == 1 and type(args[0]) is dict and not names:
            for k, v in args[0].items():  # an index of pandas
                self.walk(v, path if k == "data" else path + [k])
        else:
            self.items(zip(names, args), path)
            self.items(enumerate(args[len(names):]), path + ["args"])
        self.items(enumerate(items or ()), path)
        self.items(pairs or (), path)
        if type(state) is dict:
            self.items(state.items(), path)
        elif type(state) is tuple and len(state) == 2 and all(x is None or type(x) is dict for x in state):
            for half in state:
                self.items((half or {}).items(), path)
        elif state is not None:
            self.walk([state], path + ["state"])


def stored(path):
    data = path.read_bytes()
    n, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + n])
    header.pop("__metadata__", None)
    return {k: (v["dtype"], v["shape"], data[8 + n:][slice(*v["data_offsets"])]) for k, v in header.items()}


def equal(x, y):
    if x.dtype.names:
        return all(equal(x[n], y[n]) for n in x.dtype.names)
    return np.ascontiguousarray(x).tobytes() == np.ascontiguousarray(y).astype(x.dtype).tobytes()


def differs(entry, a, name):
    dtype, shape, data = entry
    kind = NAMES.get(a.dtype.str[1:]) if a.dtype.names is None else None
    if kind:
        want = np.asarray(a, order="C").astype(a.dtype.newbyteorder("<")).tobytes()
        return "" if (dtype, shape, data) == (kind, list(a.shape), want) else f"{name} is {dtype} {shape}, want {kind} {a.shape}; "
    if (dtype, shape) != ("U8", list(a.shape) + [a.dtype.itemsize]):
        return f"{name} is {dtype} {shape}, want bytes of {a.dtype} {a.shape}; "
    for order in ("=", ">", "<"):  # the bytes are the file's, and joblib turns them round
        as_stored = a.dtype if order == "=" or a.dtype.names else a.dtype.newbyteorder(order)
        if a.size == 0 or equal(np.frombuffer(data, as_stored).reshape(a.shape), a):
            return ""
    return f"{name} has other elements; "


def compare(case):
    walk = Walk()
    walk.walk(load(pathlib.Path(case["source"])), [])
    if not walk.found:
        return None
    got = {}
    for path in (case.get("out"), case.get("state")):
        if path and pathlib.Path(path).exists():
            got |= stored(pathlib.Path(path))
    text = "".join(f"{n} is missing; " if n not in got else differs(got[n], a, n) for n, a in walk.found.items())
    more = [n for n in got if n not in walk.found and ".fill_value" not in n]
    return text + "".join(f"{n} is not in the object; " for n in more)


common.answer({case["name"]: compare(case) for case in common.read()})
