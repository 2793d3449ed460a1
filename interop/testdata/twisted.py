"""Writes files that a library loads and never writes; answers what was written.

Each has a twist: what is in it in the end, or whether it loads at all, only the
loader knows. They must be converted exactly or refused.
"""

import io
import itertools
import pathlib
import pickle
import random
import struct
import sys
import zipfile

import common

import torch

from opcodes import STOP, call, glob, made, s, short_bytes

STORAGES = {"Double": 8, "Float": 4, "Half": 2, "BFloat16": 2, "Long": 8, "Int": 4, "Short": 2, "Char": 1, "Byte": 1, "Bool": 1,
            "ComplexDouble": 16, "ComplexFloat": 8, "QInt32": 4, "Untyped": 1}
DTYPES = ("float64", "float32", "float16", "int64", "int16", "uint8", "uint16", "uint32", "complex64", "float8_e4m3fn", "bool")
RECORD = bytes(range(1, 17)) * 2


def integer(i):
    return b"J" + struct.pack("<i", i)


def storage(name="Float", key=s("0"), size=32):
    module = "torch.storage" if name == "Untyped" else "torch"
    return b"(" + s("storage") + glob(module, name + "Storage") + key + s("cpu") + integer(size // STORAGES[name]) + b"tQ"


def tensor(of=None, count=4, dtype=None, offset=0):
    rebuild = glob("torch._utils", "_rebuild_tensor_v3" if dtype else "_rebuild_tensor_v2")
    hooks = glob("collections", "OrderedDict") + b")R"
    tail = glob("torch", dtype) if dtype else b""
    return rebuild + b"(" + (of or storage()) + integer(offset) + integer(count) + b"\x85" + integer(1) + b"\x85" + b"\x89" + hooks + tail + b"tR"


def archive(program, order="little", proto=2, **more):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as z:
        records = {"data.pkl": bytes([0x80, proto]) + program + STOP, "byteorder": order.encode(), "data/0": RECORD, "version": b"3\n", **more}
        for name, data in records.items():
            z.writestr(zipfile.ZipInfo("a/" + name), data)
    return buffer.getvalue()


def byte_orders():
    for (name, size), dtype, order in itertools.product(STORAGES.items(), DTYPES, ("little", "big")):
        item = torch.empty(0, dtype=getattr(torch, dtype)).element_size()
        yield f"v3_{name}_{dtype}_{order}.pt", archive(tensor(storage(name), 32 // item, dtype), order)
    for name, order in itertools.product(STORAGES, ("little", "big")):
        yield f"v2_{name}_{order}.pt", archive(tensor(storage(name), 32 // STORAGES[name]), order)


def spelled(data):
    """Every way to write these bytes as a text."""
    yield "short", b"U" + bytes([len(data)]) + data
    yield "binary", b"T" + struct.pack("<i", len(data)) + data
    yield "line", b"S" + repr(data)[1:].encode() + b"\n"
    try:
        yield "unicode", s(data.decode())
    except UnicodeDecodeError:
        pass


def texts():
    words = {"ascii": b"e", "utf8": "\u00e9".encode(), "latin1": b"\xe9", "surrogate": b"\xed\xa0\x80"}
    every = [(w, how, text) for w, data in words.items() for how, text in spelled(data)]
    for (w1, h1, k1), (w2, h2, k2) in itertools.product(every, every):
        body = b"}" + k1 + tensor(offset=4) + b"s" + k2 + b"N" + b"s"
        yield f"key_{w1}_{h1}_{w2}_{h2}.pt", archive(body)
    for w, how, text in every:
        yield f"one_key_{w}_{how}.pt", archive(b"}" + text + tensor() + b"s")
        yield f"value_{w}_{how}.pt", archive(b"}" + s("w") + tensor() + b"s" + s("x") + text + b"s")
        yield f"storage_{w}_{how}.pt", archive(b"}" + s("w") + tensor(storage(key=text)) + b"s", **{"data/e": RECORD, "data/\u00e9": RECORD[::-1]})
        yield f"array_{w}_{how}.pt", archive(b"}" + s("w") + array(text, 1) + b"s")
        yield f"array_{w}_{how}.pkl", b"\x80\x02}" + s("w") + array(text, 1) + b"s."
        yield f"key_{w}_{how}.pkl", b"\x80\x02}" + text + array(short_bytes(b"a")) + b"s" + s("\u00e9") + b"N" + b"s."


def array(data, count=1):
    """An array of bytes as numpy's __reduce__ has it; data is a stream."""
    shell = call("numpy._core.multiarray", "_reconstruct", glob("numpy", "ndarray"), integer(0) + b"\x85", short_bytes(b"b"))
    dtype = glob("numpy", "dtype") + b"(" + s("u1") + b"\x89\x88tR" + b"(" + integer(3) + s("|") + b"NNN" + integer(-1) + integer(-1) + integer(0) + b"tb"
    return shell + b"(" + integer(1) + integer(count) + b"\x85" + dtype + b"\x89" + data + b"tb"


def containers(rng):
    """Objects that calls make and that BUILD changes, at random."""
    leaves = [tensor, lambda: tensor(offset=2), lambda: b"N", lambda: integer(1), lambda: b"\x88", lambda: b"G" + struct.pack(">d", 1.0),
              lambda: s("a"), lambda: s("b"), lambda: b"h\x07", lambda: b")", lambda: call("decimal", "Decimal", s("1")), lambda: array(short_bytes(b"a"))]
    keys = [lambda: s("a"), lambda: s("b"), lambda: integer(1), lambda: b"\x88", lambda: b"G" + struct.pack(">d", 1.0), lambda: b"h\x07",
            lambda: s("1"), lambda: call("decimal", "Decimal", s("1")), lambda: glob("torch", "float32"), lambda: b"]", lambda: call("builtins", "tuple")]

    def value(depth=0):
        kind = rng.randrange(16)
        if depth == 3 or kind > 11:
            return rng.choice(leaves)()
        items = [value(depth + 1) for _ in range(rng.randrange(4))]
        pairs = [rng.choice(keys)() + value(depth + 1) for _ in range(rng.randrange(4))]
        state = lambda: b"}" + b"".join(rng.choice([s("a"), s("b")]) + value(depth + 1) + b"s" for _ in range(rng.randrange(3)))
        if kind < 4:
            name = ("set", "frozenset", "list", "tuple")[kind]
            return call("builtins", name, b"(" + b"".join(items) + rng.choice([b"l", b"t"]))
        if kind == 4:
            return call("builtins", "dict", b"(" + b"".join(p + b"\x86" for p in pairs) + b"l")
        if kind == 5:
            return call("collections", "OrderedDict", b"(" + b"".join(p + b"\x86" for p in pairs) + b"l") + b"".join(p + b"s" for p in pairs[:1])
        if kind == 6:
            return made("argparse", "Namespace") + b"".join(state() + b"b" for _ in range(rng.randrange(3)))
        if kind == 7:
            return b"(" + b"".join(items) + b"\x91"
        if kind == 8:
            return b"\x8f(" + b"".join(items) + b"\x90"
        if kind == 9:
            return b"(" + b"".join(items) + rng.choice([b"l", b"t"])
        return b"}(" + b"".join(pairs) + b"u"

    for i in range(600):
        body = tensor(offset=1) + b"q\x07" + b"0" + b"}" + s("x") + value() + b"s" + s("y") + value() + b"s" + s("z") + tensor(offset=3) + b"s"
        yield f"container_{i}.pt", archive(body, proto=4)


def scripts():
    body = b"}" + s("w") + tensor() + b"s"
    for name in ("constants.pkl", "CONSTANTS.PKL", "code/constants.pkl", "x/constants.pkl"):
        yield f"script_{name.replace('/', '_')}.pt", archive(body, **{name: pickle.dumps((), 2)})


def main(root):
    written = []
    for name, data in itertools.chain(byte_orders(), texts(), containers(random.Random(1)), scripts()):
        (root / name).write_bytes(data)
        written.append({"name": name, "source": str(root / name), "weights": None, "expect": "either"})
    return written


common.answer(main(pathlib.Path(sys.argv[1])))
