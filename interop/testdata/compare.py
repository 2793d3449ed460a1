"""Compares sources with their conversions; answers {name: what differs, or ""}.

Reads a list of {name, source, weights, out, state} from standard input. The
source is loaded by torch or pickle, the conversion by safetensors.
"""

import os
import pickle

import common

import safetensors
import safetensors.numpy
import safetensors.torch
import torch

import oracle

NO_DTYPE = ("complex128", "complex32", "bcomplex32")


def load_source(path):
    """The object, and whether it holds numpy arrays."""
    if not path.endswith(".pkl"):
        try:
            return torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError:
            return torch.load(path, map_location="cpu", weights_only=False)
    with open(path, "rb") as f:
        try:
            return pickle.load(f)
        except UnicodeDecodeError:  # what numpy advises for arrays of Python 2
            f.seek(0)
            return pickle.load(f, encoding="latin1")


def expected(obj, weights):
    """The tensors of x.safetensors and of x.state.safetensors, by name."""
    main, state = {}, {}
    for path, x in oracle.walk(obj):
        if torch.is_storage(x):
            x = torch.tensor(x.tolist(), dtype=x.dtype)
        if not oracle.is_tensor(x) and not oracle.is_array(x):
            continue
        part = next((w for w in weights if list(path[: len(w)]) == w), None)
        if weights and part is None:
            state[oracle.name_of(path)] = x
        else:
            main[oracle.name_of(path[len(part) :] if len(weights) == 1 else path)] = x
    return main, state


def source_view(x):
    """(dtype, shape, bytes) as safetensors must hold them."""
    if oracle.is_tensor(x):
        dtype, size, data = str(x.dtype)[len("torch.") :], x.element_size(), oracle.tensor_bytes(x)
        known = dtype not in NO_DTYPE
    else:
        dtype, size, data = x.dtype.newbyteorder("=").name, x.dtype.itemsize, oracle.array_bytes(x)
        known = x.dtype.kind in "biuf" or dtype == "complex64"
    if known:
        return dtype, list(x.shape), data
    return "uint8", list(x.shape) + [size], data


def result_view(x):
    if oracle.is_tensor(x):
        return str(x.dtype)[len("torch.") :], list(x.shape), oracle.tensor_bytes(x)
    return x.dtype.name, list(x.shape), oracle.array_bytes(x)


def skipped(x):
    """Tensors without strided elements, which no case demands."""
    if oracle.is_array(x):
        return x.dtype.hasobject
    return x.layout != torch.strided or x.is_quantized or x.is_meta


def differences(want, file, load):
    if not os.path.exists(file):
        return [f"{os.path.basename(file)} is missing"] if want else []
    if not want:
        return [f"{os.path.basename(file)} exists, but nothing belongs in it"]
    with safetensors.safe_open(file, "pt") as f:
        meta = f.metadata() or {}
    out = [f"metadata {k} is {meta.get(k)!r}" for k, v in (("format", "pt"), ("modelaudit.schema", "1")) if meta.get(k) != v]
    got = load(file)
    parts = tuple(k + "." for k, v in want.items() if skipped(v))  # objects.py compares those
    got = {k: v for k, v in got.items() if not parts or not k.startswith(parts)}
    want = {k: v for k, v in want.items() if not skipped(v)}
    out += [f"{n!r} is missing" for n in want.keys() - got.keys()]
    out += [f"{n!r} is too much" for n in got.keys() - want.keys()]
    for name in want.keys() & got.keys():
        for part, a, b in zip(("dtype", "shape", "bytes"), source_view(want[name]), result_view(got[name])):
            if a != b:
                out.append(f"{name!r}: {part} is {b!r}, not {a!r}"[:300])
    return out


def compare(case):
    obj = load_source(case["source"])
    main, state = expected(obj, case["weights"] or [])
    arrays = any(oracle.is_array(x) for x in main.values())
    load = safetensors.numpy.load_file if arrays else safetensors.torch.load_file
    return differences(main, case["out"], load) + differences(state, case["state"], load)


def report(case):
    try:
        return "; ".join(sorted(compare(case)))
    except Exception as e:
        return f"{type(e).__name__}: {e}"


if __name__ == "__main__":
    common.answer({case["name"]: report(case) for case in common.read()})
