"""Compares what a conversion to pytorch gives back with its source.

Reads a list of [source, result]. The result must open with
torch.load(weights_only=True), and be equal to what torch or pickle loads from the
source in every tensor and plain value, types included, but for what
docs/formats/pytorch.md says becomes another thing. Answers a difference for each
result, "" for none; under torch 1.13, whose restricted loader knows less, also
"unsupported: ..." for what that loader does not take.
"""
import collections
import json
import pickle
import struct
import sys
import warnings
import zipfile

import numpy as np
import torch

warnings.filterwarnings("ignore")
OLD = torch.__version__.startswith("1.")
# What the restricted loader of torch 1.13 lacks (torch/_weights_only_unpickler.py).
LACKS = ("Unsupported operand 71", "Unsupported class", "too many values to unpack")


class Difference(Exception):
    pass


def load(source):
    if "/torch/" in source:
        more = {} if OLD else {"weights_only": False}
        return torch.load(source, map_location="cpu", **more)
    with open(source, "rb") as f:
        return pickle.load(f)


def raw(t):
    t = t.detach()
    t = t.resolve_conj() if t.is_conj() else t
    t = t.resolve_neg() if t.is_neg() else t
    t = t.contiguous()
    storage = t.storage().untyped() if OLD else t.untyped_storage()
    start, size = t.storage_offset() * t.element_size(), t.element_size() * t.numel()
    return bytes(bytearray(storage[start:start + size])) if size else b""


class Comparison:
    def __init__(self):
        self.seen = {}

    def same(self, a, b, path):
        def need(ok, what):
            if not ok:
                raise Difference(f"{path}: {what}")

        if isinstance(a, (list, dict, torch.Tensor)):
            if id(a) in self.seen:
                need(self.seen[id(a)] is b, "is no longer the same object")
                return
            self.seen[id(a)] = b
        if isinstance(a, torch.nn.Module):
            state = a.state_dict(keep_vars=True)
            torchs = {n for n, m in a.named_modules(remove_duplicate=False) if type(m).__module__.startswith("torch.")}
            self.same({n: v for n, v in state._metadata.items() if n in torchs}, dict(getattr(b, "_metadata", {})), path + "._metadata")
            a = dict(state)
        if isinstance(a, torch.Tensor):
            self.tensor(a, b, path, need)
        elif isinstance(a, np.ndarray):
            self.array(a, b, path, need)
        elif isinstance(a, np.generic):
            v = a.item()
            if not isinstance(v, np.generic) and a.dtype.kind in "biufcSU":
                need(v == b or v != v and b != b, f"{a!r} became {b!r}")
        elif isinstance(a, float):
            need(type(b) is float and struct.pack("d", a) == struct.pack("d", b), f"{a!r} became {b!r}")
        elif isinstance(a, (bool, int, str, bytes, bytearray, complex, type(None), torch.dtype, torch.device)):
            need(type(a) is type(b) and a == b, f"{a!r} became {b!r}")
        elif isinstance(a, (set, frozenset)):
            need(type(b) is set and a == b, f"{a!r} became {b!r}")
        elif type(a) in (list, tuple, torch.Size):
            need(type(a) is type(b) and len(a) == len(b), f"a {type(a).__name__} of {len(a)} became a {type(b).__name__} of {len(b)}")
            for i, (x, y) in enumerate(zip(a, b)):
                self.same(x, y, f"{path}[{i}]")
        elif type(a) in (dict, collections.OrderedDict, collections.Counter, collections.defaultdict):
            self.mapping(a, b, path, need)
        elif isinstance(b, dict):
            for k, v in getattr(a, "__dict__", {}).items():
                if k in b:
                    self.same(v, b[k], f"{path}.{k}")

    def mapping(self, a, b, path, need):
        kind = dict if type(a) is collections.defaultdict else type(a)
        need(type(b) is kind or isinstance(b, collections.OrderedDict) and hasattr(b, "modelaudit_modules"), f"a {kind.__name__} became a {type(b).__name__}")
        need(len(a) == len(b), f"{len(a)} keys became {len(b)}")
        for (k, v), (k2, v2) in zip(a.items(), b.items()):
            if type(k) in (str, int, float, bool, bytes, tuple, type(None)):
                need(type(k) is type(k2) and k == k2, f"the key {k!r} became {k2!r}")
            self.same(v, v2, f"{path}[{k!r}]")
        if hasattr(a, "_metadata"):
            self.same(dict(a._metadata), dict(b._metadata), path + "._metadata")

    def tensor(self, a, b, path, need):
        need(isinstance(b, torch.Tensor), f"a tensor became a {type(b).__name__}")
        need((a.dtype, a.shape, a.layout, a.requires_grad) == (b.dtype, b.shape, b.layout, b.requires_grad), f"{a.dtype} {list(a.shape)} became {b.dtype} {list(b.shape)}")
        need(isinstance(a, torch.nn.Parameter) == isinstance(b, torch.nn.Parameter), f"a {type(a).__name__} became a {type(b).__name__}")
        if a.device.type == "meta":
            need(b.device.type == "meta", "got elements")
        elif a.is_quantized:
            need(torch.equal(a.int_repr(), b.int_repr()) and a.qscheme() == b.qscheme(), "is quantised otherwise")
        elif a.layout != torch.strided:
            need(torch.equal(a.to_dense(), b.to_dense()), "has other elements")
        else:
            need(raw(a) == raw(b), "has other elements")
            self.same(dict(a.__dict__), dict(b.__dict__), path + ".__dict__")

    def array(self, a, b, path, need):
        if isinstance(b, dict):
            need("__class__" in b, "an array became a dict of another form")
            return
        need(isinstance(b, torch.Tensor), f"an array became a {type(b).__name__}")
        need(list(a.shape) == list(b.shape), f"{list(a.shape)} became {list(b.shape)}")
        little = np.ascontiguousarray(a.astype(a.dtype.newbyteorder("<")))
        need(little.tobytes() == raw(b), "has other elements")


def difference(source, result):
    with zipfile.ZipFile(result) as z:
        if z.testzip() is not None:
            return "a checksum is wrong"
    try:
        got = torch.load(result, weights_only=True)
    except Exception as e:  # whatever the loader says
        text = str(e)
        return "unsupported: " + text[-200:] if OLD and any(s in text for s in LACKS) else text
    try:
        want = load(source)
    except Exception as e:
        return f"unsupported: the source itself: {e}" if OLD else f"the source: {e}"
    try:
        Comparison().same(want, got, "")
    except Difference as e:
        return str(e)
    return ""


json.dump({result: difference(source, result) for source, result in json.load(sys.stdin)}, sys.stdout)
