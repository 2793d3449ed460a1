"""Describes an object as JSON: what the Go readers must find in its file.

The description is taken from live objects of the real libraries, never from
the bytes of the file, so that it is independent of every reader under test.
"""

import ctypes
import hashlib
import json
import math
import sys

try:
    import numpy
except ImportError:
    numpy = None
try:
    import torch
except ImportError:
    torch = None


def is_tensor(x):
    return torch is not None and isinstance(x, torch.Tensor)


def is_array(x):
    return numpy is not None and isinstance(x, numpy.ndarray)


def is_module(x):
    return torch is not None and isinstance(x, torch.nn.Module)


def type_name(x):
    t = type(x)
    return t.__name__ if t.__module__ == "builtins" else t.__module__ + "." + t.__name__


def children(x):
    """The (key, value) pairs below a container, or None for a leaf."""
    if isinstance(x, dict):
        if any(is_tensor(k) for k in x):  # no text or number: the place of the pair names both
            return [c for i, (k, v) in enumerate(x.items()) for c in ((f"{i}.key", k), (i, v))]
        return list(x.items())
    if isinstance(x, (list, tuple)) and type_name(x) != "torch.Size":
        return list(enumerate(x))
    if is_module(x):
        return list(x.state_dict(keep_vars=True).items())
    if type_name(x) == "argparse.Namespace":
        return list(vars(x).items())
    return None


def walk(x, path=()):
    """Yields (path, object) in order, containers before what they hold."""
    yield path, x
    for key, value in children(x) or []:
        keys = tuple(key.split(".")) if is_module(x) else (key,)
        yield from walk(value, path + keys)


def name_of(path):
    return ".".join(str(k) for k in path)


def tensor_bytes(t):
    """The elements in C order, little-endian, conjugation and negation applied."""
    t = t.detach()
    for lazy in ("resolve_conj", "resolve_neg"):
        t = getattr(t, lazy)()
    t = t.contiguous()
    n = t.numel() * t.element_size()
    return ctypes.string_at(t.data_ptr(), n) if n else b""


def array_bytes(a):
    """The elements in C order, little-endian; records as they are in memory."""
    if a.dtype.names:
        return a.tobytes("C")
    little = a.astype(a.dtype.newbyteorder("<"), copy=False)
    return little.tobytes("C")


def storage_of(t):
    return t.untyped_storage() if hasattr(t, "untyped_storage") else t.storage()._storage


class Describer:
    def __init__(self):
        self.storages = []  # kept alive, so that identities stay distinct

    def storage_index(self, s):
        for i, other in enumerate(self.storages):
            if other._cdata == s._cdata:
                return i
        self.storages.append(s)
        return len(self.storages) - 1

    def tensor(self, t):
        out = {
            "dtype": str(t.dtype).replace("torch.", ""),
            "shape": list(t.shape),
            "requires_grad": t.requires_grad,
        }
        if type(t) is not torch.Tensor:
            out["type"] = type_name(t)
        if t.layout != torch.strided or t.is_quantized or t.device.type == "meta":
            out["layout"] = "quantized" if t.is_quantized else "meta" if t.is_meta else str(t.layout)
            return out
        s = storage_of(t)
        out.update(
            stride=list(t.stride()),
            storage_offset=t.storage_offset(),
            storage=self.storage_index(s),
            storage_bytes=s.nbytes(),
            sha256=hashlib.sha256(tensor_bytes(t)).hexdigest(),
        )
        if t.is_conj():
            out["conj"] = True
        if t.is_neg():
            out["neg"] = True
        return out

    def array(self, a):
        out = {"dtype": a.dtype.str, "shape": list(a.shape), "itemsize": a.dtype.itemsize}
        if a.dtype.names:
            out["fields"] = repr(a.dtype.descr)
        if a.dtype.hasobject:
            return out
        out.update(
            stride=[s // max(a.dtype.itemsize, 1) for s in a.strides],
            fortran=bool(a.flags.f_contiguous and not a.flags.c_contiguous),
            sha256=hashlib.sha256(array_bytes(a)).hexdigest(),
        )
        return out


def plain(x):
    """The value of a simple leaf as JSON, or nothing."""
    if x is None or isinstance(x, (bool, str)):
        return {"value": x}
    if isinstance(x, int):
        return {"value": x} if abs(x) < 1 << 53 else {"value": str(x)}
    if isinstance(x, float):
        return {"value": x if math.isfinite(x) else repr(x)}
    if isinstance(x, complex):
        return {"value": [x.real, x.imag]}
    if isinstance(x, (bytes, bytearray)):
        return {"hex": bytes(x).hex()}
    if numpy is not None and isinstance(x, numpy.generic):
        return {"dtype": x.dtype.str, "hex": array_bytes(numpy.asarray(x)).hex(), "text": str(x)}
    if isinstance(x, (set, frozenset)):
        return {"members": sorted(repr(m) for m in x)}
    return {"text": str(x)}


def describe(root):
    d = Describer()
    tensors, values, containers = [], [], []
    for path, x in walk(root):
        entry = {"path": list(path)}
        if is_tensor(x) or is_array(x):
            details = d.tensor(x) if is_tensor(x) else d.array(x)
            tensors.append({**entry, "name": name_of(path), **details})
        elif children(x) is not None:
            entry.update(type=type_name(x), len=len(children(x)))
            if hasattr(x, "_metadata"):
                entry["_metadata"] = x._metadata
            containers.append(entry)
        else:
            values.append({**entry, "type": type_name(x), **plain(x)})
    return {"tensors": tensors, "values": values, "containers": containers}


def write_json(path, head, body):
    """One line for each entry, so that a change is readable in a diff."""
    lines = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in head.items()]
    for key, entries in body.items():
        rows = ",\n  ".join(json.dumps(e, separators=(",", ":")) for e in entries)
        lines.append(f"{json.dumps(key)}: [\n  {rows}\n]" if entries else f"{json.dumps(key)}: []")
    with open(path, "w", encoding="ascii", newline="\n") as f:
        f.write("{" + ",\n".join(lines) + "}\n")


def versions():
    out = {"python": "%d.%d" % sys.version_info[:2]}
    if numpy is not None:
        out["numpy"] = numpy.__version__
    if torch is not None:
        out["torch"] = torch.__version__.split("+")[0]
    return out
