"""Writes checkpoints of every style and compares them with their conversions.

    objects.py make DIR      writes DIR/NAME.pt and prints [{name, source, part, tensors}...]
    objects.py check         reads [{source, part, out, state}...] and prints {source: what differs, or ""}

Each file is loaded by torch.load(weights_only=False) in the interpreter that wrote
it, with its classes at hand. Modules count as their state_dict().
"""

import argparse
import collections
import copy
import datetime
import decimal
import enum
import fractions
import functools
import inspect
import io
import json
import os
import pathlib
import sys
import uuid
import warnings

warnings.simplefilter("ignore")

import numpy as np
import torch
from torch import nn

NEW = not torch.__version__.startswith("1.")


class Net(nn.Module):
    """A class of the user's, with all that a module can hold beside its weights."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.norm = nn.BatchNorm2d(2)
        self.lstm = nn.LSTM(2, 3, num_layers=2, bidirectional=True)
        self.heads = nn.ModuleDict({"a": nn.Linear(3, 2), "b": nn.Linear(3, 2, bias=False)})
        self.layers = nn.ModuleList([nn.Sequential(nn.Linear(2, 2), nn.ReLU()), nn.Identity()])
        self.scales = nn.ParameterList([nn.Parameter(torch.rand(2)), nn.Parameter(torch.rand(1))])
        self.table = nn.ParameterDict({"x": nn.Parameter(torch.rand(2))})
        self.register_buffer("mask", torch.ones(2, dtype=torch.bool))
        self.register_buffer("cache", torch.zeros(2), persistent=False)
        self.register_buffer("nothing", None)
        self.register_parameter("absent", None)
        self.tied = nn.Linear(2, 2, bias=False)
        self.tied.weight = self.layers[0][0].weight
        self.anchors = torch.arange(4)  # an attribute, no buffer
        self.names, self.stride, self.act = ["a", "b"], (8, 16), torch.relu
        self.config = argparse.Namespace(lr=0.1, path=pathlib.PurePosixPath("a/b"))
        self.conv.register_forward_hook(hook)


def hook(*_):
    return None


class Namespace(dict):
    """A dict with attributes, as many programs have one."""

    def __init__(self, *a, **k):
        super().__init__(*a, **k)
        self.__dict__.update(k)


class Average:
    """An average of weights as an object."""

    def __init__(self, model):
        self.ema, self.updates, self.decay = copy.deepcopy(model), 3, 0.99


class Phase(enum.Enum):
    TRAIN = 1


class Own(torch.Tensor):
    pass


class Elsewhere:
    """A tensor as torch writes it from a device whose memory it cannot."""

    def __init__(self, function, data, dtype=torch.float32):
        self.function, self.data, self.dtype = getattr(torch._utils, function, None), data, dtype

    def __reduce__(self):
        return self.function, (self.data, self.dtype, "cpu", False)


Point = collections.namedtuple("Point", "x y")


def modules():
    """An object of every class of torch.nn that some small arguments make."""
    out = {}
    tries = [(), (4,), (4, 4), (4, 2, 3), (2, 4, 4, 3), (4, 2, 2, 2), (2,), (8, 2), ([4],), (1, 2, 3, 4, 5), (2, 4), ([nn.Linear(2, 2)],), (nn.Linear(2, 2),), (nn.TransformerEncoderLayer(4, 2, 8), 1),
             (nn.TransformerDecoderLayer(4, 2, 8), 1), (4, 8, [2, 4]), ([2, 2], [1, 1]), (0.1, 0.2)]
    for name, cls in sorted(vars(nn).items()):
        if not inspect.isclass(cls) or not issubclass(cls, nn.Module) or name in ("Container",):
            continue
        for args in tries:
            try:
                out[name] = cls(*args)
                break
            except Exception:
                continue
    return out


def trained():
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    opt = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(2):
        opt.zero_grad()
        model(torch.randn(4, 3)).sum().backward()
        opt.step()
    return model, opt


def distributed(t):
    """The part of a tensor that the only process has."""
    import torch.distributed as dist
    from torch.distributed.tensor import Shard, distribute_tensor, init_device_mesh

    if not dist.is_initialized():
        dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    return distribute_tensor(t, init_device_mesh("cpu", (1,)), [Shard(0)])


def kinds():
    """Tensors of every kind, by name."""
    d = torch.randn(4, 6)
    qc = torch.quantize_per_channel
    out = {
        "coo": lambda: d.relu().to_sparse(), "coo_uncoalesced": lambda: torch.sparse_coo_tensor([[0, 0], [1, 1]], [1.0, 2.0], (2, 3)),
        "coo_hybrid": lambda: torch.sparse_coo_tensor([[0, 1]], torch.randn(2, 3), (4, 3)),
        "csr": lambda: d.relu().to_sparse_csr(), "csc": lambda: d.relu().to_sparse_csc(), "bsr": lambda: d.to_sparse_bsr((2, 3)), "bsc": lambda: d.to_sparse_bsc((2, 3)),
        "coo_parameter": lambda: nn.Parameter(d.to_sparse()),
        "quint8": lambda: torch.quantize_per_tensor(d, 0.1, 3, torch.quint8), "qint8": lambda: torch.quantize_per_tensor(d, 0.1, 0, torch.qint8),
        "qint32": lambda: torch.quantize_per_tensor(d, 0.1, 3, torch.qint32), "qint8_t": lambda: torch.quantize_per_tensor(d, 0.1, 0, torch.qint8).t(),
        "per_channel": lambda: qc(d, torch.rand(4).double(), torch.zeros(4).long(), 0, torch.qint8), "per_channel_float": lambda: qc(d, torch.rand(4), torch.zeros(4), 0, torch.quint8),
        "quint4x2": lambda: qc(d, torch.rand(4), torch.zeros(4), 0, torch.quint4x2),
        "nested": lambda: torch.nested.nested_tensor([torch.randn(2, 3), torch.randn(4, 3)]),
        "jagged": lambda: torch.nested.nested_tensor([torch.randn(2, 3), torch.randn(4, 3)], layout=torch.jagged),
        "masked": lambda: torch.masked.masked_tensor(d, d > 0), "distributed": lambda: distributed(d),
        "parameter": lambda: nn.Parameter(d), "frozen": lambda: nn.Parameter(d, requires_grad=False), "grad": lambda: d.clone().requires_grad_(),
        "buffer": lambda: nn.Buffer(d), "own": lambda: d.as_subclass(Own), "own_attribute": lambda: attributed(d.clone().as_subclass(Own)),
        "attribute": lambda: attributed(d.clone()), "parameter_attribute": lambda: attributed(nn.Parameter(d)),
        "conj": lambda: torch.randn(3, dtype=torch.complex64).conj(), "imag": lambda: torch.randn(3, dtype=torch.complex64).imag, "neg": lambda: torch.randn(3, dtype=torch.complex64).conj().imag,
        "expanded": lambda: torch.randn(3, 1).expand(3, 4), "transposed": lambda: d.t(), "every_second": lambda: d[:, ::2], "channels_last": lambda: torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
        "xla": lambda: Elsewhere("_rebuild_device_tensor_from_numpy", np.arange(6, dtype=np.float32).reshape(2, 3)),
        "xla_bfloat16": lambda: Elsewhere("_rebuild_device_tensor_from_numpy", d.bfloat16().float().numpy(), torch.bfloat16), "mps": lambda: Elsewhere("_rebuild_device_tensor_from_cpu_tensor", d),
        "empty": lambda: torch.empty(0, 3), "scalar": lambda: torch.tensor(3.5), "array": lambda: np.arange(6).reshape(2, 3),
        "complex32": lambda: torch.zeros(3, dtype=torch.complex32), "complex128": lambda: torch.randn(3, dtype=torch.complex128),
    }
    for name in "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 uint16 uint32 uint64".split():
        out[name] = lambda name=name: torch.arange(5).to(getattr(torch, name))
    for name in "bits8 bits16 bits1x8 bits2x4 bits4x2 float4_e2m1fn_x2 float8_e5m2 float8_e4m3fn float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu bcomplex32".split():
        out[name] = lambda name=name: torch.arange(16, dtype=torch.uint8).view(getattr(torch, name))
    return out


def attributed(t):
    t.note, t.extra = "a note", torch.ones(2)
    return t


def plain():
    return {"w": torch.ones(2), "args": argparse.Namespace(lr=0.1, betas=(0.9, 0.99)), "path": pathlib.PurePosixPath("a/b"), "windows": pathlib.PureWindowsPath("c:/x"), "when": datetime.datetime(2020, 1, 2, 3, 4, 5, 6),
            "day": datetime.date(2020, 1, 2), "took": datetime.timedelta(1, 2, 3), "zone": datetime.timezone.utc, "number": decimal.Decimal("1.5"), "part": fractions.Fraction(1, 3), "id": uuid.UUID(int=5), "slice": slice(1, 2),
            "range": range(3), "complex": 1 + 2j, "more": ..., "scalar": np.float32(2), "int": np.int64(3), "set": {1, 2}, "frozen": frozenset([1]), "bytes": b"\x00\xff", "array": bytearray(b"x"), "phase": Phase.TRAIN,
            "point": Point(1, torch.zeros(1)), "deque": collections.deque([torch.zeros(2)], maxlen=3), "count": collections.Counter("aab"), "default": collections.defaultdict(list, {"a": [1]}), "function": torch.relu,
            "own": Namespace(a=1, w=torch.zeros(2)), "size": torch.Size([1, 2]), "dtype": torch.float16, "device": torch.device("cuda", 1), "layout": torch.strided, "none": None, "big": 2**80, "nan": float("nan"), "class": Net, "print": functools.partial(max, 1)}


def checkpoints():
    model, opt = trained()
    sgd = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    sched = torch.optim.lr_scheduler.OneCycleLR(sgd, 0.1, total_steps=10)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(sgd, 10)
    lambda_lr = torch.optim.lr_scheduler.MultiStepLR(sgd, [1, 2])
    scaler = torch.cuda.amp.GradScaler(enabled=True)
    sd = model.state_dict()
    return {
        "lightning": ("state_dict", {"epoch": 3, "global_step": 7, "pytorch-lightning_version": "2.0.0", "state_dict": sd, "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 1}}}},
                                     "callbacks": {"ModelCheckpoint{'monitor': None}": {"best_model_score": torch.tensor(0.5), "dirpath": "x", "best_k_models": {}}}, "optimizer_states": [opt.state_dict()], "lr_schedulers": [cosine.state_dict()],
                                     "hparams_name": "hparams", "hyper_parameters": argparse.Namespace(lr=0.1, layers=[1, 2]), "MixedPrecisionPlugin": scaler.state_dict()}),
        "model_state_dict": ("model_state_dict", {"epoch": 1, "model_state_dict": sd, "optimizer_state_dict": opt.state_dict(), "loss": torch.tensor(0.1), "best": np.float64(0.5)}),
        "one_cycle": ("model", {"model": sd, "scheduler": sched.state_dict(), "optimizer": sgd.state_dict()}),
        "fairseq": ("model", {"args": argparse.Namespace(arch="transformer", task="x"), "cfg": None, "model": sd, "criterion": None, "optimizer_history": [{"num_updates": 1}], "task_state": {}, "extra_state": {"metrics": collections.OrderedDict(), "val_loss": 0.1},
                              "last_optimizer_state": opt.state_dict()}),
        "ultralytics": ("model", {"epoch": -1, "best_fitness": None, "model": Net().half(), "ema": None, "updates": None, "optimizer": None, "train_args": {"lr0": 0.01, "device": None}, "date": datetime.datetime(2024, 1, 1).isoformat(), "version": "8.0"}),
        "ultralytics_ema": (None, {"epoch": 3, "model": Net(), "ema": Net(), "optimizer": opt.state_dict(), "train_args": {}}),
        "detectron2": ("model", {"model": {k: v.numpy() for k, v in sd.items()}, "__author__": "x", "matching_heuristics": True}),
        "average": ("model", {"model": sd, "ema": Average(model), "n": 3}),
        "objects": ("model", {"model": model, "optimizer": opt, "scheduler": cosine, "steps": lambda_lr}),
        "optimizer": (None, opt.state_dict()),
        "optimizer_object": (None, opt),
        "scheduler": (None, {"w": torch.zeros(1), "s": cosine.state_dict()}),
        "rng": (None, {"python": (3, tuple(range(5)), None), "numpy": np.random.RandomState(1).get_state(), "cpu": torch.get_rng_state(), "cuda": [torch.zeros(16, dtype=torch.uint8)]}),
        "data_parallel": (None, nn.DataParallel(model).state_dict()),
        "compiled_names": (None, collections.OrderedDict(("_orig_mod." + k, v) for k, v in sd.items())),
        "timm": ("state_dict", {"epoch": 3, "arch": "resnet18", "state_dict": sd, "optimizer": sgd.state_dict(), "version": 2, "args": argparse.Namespace(model="x"), "amp_scaler": scaler.state_dict(), "state_dict_ema": sd, "metric": 0.9})
        if False else ("state_dict", {"epoch": 3, "arch": "resnet18", "state_dict": sd, "optimizer": sgd.state_dict(), "version": 2, "args": argparse.Namespace(model="x"), "metric": 0.9}),
    }


def cases():
    model, _ = trained()
    out = {}
    for name, m in modules().items():
        out["nn_" + name] = (None, m)
    for name, make in kinds().items():
        try:
            out["kind_" + name] = (None, {"x": make(), "w": torch.ones(2)})
        except Exception:  # this torch has no such tensor
            continue
    for name, (part, obj) in checkpoints().items():
        out["ckpt_" + name] = (part, obj)
    out["plain"] = (None, plain())
    out["module_own"] = (None, Net())
    out["module_in_dict"] = ("model", {"model": Net(), "epoch": 3})
    out["module_in_list"] = (None, [Net(), nn.Linear(2, 2)])
    out["module_shared"] = ("a", {"a": model, "b": [model, model[0]]})
    out["module_parallel"] = (None, nn.DataParallel(Net()))
    out["module_weight_norm"] = (None, nn.utils.weight_norm(nn.Linear(3, 2)))
    out["module_spectral_norm"] = (None, nn.utils.spectral_norm(nn.Linear(3, 2)))
    out["module_batch_norm"] = (None, nn.Sequential(collections.OrderedDict([("a", nn.Conv1d(1, 2, 1)), ("b", nn.SyncBatchNorm(2))])))
    frozen = nn.Linear(2, 2)
    frozen.weight.grad = torch.ones(2, 2)
    frozen.forward = functools.partial(hook, 1)
    frozen.register_state_dict_pre_hook(hook) if NEW else None
    out["module_patched"] = (None, frozen)
    out["module_quantized"] = (None, torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(3, 2), nn.LSTM(2, 2)), dtype=torch.qint8))
    if NEW:
        out["module_compiled"] = (None, torch.compile(nn.Linear(3, 2)))
        out["state_parametrized"] = (None, nn.utils.parametrizations.weight_norm(nn.Linear(3, 2)).state_dict())
    return out


def make(folder):
    done = []
    for name, (part, obj) in cases().items():
        more = [("_legacy_p1", {"_use_new_zipfile_serialization": False, "pickle_protocol": 1})] if name == "module_batch_norm" else []
        for kind, options in [("", {}), ("_legacy", {"_use_new_zipfile_serialization": False})] + more:
            if kind and (name.startswith("nn_") or name in ("kind_nested", "module_quantized")):  # torch loads what lies in memory for a nested one and for packed weights
                continue
            path = os.path.join(folder, name + kind + ".pt")
            try:
                torch.save(obj, path, **options)
                torch.load(path, **FULL)
            except Exception as e:
                sys.stderr.write("%s: %s: %.100s\n" % (name + kind, type(e).__name__, e))
                if os.path.exists(path):
                    os.remove(path)
                continue
            found = {}
            OBJECTS.clear()
            tensors(obj, (), found, set())
            done.append({"name": name + kind, "source": path, "part": part, "tensors": len(found)})
    return done


FULL = {"weights_only": False} if NEW else {}


# What is expected.


def tensors(obj, path, out, seen):
    """Collects {full name: (dtype, shape, bytes)} of what torch loads."""
    if isinstance(obj, nn.Module):
        for k, v in obj.state_dict().items():
            tensors(v, path + (k,), out, seen)
    elif isinstance(obj, torch.Tensor):
        tensor(obj, path, out)
    elif isinstance(obj, np.ndarray):
        out[".".join(path)] = (obj.dtype.name, list(obj.shape), np.ascontiguousarray(obj).tobytes())
    elif id(obj) in seen:
        return
    elif isinstance(obj, dict):
        keyed = bool(obj) and all(isinstance(k, torch.Tensor) for k in obj)
        for i, (k, v) in enumerate(obj.items()):
            tensors(v, path + (str(i if keyed else k),), out, seen | {id(obj)})
    elif isinstance(obj, (list, tuple, collections.deque)):
        for i, v in enumerate(obj):
            tensors(v, path + (str(i),), out, seen | {id(obj)})
    if not isinstance(obj, (nn.Module, torch.Tensor, type)) and hasattr(obj, "__dict__") and path is not None and not callable(obj):
        if not isinstance(obj, (dict, list, tuple)):
            if id(obj) in OBJECTS:
                return
            OBJECTS.add(id(obj))
        for k, v in vars(obj).items():
            if not (isinstance(obj, dict) and obj.get(k) is v):
                tensors(v, path + (k,), out, seen | {id(obj)})


OBJECTS = set()  # objects that were seen: what they hold has names there


def raw(t):
    t = t.detach().resolve_conj().resolve_neg().contiguous()
    if type(t) is not torch.Tensor:
        t = t.as_subclass(torch.Tensor)
    if t.numel() == 0:
        return b""
    t = t.reshape(-1)
    if t.dtype == torch.bool or str(t.dtype) == "torch.bfloat16":
        t = t.view(torch.uint8 if t.dtype == torch.bool else torch.int16)
    elif NEW:
        t = t.view(torch.uint8)
    return t.numpy().tobytes()


def tensor(t, path, out):
    name = ".".join(path)
    layout = str(t.layout)[6:]
    kind = type(t).__name__
    if isinstance(t, getattr(nn.parameter, "UninitializedTensorMixin", ())) or t.is_meta:
        return
    if kind == "MaskedTensor":
        parts = {"_masked_data": t.get_data(), "_masked_mask": t.get_mask()}
    elif kind == "DTensor":
        parts = {"_local_tensor": t.to_local(), "_spec.mesh._rank_map": t._spec.mesh._rank_map}
    elif t.is_nested and layout == "jagged":
        parts = {"values": t.values(), "offsets": t.offsets()}
    elif t.is_nested:
        parts = {"buffer": t.values(), "sizes": t._nested_tensor_size(), "strides": t._nested_tensor_strides(), "offsets": t._nested_tensor_storage_offsets()}
    elif layout == "sparse_coo":
        parts = {"indices": t._indices(), "values": t._values()}
    elif layout in ("sparse_csr", "sparse_bsr"):
        parts = {"crow_indices": t.crow_indices(), "col_indices": t.col_indices(), "values": t.values()}
    elif layout in ("sparse_csc", "sparse_bsc"):
        parts = {"ccol_indices": t.ccol_indices(), "row_indices": t.row_indices(), "values": t.values()}
    elif t.is_quantized:
        parts = {}
        if t.dtype == torch.quint4x2:
            b = t.untyped_storage() if hasattr(t, "untyped_storage") else t.storage().untyped() if hasattr(t.storage(), "untyped") else t.storage()._storage
            data = bytes(bytearray(list(b)))
            out[name + ".int_repr"] = ("uint8", [len(data)], data)
        else:
            parts["int_repr"] = t.int_repr()
        if "channel" in str(t.qscheme()):
            parts["scales"], parts["zero_points"] = t.q_per_channel_scales(), t.q_per_channel_zero_points()
    else:
        dtype = str(t.dtype)[6:]
        shape = list(t.shape)
        if dtype in LACKS:
            dtype, shape = "uint8", shape + [t.element_size()]
        out[name] = (dtype, shape, raw(t))
        return
    for k, v in parts.items():
        tensor(v, path + (k,), out)


LACKS = ("complex128", "complex32", "bcomplex32", "bits8", "bits16", "bits1x8", "bits2x4", "bits4x2")

NAMES = {"BOOL": "bool", "U8": "uint8", "I8": "int8", "I16": "int16", "U16": "uint16", "I32": "int32", "U32": "uint32", "I64": "int64", "U64": "uint64", "F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64", "C64": "complex64",
         "F8_E5M2": "float8_e5m2", "F8_E4M3": "float8_e4m3fn", "F8_E8M0": "float8_e8m0fnu", "F8_E4M3FNUZ": "float8_e4m3fnuz", "F8_E5M2FNUZ": "float8_e5m2fnuz", "F4": "float4_e2m1fn_x2"}


def read(path):
    """The tensors of a safetensors file, and its metadata."""
    if not os.path.exists(path):
        return {}, {}
    data = open(path, "rb").read()
    n = int.from_bytes(data[:8], "little")
    head = json.loads(data[8 : 8 + n].decode())
    meta = head.pop("__metadata__", {})
    out = {}
    for name, e in head.items():
        a, b = e["data_offsets"]
        shape = e["shape"]
        if e["dtype"] == "F4":
            shape[-1] //= 2
        out[name] = (NAMES[e["dtype"]], shape, data[8 + n + a : 8 + n + b])
    return out, meta


def check(case):
    obj = torch.load(case["source"], **FULL)
    want = {}
    OBJECTS.clear()
    tensors(obj, (), want, set())
    weights, meta = read(case["out"])
    state, _ = read(case["state"])
    tree = json.loads(meta["modelaudit.tree"])
    beside = aside(tree)
    part = case["part"]
    main, other = want, {}
    if part:
        main = {k[len(part) + 1 :]: v for k, v in want.items() if k.startswith(part + ".")}
        other = {k: v for k, v in want.items() if not k.startswith(part + ".")}
    wrong = []
    if "quantized" in case["name"]:  # whose state_dict makes tensors of its numbers, and has packed weights as objects
        want = {k: v for k, v in want.items() if k.split(".")[-1] not in ("scale", "zero_point")}
        if not any(n.endswith("_packed_params.0.int_repr") for n in want) or any(weights.get(k) != v for k, v in want.items()):
            return "the packed weights are %s, not %s" % (sorted(weights), sorted(want))
        return ""
    for expected, got, what in ((main, weights, "weights"), (other, state, "state")):
        for name in sorted(set(expected) | set(got)):
            if name not in got:
                if name in state and name in want:
                    if want[name] != state[name]:
                        wrong.append("%s differs" % name)
                    continue
                wrong.append("%s: %s is missing" % (what, name))
            elif name not in expected:
                if name not in beside or what != "state" and "_seqlen" not in name:
                    wrong.append("%s: %s is too much" % (what, name))
            elif expected[name] != got[name]:
                wrong.append("%s: %s is %s, not %s" % (what, name, got[name][:2], expected[name][:2]))
    if isinstance(obj, nn.Module):
        wrong += strict(obj, weights)
    return "; ".join(wrong)


def strict(model, weights):
    """load_state_dict(strict=True) takes the weights as they are named."""
    want = model.state_dict()
    if any(not isinstance(v, torch.Tensor) or v.is_quantized or v.is_meta or v.layout != torch.strided for v in want.values()) or any(isinstance(v, nn.parameter.UninitializedTensorMixin) for v in want.values()):
        return []
    got = {}
    for name, (dtype, shape, data) in weights.items():
        t = torch.frombuffer(bytearray(data), dtype=getattr(torch, dtype)) if data else torch.empty(0, dtype=getattr(torch, dtype))
        got[name] = t.reshape(shape)
    model = copy.deepcopy(model)
    for v in list(model.parameters()) + list(model.buffers()):
        v.data.zero_()
    model.load_state_dict(got, strict=True)
    after = model.state_dict()
    return ["%s is another after load_state_dict" % k for k in want if raw(want[k]) != raw(after[k])]


def aside(v, out=None):
    """The names of all tensors of a tree."""
    out = set() if out is None else out
    if isinstance(v, dict):
        for k in ("tensor", "array"):
            if isinstance(v.get(k), str):
                out.add(v[k])
        for x in v.values():
            aside(x, out)
    elif isinstance(v, list):
        for x in v:
            aside(x, out)
    return out


def report(case):
    try:
        return check(case)
    except Exception as e:
        return "%s: %.300s" % (type(e).__name__, e)


if __name__ == "__main__":
    torch.manual_seed(0)
    if sys.argv[1] == "make":
        json.dump(make(sys.argv[2]), sys.stdout)
    else:
        json.dump({c["source"]: report(c) for c in json.load(sys.stdin)}, sys.stdout)
