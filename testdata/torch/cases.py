"""The objects that make.py saves, and the convert tests of interop too.

Everything is seeded. Element bytes are arbitrary bit patterns (a NaN with a
payload included), because a reader must carry bits and not numbers.
"""

import argparse
import collections
import random

import torch
from torch import nn

DTYPES = (
    "bool uint8 int8 float8_e5m2 float8_e4m3fn float8_e8m0fnu float8_e4m3fnuz float8_e5m2fnuz "
    "float4_e2m1fn_x2 int16 uint16 float16 bfloat16 int32 uint32 float32 complex64 float64 int64 uint64"
).split()
# Torch saves these in the legacy container but cannot load them again.
NOT_LEGACY = {n for n in DTYPES if n.startswith(("float8", "float4", "uint1", "uint3", "uint6"))}


def bits(dtype, *shape, seed=0):
    """A tensor of arbitrary bits."""
    dtype = getattr(torch, dtype)
    n = torch.Size(shape).numel()
    size = torch.empty(0, dtype=dtype).element_size()
    raw = random.Random(f"{dtype} {shape} {seed}").randbytes(max(n * size, 1))
    if dtype == torch.bool:
        raw = bytes(b & 1 for b in raw)
    flat = torch.frombuffer(bytearray(raw), dtype=torch.uint8)[: n * size].clone()
    return flat.view(dtype).reshape(shape)


def f32(*shape, seed=0):
    return bits("float32", *shape, seed=seed)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(5, 4)
        self.fc = nn.Linear(4, 3)
        self.bn = nn.BatchNorm1d(3)

    def forward(self, x):
        return self.bn(self.fc(self.embed(x)))


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(5, 4)
        self.head = nn.Linear(4, 5, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, x):
        return self.head(self.embed(x))


def net(seed=0, cls=Net):
    torch.manual_seed(seed)
    return cls()


def trained(optimizer, **options):
    """A net and its optimizer after one real step."""
    model = net()
    opt = optimizer(model.parameters(), **options)
    model(torch.tensor([0, 1, 2, 3])).square().sum().backward()
    opt.step()
    return model, opt


def dtypes(names):
    return {n: bits(n, 2, 3) for n in names if hasattr(torch, n)}


def shared():
    base = f32(8)
    return {"whole": base, "head": base[:4], "tail": base[4:], "again": base, "middle": base[2:6]}


def views():
    m, v, c = f32(3, 4), f32(12, seed=1), f32(2, 3, 2, 2, seed=2)
    return {
        "plain": m,
        "transposed": f32(3, 4, seed=3).t(),
        "expanded": f32(3, 1, seed=4).expand(3, 4),
        "expanded_all": f32(1, seed=5).expand(2, 3),
        "channels_last": c.contiguous(memory_format=torch.channels_last),
        "permuted": f32(2, 3, 4, seed=6).permute(2, 0, 1),
        "sliced": v[5:9],
        "stepped": v[1::3],
        "column": m[:, 2],
        "overlapping": v.as_strided((3, 4), (2, 1), 1),
        "diagonal": f32(4, 4, seed=7).diagonal(),
        "unit_stride": f32(1, 4, seed=8).as_strided((1, 4), (99, 1)),
    }


def lazy():
    # One storage cannot be saved under two dtypes, so each view has its own.
    return {
        "conj": bits("complex64", 2, 3).conj(),
        "conj_transposed": bits("complex64", 2, 3, seed=1).t().conj(),
        "neg": bits("complex64", 2, 3, seed=2).conj().imag,
        "neg_double": bits("complex128", 2, 3, seed=3).conj().imag,
        "imag": bits("complex64", 2, 3, seed=4).imag,
        "real": bits("complex64", 2, 3, seed=5).real,
    }


def empty():
    return {"none": f32(0), "matrix": f32(3, 0, 2), "end": f32(4)[4:], "half": bits("float16", 0, 5), "full": f32(2)}


def nested():
    return {
        "a": {"b": f32(2), "c": [f32(3), (f32(1), {"d": f32()})]},
        "w": f32(2, 2, seed=1),
        "none": None, "yes": True, "no": False, "int": -7, "big": 1 << 70, "float": 0.1, "inf": float("inf"),
        "text": "h\u00e9llo \U0001f600", "bytes": b"\x00\xff", "tuple": (1, "x"), "set": {3}, "empty": [{}, (), ""],
    }


def names():
    keys = ["", "a.b", "a b", "\u5c42.\u6743\u91cd", "\U0001f600", "tab\tnew\nline", 'quote"\\', 0, 7, -1, "0x", "__meta__", "\u202eabc"]
    return {k: f32(2, seed=str(k)) for k in keys}


def parameters():
    m = net()
    out = dict(m.named_parameters())
    out["frozen"] = nn.Parameter(f32(2), requires_grad=False)
    out["leaf"] = f32(2, seed=1).requires_grad_()
    return out


def attributes():
    t = f32(3)
    t.tag = "a note"
    out = {"tagged": t, "plain": f32(2)}
    if hasattr(nn, "Buffer"):
        out["buffer"] = nn.Buffer(f32(2, seed=1))
    return out


def checkpoint_adam():
    model, opt = trained(torch.optim.Adam, lr=0.01)
    return {
        "model": model.state_dict(), "optimizer": opt.state_dict(), "epoch": 3,
        "args": argparse.Namespace(arch="net", lr=0.01, tags=["a", "b"], resume=None), "lr": 0.01,
    }


