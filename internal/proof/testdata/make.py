"""Writes torch files, what torch says of their tensors, and the safetensors
files that the safetensors library makes of them.
Run: python make.py OUTDIR [VIEWS] with torch 2.15.0 and safetensors 0.8.0."""
import io
import json
import os
import random
import sys
import warnings
import zipfile

import numpy as np
import torch
from safetensors.torch import save_file

warnings.simplefilter("ignore")
OUT, VIEWS = sys.argv[1], int((sys.argv[2:] or [4])[0])
random.seed(VIEWS)
os.makedirs(OUT, exist_ok=True)

base = torch.arange(60, dtype=torch.float32).reshape(6, 10) / 7
cplx = torch.view_as_complex(torch.arange(24.0).reshape(4, 3, 2))
model = {
    "w": base, "tied": base, "same": base + 1, "t": base.t(), "slice": base[1:4, ::3], "wide": base[:, :1].expand(6, 4), "one": base[3, 3],
    "none": base[:0], "half": base.half(), "bf16": base.bfloat16().t(), "i64": torch.arange(5) - 2, "bool": base > 4,
    "c": cplx, "conj": cplx.conj().t(), "neg": torch._neg_view(torch.arange(6, dtype=torch.int16)),
    "imag": torch.view_as_complex(base.reshape(6, 5, 2).clone()).conj().imag,
    "last": torch.arange(48.0).reshape(2, 3, 2, 4).to(memory_format=torch.channels_last), "u16": torch.arange(4).to(torch.uint16).flip(0),
}
store = torch.arange(500, dtype=torch.int32)
for i in range(VIEWS):
    size = [random.randint(1, 5) for _ in range(random.randint(0, 4))]
    stride = [random.randint(0, 30) for _ in size]
    model["view%d" % i] = store.as_strided(size, stride, random.randint(0, 20))


def claims(obj, big=False):
    keys, out = {}, []
    for name, t in obj.items():
        key = keys.setdefault(t.untyped_storage()._cdata, "data/%d" % len(keys))
        out.append(dict(Name=name, Key=key, Torch=str(t.dtype).split(".")[1], BigEndian=big and t.dtype != torch.uint16, Offset=t.storage_offset(),
                        Shape=list(t.shape), Strides=list(t.stride()), Conj=t.is_conj(), Neg=t.is_neg()))
    return out


def put(name, data, claims):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(data)
    with open(os.path.join(OUT, name + ".json"), "w") as f:
        f.write("[" + ",\n ".join(json.dumps({k: v for k, v in c.items() if v or k == "Shape"}, separators=(",", ":")) for c in claims) + "]\n")


def rezip(data, compression=zipfile.ZIP_STORED, change=lambda name, data: data):
    b = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as a, zipfile.ZipFile(b, "w", compression) as z:
        for n in a.namelist():
            z.writestr(zipfile.ZipInfo(n), change(n.split("/", 1)[1], a.read(n)), compress_type=compression)
    return b.getvalue()


b = io.BytesIO()
torch.save(model, b)
plain = b.getvalue()
put("model.pt", plain, claims(model))
put("deflated.pt", rezip(plain, zipfile.ZIP_DEFLATED), claims(model))

# torch swaps by the storage's type: untyped storages, which hold uint16, stay.
units = {c["Key"]: {"complex64": 4, "uint16": 1}.get(c["Torch"], model[c["Name"]].element_size()) for c in claims(model)}


def swap(name, data):
    if name == "byteorder":
        return b"big"
    if name not in units:
        return data
    return np.frombuffer(data, "u%d" % units[name]).byteswap().tobytes()


swapped = rezip(plain, change=swap)
assert all(torch.equal(v, model[k]) for k, v in torch.load(io.BytesIO(swapped)).items())
put("big.pt", swapped, claims(model, big=True))

whole = {k: v.resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format) for k, v in model.items()}
save_file(whole, os.path.join(OUT, "model.safetensors"), metadata={"format": "pt"})

# The legacy container: storages lie behind one another, each after its count.
b = io.BytesIO()
torch.save({"w": base, "t": base.t()}, b, _use_new_zipfile_serialization=False)
legacy = claims({"w": base, "t": base.t()})
for c in legacy:
    c.update(Key="", Region={"Off": len(b.getvalue()) - 240, "Len": 240})
put("legacy.pt", b.getvalue(), legacy)
save_file({"w": base, "t": base.t().contiguous()}, os.path.join(OUT, "legacy.safetensors"))
