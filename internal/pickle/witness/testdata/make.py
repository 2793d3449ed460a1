"""Writes the pickles beside this file and, for each, what torch or numpy says
of the tensors in it. Run: python make.py OUTDIR, with torch 1.13.1 for old/
and torch 2.15.0 for new/."""
import argparse
import collections
import io
import json
import os
import pickle
import sys
import warnings
import zipfile

import numpy as np
import torch

warnings.simplefilter("ignore")
OUT = sys.argv[1]
NEW = not torch.__version__.startswith("1.")
os.makedirs(OUT, exist_ok=True)
torch.manual_seed(7)
V3 = [n for n in ("uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2") if hasattr(torch, n)]


def walk(v, path=()):
    if isinstance(v, np.ma.MaskedArray):
        order = "F" if v.flags.fnc else "C"
        yield from walk({"data": v.data, "mask": np.asarray(np.ma.getmaskarray(v), order=order)}, path)
        if v._fill_value is not None:
            yield from walk(v._fill_value, path + ("fill_value",))
    elif isinstance(v, (torch.Tensor, np.ndarray)):
        yield list(path), v
    elif isinstance(v, torch.nn.Module):
        for k, x in v.state_dict(keep_vars=True).items():
            yield from walk(x, path + tuple(k.split(".")))
    elif isinstance(v, dict):
        for k, x in v.items():
            yield from walk(x, path + (str(k),))
    elif isinstance(v, (list, tuple)):
        for i, x in enumerate(v):
            yield from walk(x, path + (str(i),))


def describe(path, t, keys):
    if isinstance(t, np.ndarray):
        return dict(Path=path, DType=t.dtype.str.split("[")[0], Size=list(t.shape), Data=t.tobytes("A").hex(),
                    Stride=[s // t.itemsize for s in t.strides] if t.size else None)
    name = str(t.dtype).split(".")[1]
    kind = t.storage()._pickle_storage_type if NEW else t.storage().pickle_storage_type
    cdata = t.untyped_storage()._cdata if NEW else t.storage().untyped()._cdata
    return dict(Path=path, Key=str(keys.setdefault(cdata, len(keys))),
                StorageType="torch.storage.UntypedStorage" if name in V3 else "torch." + kind(),
                DType=str(t.dtype) if name in V3 else "", Offset=t.storage_offset(), Size=list(t.shape),
                Stride=list(t.stride()), Conj=NEW and t.is_conj(), Neg=NEW and t.is_neg())  # 1.13 loses these bits when it saves


index = []


def put(name, data, obj, refuse="", start=0, tensors=None):
    if not NEW and name.split(".")[0] not in ("state_dict", "checkpoint", "views", "legacy", "numpy2", "numpy4"):
        return
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(data)
    keys = {}
    if tensors is None:
        tensors = [] if refuse else [describe(p, t, keys) for p, t in walk(obj)]
    index.append(dict(File=name, Start=start, Refuse=refuse, Tensors=tensors))


def save(name, obj, refuse="", **kw):
    b = io.BytesIO()
    torch.save(obj, b, **kw)
    b.seek(0)
    with zipfile.ZipFile(b) as z:
        put(name + ".pkl", z.read([n for n in z.namelist() if n.endswith("/data.pkl")][0]), obj, refuse)


net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 3))
net[2].weight = torch.nn.Parameter(net[0].weight.t())
save("state_dict", net.state_dict())

opt = torch.optim.Adam(net.parameters(), lr=0.1)
net(torch.ones(2, 3)).sum().backward()
opt.step()
save("checkpoint", {"epoch": 3, "args": argparse.Namespace(lr=0.1, names=["a", "b"]), "model": net.state_dict(),
                    "optimizer": opt.state_dict(), "best": float("inf"), "dtype": torch.float16})

base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
cplx = torch.view_as_complex(base.reshape(4, 3, 2).clone())
save("views", {"t": base.t(), "row": base[1:3, ::2], "wide": base[:, :1].expand(4, 5), "one": base[2, 3], "none": base[:0],
               "conj": cplx.conj(), "imag": cplx.clone().conj().imag, "cl": torch.ones(2, 3, 2, 2).to(memory_format=torch.channels_last),
               "half": base.half(), "bool": base > 3, "nested": [(base, {7: base.double(), -1: base.int()})]})
save("bare", base[1])
save("protocol4", {"a": base, "b": [base.t()]}, pickle_protocol=4)

param = torch.nn.Parameter(base)
param2 = torch.nn.Parameter(base.double())
param2.note = "text"
save("parameters", {"p": param, "with state": param2, "same": param, **({"buffer": torch.nn.Buffer(base)} if NEW else {})})
if NEW:
    save("untyped", {n: torch.arange(6).to(getattr(torch, n)) if "uint" in n else base.to(getattr(torch, n)) for n in V3})

save("module", net)
save("sparse", {"s": torch.eye(3).to_sparse()}, refuse="_rebuild_sparse_tensor")
save("quantised", {"q": torch.quantize_per_tensor(base, 0.1, 0, torch.qint8)}, refuse="_rebuild_qtensor")
save("in_set", {"s": {base}}, refuse="a tensor inside")
put("storage_in_bytes.pkl", pickle.dumps({"t": base}, protocol=4), None, refuse="no persistent id")

b = io.BytesIO()
torch.save({"w": base, "v": base[1:]}, b, _use_new_zipfile_serialization=False)
b.seek(0)
for _ in range(3):
    pickle.load(b)
legacy = [describe(["w"], base, {}), describe(["v"], base[1:], {})]
for t in legacy:
    t["Key"] = "*"  # an address
put("legacy.pt", b.getvalue(), None, start=b.tell(), tensors=legacy)

arrays = collections.OrderedDict(
    f8=np.arange(6.0).reshape(2, 3), fortran=np.asfortranarray(np.arange(6, dtype="i2").reshape(2, 3)), big=np.arange(3, dtype=">i4"),
    zero=np.array(1.5, dtype="f4"), empty=np.zeros((0, 3), "u1"), flags=np.array([True, False]), text=np.array(["ab", "c"]),
    scalar=np.float32(2.5), time=np.array([1, 2], dtype="M8[s]"), long=np.arange(100, dtype="u2"))
for p in range(2, 6):
    put("numpy%d.pkl" % p, pickle.dumps(arrays, protocol=p), arrays)
put("numpy_objects.pkl", pickle.dumps({"o": np.array([1, None], dtype=object)}, 4), None, refuse="array of objects")
put("numpy_struct.pkl", pickle.dumps({"o": np.zeros(2, [("a", "i4")])}, 4), None, refuse="structured")
put("numpy_matrix.pkl", pickle.dumps({"o": np.matrix([[1]])}, 4), None, refuse="another class")
masked = {"plain": np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0]), "none": np.ma.array([1, 2]), "filled": np.ma.array([1.0, 2.0], mask=[1, 0], fill_value=-1.0),
          "fortran": np.ma.array(np.asfortranarray(np.ones((2, 3), "f4")), mask=np.eye(2, 3, dtype=bool))}
for p in (2, 4):
    put("masked%d.pkl" % p, pickle.dumps(masked, protocol=p), masked)
put("masked_struct.pkl", pickle.dumps({"o": np.ma.array([(1,)], dtype=[("a", "i4")])}, 4), None, refuse="structured")

with open(os.path.join(OUT, "index.jsonl"), "w") as f:
    for entry in index:
        entry["Tensors"] = [{k: v for k, v in t.items() if v} for t in entry["Tensors"]]
        f.write(json.dumps(entry, separators=(",", ":")) + "\n")
