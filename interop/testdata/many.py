"""Sources of many files: makes them, and compares what was made of them.

Reads a list of tasks from standard input and writes the answers as JSON.
"""

import io
import json
import os
import pickle
import struct
import sys
import tarfile
import warnings
import zipfile

warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import torch  # noqa: E402


def tensors(value, path=""):
    if isinstance(value, torch.Tensor):
        return {path: value}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    out = {}
    for k, v in items:
        out.update(tensors(v, f"{path}.{k}" if path else str(k)))
    return out


def same(a, b):
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    raw = lambda t: t.detach().contiguous().reshape(-1).view(torch.uint8)
    return torch.equal(raw(a), raw(b))


def differ(want, got):
    if set(want) != set(got):
        return f"names: {sorted(set(want) ^ set(got))}"
    return "".join(k + " " for k in want if not same(want[k], got[k]))


def distributed(task):
    """Compares with what torch itself makes of a checkpoint."""
    from safetensors.torch import load_file
    from torch.distributed.checkpoint.format_utils import dcp_to_torch_save
    whole = task["out"] + ".pt"
    dcp_to_torch_save(task["source"], whole)
    want = tensors(torch.load(whole, weights_only=False))
    got = load_file(task["out"])
    if os.path.exists(task["state"]):
        got = {"model." + k: v for k, v in got.items()}
        got.update(load_file(task["state"]))
    return differ(want, got)


def bert():
    from transformers import BertConfig, BertModel
    torch.manual_seed(0)
    return BertModel(BertConfig(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, vocab_size=60, max_position_embeddings=20))


def shards(task):
    """Writes a small model of transformers, cut as its older versions cut it."""
    from huggingface_hub import split_torch_state_dict_into_shards
    model, out = bert(), task["source"]
    model.config.save_pretrained(out)
    state = model.state_dict()
    split = split_torch_state_dict_into_shards(state, max_shard_size=6000, filename_pattern="pytorch_model{suffix}.bin")
    for name, keys in split.filename_to_tensors.items():
        torch.save({k: state[k] for k in keys}, os.path.join(out, name))
    with open(os.path.join(out, "pytorch_model.bin.index.json"), "w") as f:
        json.dump({"metadata": split.metadata, "weight_map": split.tensor_to_filename}, f, indent=2, sort_keys=True)
    return ""


def pretrained(task):
    """Lets transformers open the directory, and compares with the model."""
    from transformers import BertModel
    return differ(bert().state_dict(), BertModel.from_pretrained(task["source"]).state_dict())


def outputs(task):
    from safetensors.torch import load_file
    both = [load_file(f) for f in (task["out"], task.get("state", "")) if os.path.exists(f)]
    return both if len(both) == 2 else both + [{}]


def script(task):
    """Compares with what a TorchScript program says of itself."""
    weights, _ = outputs(task)
    want = {k: v for k, v in torch.jit.load(task["source"]).state_dict().items() if isinstance(v, torch.Tensor)}
    if not want:  # frozen, or quantised: what there is has no name
        return "" if weights else "nothing was converted"
    return differ(want, weights)


def saved(task, name):
    """A blob of torch.save in an older program."""
    with zipfile.ZipFile(task["source"]) as z:
        members = [n for n in z.namelist() if n.endswith(name)]
        data = z.read(members[0]) if members else b""
    return torch.load(io.BytesIO(data), weights_only=False) if data else {}


def program(task):
    """Compares with what torch.export.load makes of a program, for the oldest
    with what it would unpickle."""
    weights, constants = outputs(task)
    try:
        p = torch.export.load(task["source"])
        state, const = p.state_dict, p.constants
    except Exception:
        state, const = saved(task, "serialized_state_dict.pt"), saved(task, "serialized_constants.pt")
    if not state:
        return "no state"
    return differ(tensors(dict(state)), weights) or differ({"constants." + k: v for k, v in tensors(dict(const)).items()}, constants)


class Keyed:
    """What a persistent id of a tar stands for."""

    def __init__(self, key):
        self.key = key


def tar(task):
    """Writes torch's first format: tensors of several types, views, a storage
    that is a part of another, and both kinds of object in the pickle."""

    def dumps(o):
        b = io.BytesIO()
        p = pickle.Pickler(b, 2)
        p.persistent_id = lambda x: x.key if isinstance(x, Keyed) else None
        p.dump(o)
        return b.getvalue()

    f = np.arange(24, dtype=np.float32)
    i = np.array([5, -6, 7], dtype=np.int64)
    h = np.arange(4, dtype=np.float16)
    parts = {
        "sys_info": dumps({"protocol_version": 1000, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}),
        "storages": dumps(3) + dumps((1, "cpu", torch.FloatStorage)) + struct.pack("<q", 24) + f.tobytes() + dumps((2, "cpu", torch.LongStorage))
        + struct.pack("<q", 3) + i.tobytes() + dumps((3, "cpu", torch.HalfStorage)) + struct.pack("<q", 4) + h.tobytes() + dumps([(4, 1, 8, 12)]),
        "tensors": b"".join([dumps(5)]
                            + [dumps((k, s, "torch.FloatTensor")) + struct.pack(f"<i4x{2 * len(n) + 1}q", len(n), *n, *st, o) for k, s, n, st, o in [
                                (10, 1, (4, 6), (6, 1), 0), (11, 1, (6, 4), (1, 6), 0), (12, 4, (2, 3), (3, 1), 2), (13, 2, (3,), (1,), 0), (14, 3, (), (), 1)]]),
        "pickle": dumps({"whole": Keyed(10), "turned": Keyed(11), "part": Keyed(12), "ints": Keyed(13), "half": Keyed(14), "again": Keyed(10), "epoch": 3}),
    }
    with tarfile.open(task["source"], "w", format=tarfile.USTAR_FORMAT) as t:
        for name, data in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return ""


def loaded(task):
    """Compares with what torch.load gives."""
    return differ(tensors(torch.load(task["source"], weights_only=False)), outputs(task)[0])


if __name__ == "__main__":
    tasks = json.load(sys.stdin)
    print(json.dumps({t["name"]: globals()[t["do"]](t) for t in tasks}))