def checkpoint_sgd():
    model, opt = trained(torch.optim.SGD, lr=0.1, momentum=0.9)
    return {"epoch": 3, "state_dict": model.state_dict(), "optimizer": opt.state_dict(), "best": 0.25}


def lightning():
    model, opt = trained(torch.optim.SGD, lr=0.01)
    return {
        "epoch": 1, "global_step": 20, "pytorch-lightning_version": "2.4.0",
        "state_dict": collections.OrderedDict(("net." + k, v) for k, v in model.state_dict().items()),
        "loops": {"fit_loop": {"state_dict": {}}}, "callbacks": {"ModelCheckpoint": {"best_model_score": torch.tensor(0.5)}},
        "optimizer_states": [opt.state_dict()], "lr_schedulers": [], "hyper_parameters": {"lr": 0.01},
    }


def sequential():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.ReLU(), nn.Sequential(nn.Linear(2, 2, bias=False)))


def torch_values():
    return {"w": f32(2), "size": torch.Size([2, 3]), "dtype": torch.float16, "device": torch.device("cuda", 1)}


def quantized():
    q = torch.quantize_per_tensor(torch.tensor([[0.5, 1.0], [1.5, 2.0]]), 0.5, 1, torch.quint8)
    c = torch.quantize_per_channel(torch.ones(2, 3), torch.tensor([0.5, 0.25]), torch.tensor([0, 1]), 0, torch.qint8)
    return {"per_tensor": q, "per_channel": c, "plain": f32(2)}


def sparse():
    dense = torch.tensor([[0.0, 2.0], [3.0, 0.0]])
    out = {"coo": dense.to_sparse().coalesce(), "plain": f32(2)}
    if torch.__version__ >= "2":  # no newer torch can load the CSR tensors of torch 1
        out["csr"] = dense.to_sparse_csr()
    return out


class Case:
    """One object and how it is saved.

    weights holds the key paths of the parts that are module weights, where
    the object is a training checkpoint. kinds are "zip" and "legacy". expect
    is what a conversion to safetensors does: "convert", "refuse", or "either".
    """

    def __init__(self, name, obj, kinds=("zip",), weights=(), protocol=2, file="", buffer=False, location="", expect="convert"):
        self.name, self.obj, self.kinds, self.weights, self.protocol = name, obj, kinds, weights, protocol
        self.file, self.buffer, self.location = file or name + ".pt", buffer, location
        self.expect = expect


def cases():
    both = ("zip", "legacy")
    out = [
        Case("state_dict", net().state_dict(), both),
        Case("state_dict_buffer", net().state_dict(), buffer=True),
        Case("dtypes", dtypes(DTYPES)),
        Case("dtypes_classic", dtypes(n for n in DTYPES if n not in NOT_LEGACY), ("legacy",)),
        Case("complex128", {"plain": bits("complex128", 2, 3), "conj": bits("complex128", 2, 3).conj().t()}, both),
        Case("shared", shared(), both),
        Case("tied", net(cls=Tied).state_dict(), both),
        Case("views", views(), both),
        Case("lazy", lazy(), both),
        Case("scalars", {n: bits(n) for n in ("float32", "int64", "bool", "bfloat16")}, both),
        Case("empty", empty(), both),
        Case("bare", f32(2, 3), both),
        Case("list", [f32(2), f32(3)]),
        Case("parameters", parameters(), both),
        Case("attributes", attributes()),
        Case("checkpoint_adam", checkpoint_adam(), weights=[["model"]]),
        Case("checkpoint_sgd", checkpoint_sgd(), both, weights=[["state_dict"]]),
        Case("lightning", lightning(), weights=[["state_dict"]], file="lightning.ckpt.pt"),
        Case("gan", {"netG": net(1).state_dict(), "netD": net(2).state_dict(), "step": 9}, weights=[["netG"], ["netD"]]),
        Case("ema", {"model": net(1).state_dict(), "ema": net(2).state_dict()}, weights=[["model"], ["ema"]]),
        Case("nested", nested(), both),
        Case("module", sequential(), expect="either"),
        Case("module_linear", nn.Linear(2, 2), ("legacy",), expect="either"),
        Case("names", names(), both),
        Case("name_metadata", {"__metadata__": f32(2), "a": f32(3)}, expect="refuse"),
        Case("name_collision", {"a.b": f32(2), "a": {"b": f32(2, seed=1)}, 0: f32(1), "0": f32(1, seed=1)}, expect="refuse"),
        Case("name_surrogate", {"\ud800": f32(2)}, expect="refuse"),
        Case("cuda", net().state_dict(), both, location="cuda:0"),
        Case("torch_values", torch_values()),
        Case("odd_file_name", {"w": f32(2)}, file="odd file.name v2.pt"),
        Case("quantized", quantized(), expect="either"),
        Case("sparse", sparse(), expect="either"),
        Case("meta", {"m": torch.empty(2, 3, device="meta"), "w": f32(2)}, expect="either"),
    ]
    for p in (1, 3, 4, 5):
        out.append(Case(f"protocol{p}", {"w": f32(2, 3), "n": [1, 2.5, True, ("x",)]}, protocol=p))
    for n in ("complex32", "bcomplex32"):
        if hasattr(torch, n) and torch.__version__ >= "2":
            out.append(Case(n, {"c": bits(n, 2, 3)}, expect="either"))
    return out
