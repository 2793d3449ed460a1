"""Writes streams.json: harmless pickles and how pickletools.genops reads them.

Needs torch, numpy and scikit-learn.
"""
import collections
import datetime
import io
import json
import pickle
import pickletools
import struct
import zipfile

import numpy
import sklearn.linear_model
import torch


def plain(value):
    if isinstance(value, bool):
        return ["bool", str(int(value))]
    if isinstance(value, int):
        return ["int", format(value, "x")]
    if isinstance(value, float):
        return ["float", struct.pack(">d", value).hex()]
    if isinstance(value, str):
        return ["text", value.encode("utf-8", "surrogatepass").hex()]
    if isinstance(value, (bytes, bytearray)):
        return ["text", value.hex()]
    return []


def ops(data):
    out, base = [], 0
    while base < len(data):  # genops stops at STOP
        for op, arg, pos in pickletools.genops(data[base:]):
            out.append([op.name, base + pos, plain(arg)])
        base = out[-1][1] + 1
    return out


def torch_pickle():
    buffer = io.BytesIO()
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU())
    torch.save({"epoch": 3, "model": model.state_dict(), "lr": 1e-3}, buffer)
    with zipfile.ZipFile(buffer) as z:
        return next(z.read(n) for n in z.namelist() if n.endswith("data.pkl"))


SAMPLES = {  # an argument for each opcode that has one
    "decimalnl_short": b"7\n", "decimalnl_long": b"-123456789012345678901234567890L\n", "floatnl": b"1.5e-07\n",
    "float8": struct.pack(">d", -0.1), "int4": struct.pack("<i", -2), "uint1": b"\xfe", "uint2": b"\xfe\xff",
    "uint4": b"\xfe\xff\xff\xff", "uint8": b"\x05" + bytes(7), "long1": b"\x02\x00\x80", "long4": b"\x03\x00\x00\x00\xff\xff\x00",
    "bytes1": b"\x03\x00\xffa", "bytes4": b"\x03\x00\x00\x00\x00\xffa", "bytes8": b"\x03" + bytes(7) + b"\x00\xffa",
    "bytearray8": b"\x03" + bytes(7) + b"\x00\xffa", "string1": b"\x03abc", "string4": b"\x03\x00\x00\x00abc",
    "unicodestring1": b"\x03\xe2\x82\xac", "unicodestring4": b"\x03\x00\x00\x00\xed\xa0\x80",
    "unicodestring8": b"\x02" + bytes(7) + b"\xc3\xa9", "stringnl": b"'a\\x00\\n\"'\n", "stringnl_noescape": b"storage 1\n",
    "unicodestringnl": b"a\\u20ac\\U0001f600\xe9\n", "stringnl_noescape_pair": b"collections\nOrderedDict\n",
}


def every_opcode():
    data = b""
    for op in pickletools.opcodes:
        if op.name != "STOP":
            data += op.code.encode("latin-1") + (SAMPLES[op.arg.name] if op.arg else b"")
    return data + b"."


def main():
    mixed = [None, True, False, 0, -1, 255, 65535, 2**31 - 1, -2**31, 2**31, 2**64, -2**255, 2**2100, 1.5, -0.0, float("inf"),
             float("nan"), 1e-300, 1e16, "", "a" * 300, "caf\xe9 \u20ac \U0001f600 \\u \n\r\0\x1a", "\ud800", b"", b"\0\xff" * 200,
             bytearray(b"abc"), (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [1, [2]], {"a": {}}, {1}, frozenset([2]), 1j,
             collections.OrderedDict(a=1), datetime.date(2024, 1, 2), len, collections.OrderedDict]
    mixed.append(mixed[-3])
    streams = {"protocol %d" % p: pickle.dumps(mixed, p) for p in range(6)}
    streams["numpy"] = pickle.dumps(numpy.arange(4.0), 4)
    streams["scikit-learn"] = pickle.dumps(sklearn.linear_model.LogisticRegression(C=0.5), 5)
    streams["torch"] = torch_pickle()
    streams["two pickles"] = pickle.dumps(1, 2) + pickle.dumps("two", 4)
    streams["every opcode"] = every_opcode()
    out = [{"name": name, "hex": data.hex(), "ops": ops(data)} for name, data in streams.items()]
    with open("streams.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in out) + "\n]\n")


main()
