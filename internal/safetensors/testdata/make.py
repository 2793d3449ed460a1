"""Writes the sample files beside this script and expected.json, which says what
torch holds in each. Needs torch 2.9 or later (for float4) and safetensors 0.8.

    python make.py
"""

import json
import pathlib

import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
DTYPES = (
    "bool uint8 int8 float8_e5m2 float8_e4m3fn float8_e8m0fnu float8_e4m3fnuz float8_e5m2fnuz"
    " float4_e2m1fn_x2 int16 uint16 float16 bfloat16 int32 uint32 float32 complex64 float64 int64 uint64"
).split()


def tensor(dtype, shape, seed):
    """A tensor whose bytes count up from seed; for bool they are 0 and 1."""
    kind = getattr(torch, dtype)
    size = torch.empty(shape, dtype=kind).nbytes
    raw = [(seed + i) % (2 if dtype == "bool" else 256) for i in range(size)]
    if not raw:
        return torch.empty(shape, dtype=kind)
    return torch.frombuffer(bytearray(raw), dtype=torch.uint8).view(kind).reshape(shape)


def raw_bytes(t):
    return bytes(t.reshape(-1).view(torch.uint8).tolist()) if t.numel() else b""


SAMPLES = {
    "empty": ({}, None),
    "metadata": ({}, {"format": "pt"}),
    "dtypes": ({f"layer.{d}": tensor(d, (2, 3), 7 * i) for i, d in enumerate(DTYPES)}, {"format": "pt"}),
    "shapes": (
        {
            "scalar": tensor("float32", (), 1),
            "none": tensor("float32", (3, 0, 2), 1),
            "no bytes either": tensor("float32", (0,), 1),
            "one": tensor("uint8", (1, 1, 1, 1), 200),
            "F4 rows": tensor("float4_e2m1fn_x2", (2, 0), 1),
        },
        None,
    ),
    "names": (
        {
            n: tensor("int8", (2,), i)
            for i, n in enumerate(
                ["", " ", ".", "a/b", "<&>", '"quoted"', "back\\slash", "tab\tnew\nline\r\b\f", "\x00\x1f\x7f",
                 "\u2028\u2029", "gr\u00fc\u00df", "\u6a21\u578b", "\U0001f40d", "\uffff", "..", "__metadata"]
            )
        },
        {"\u00e9\n": "\x01 \\ \" / \U0001f40d"},
    ),
}


def main():
    expected = {}
    for name, (tensors, metadata) in SAMPLES.items():
        save_file(tensors, HERE / f"{name}.safetensors", metadata=metadata)
        expected[name] = {
            "metadata": metadata,
            "tensors": {
                n: {"dtype": str(t.dtype).removeprefix("torch."), "shape": list(t.shape), "hex": raw_bytes(t).hex()}
                for n, t in tensors.items()
            },
        }
    text = json.dumps(expected, indent=1, sort_keys=True)
    (HERE / "expected.json").write_text(text + "\n")


main()
