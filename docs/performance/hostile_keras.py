"""Writes HDF5 files and Keras archives that ask for much: hostile_keras.py DIRECTORY.

None holds a payload. Needs h5py. The checks of docs/performance.md scan each of them.
"""

import base64
import json
import marshal
import pathlib
import struct
import sys
import zipfile
import zlib

import h5py
import numpy as np

out = pathlib.Path(sys.argv[1])
LAYER = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 1}, "registered_name": None}


def h5(name, fill, patch=None, **options):
    path = out / (name + ".h5")
    with h5py.File(path, "w", **options) as f:
        f.attrs["keras_version"] = "3.0.0"
        fill(f)
    if patch:
        data = bytearray(path.read_bytes())
        patch(data)
        path.write_bytes(data)


def many(f, n=1000):
    for i in range(n):
        f.create_group(f"g{i:05}")


def loop1(data):
    """Every node of a B-tree of version 1 has itself as its first child."""
    at = data.find(b"TREE")
    while at >= 0:
        data[at + 5 : at + 6] = b"\x01"  # not a leaf
        data[at + 32 : at + 40] = struct.pack("<Q", at)
        at = data.find(b"TREE", at + 4)


def sibling(data):
    at = data.find(b"TREE")
    while at >= 0:
        data[at + 16 : at + 24] = struct.pack("<Q", at)
        at = data.find(b"TREE", at + 4)


def root2(data):
    """The header of a B-tree of version 2 has itself as its root, far down."""
    at = data.find(b"BTHD")
    while at >= 0:
        data[at + 12 : at + 14] = struct.pack("<H", 60000)
        data[at + 16 : at + 24] = struct.pack("<Q", at)
        at = data.find(b"BTHD", at + 4)


def sums(data):
    for magic in (b"OHDR", b"FRHP", b"BTHD", b"BTLF", b"FHDB"):
        at = data.find(magic)
        while at >= 0:
            data[at + 5] ^= 0xFF
            at = data.find(magic, at + 4)


def heap_id(data):
    """Values of variable length point to an object that their collection lacks."""
    at = data.find(b"GCOL")
    while at >= 0:
        data[at + 16 : at + 18] = struct.pack("<H", 60000)
        at = data.find(b"GCOL", at + 4)


def four_gigabytes(data):
    at = data.find(b"3.0.0")
    spot = data.find(b"keras_version\0")
    data[spot + 16 : spot + 24] = struct.pack("<II", 0x13, 0xFFFFFFF0)  # a string of 4 GiB
    assert at >= 0 and spot >= 0


def dataset(f, shape, chunk, data=None, **options):
    f.create_dataset("d", shape, "u1", chunks=chunk, data=data, **options)


def groups(a, b):
    """a groups of b groups each; headers of version 1 have no checksums."""
    def header(messages):
        body = b"".join(struct.pack("<HHB3x", kind, len(m), 0) + m for kind, m in messages)
        return struct.pack("<BxHIIxxxx", 1, len(messages), 1, len(body)) + body
    info = (2, struct.pack("<BBQQ6x", 0, 0, 2**64 - 1, 2**64 - 1))
    def link(i, to):
        name = b"%07d" % i
        m = struct.pack("<BBB", 1, 0, len(name)) + name + struct.pack("<Q", to)
        return (6, m + bytes(-len(m) % 8))
    empty, size = header([info]), 96
    root = len(header([info] + [link(i, 0) for i in range(a)]))
    inner = len(header([info] + [link(i, 0) for i in range(b)]))
    at = size + root + a * inner
    text = [header([info] + [link(i, size + root + i * inner) for i in range(a)])]
    for i in range(a):
        text.append(header([info] + [link(k, at + (i * b + k) * len(empty)) for k in range(b)]))
    end = at + a * b * len(empty)
    block = b"\x89HDF\r\n\x1a\n" + struct.pack("<5B3xHHI4Q", 0, 0, 0, 0, 0, 4, 16, 0, 0, 2**64 - 1, end, 2**64 - 1)
    block = block[:13] + b"\x08\x08\x00" + block[16:] + struct.pack("<QQII16x", 0, size, 0, 0)
    return block + b"".join(text) + empty * (a * b)


def archive(name, config, more=(), compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(out / (name + ".keras"), "w", compression) as z:
        z.writestr("metadata.json", '{"keras_version": "3.9.0"}')
        with z.open("config.json", "w", force_zip64=True) as f:
            for part in [config] if isinstance(config, str) else config:
                f.write(part.encode())
        z.writestr("model.weights.h5", b"")
        for member, data in more:
            z.writestr(member, data)


def function(code):
    text = base64.b64encode(code).decode()
    return json.dumps({"module": "keras.layers", "class_name": "Lambda", "config": {"function": {"class_name": "__lambda__", "config": {"code": text}}}})


def code(consts):
    """A code object of Python 3.11 with other constants."""
    whole = marshal.dumps(compile("lambda x: 12345", "f", "eval").co_consts[0].replace(co_qualname="q"))
    old = marshal.dumps((None, 12345))[1:]
    at = whole.index(old)
    return whole[: at - 1] + consts + whole[at + len(old) :]


def doubling():
    """Tuples of twice the tuple before: 60 of them are 2^60 values, and Python hashes each."""
    whole = code(b")\x00")
    base = (whole[0] >> 7) + (whole[21] >> 7)  # the number of the tuple: those of the code object and its bytes come first

    def ref(i):
        return b"r" + struct.pack("<I", base + i)

    return b"\xa9\x3d\xa9\x01N" + b"".join(b"\xa9\x02" + ref(i + 1) * 2 for i in range(60))


MODEL = json.dumps({"module": "keras", "class_name": "Sequential", "config": {"layers": [LAYER]}, "registered_name": None})

h5("btree1-loop", many, loop1)
h5("btree1-sibling", many, sibling)
h5("btree2-loop", lambda f: many(f, 100), root2, libver="latest")
h5("cycle", lambda f: [f.create_group("a"), f["a"].__setitem__("b", f), f["a"].__setitem__("c", f["a"]), f.__setitem__("s", h5py.SoftLink("/s"))])
h5("heap-id", lambda f: f.attrs.__setitem__("model_config", MODEL), heap_id)
h5("sums", lambda f: many(f, 100), sums, libver="latest")
h5("attribute-4GiB", lambda f: None, four_gigabytes)
h5("chunks-2-60", lambda f: dataset(f, (2**60,), (1,)))
h5("chunks-2-60-latest", lambda f: dataset(f, (2**60,), (1,)), libver="latest")
h5("deflate-bomb", lambda f: dataset(f, (2**31,), (2**28,), None, compression="gzip", fillvalue=0) or [f["d"].id.write_direct_chunk((i << 28,), zlib.compress(bytes(1 << 28), 9)) for i in range(8)])
h5("soft-links", lambda f: [f.id.links.create_soft(b"%07d" % i, b"/x") for i in range(1_000_000)], libver="latest")
h5("hard-links", lambda f: [f.create_group("g"), [f.id.links.create_hard(b"%07d" % i, f.id, b"g") for i in range(1_000_000)]], libver="latest")
h5("attributes", lambda f: [h5py.h5a.create(f.id, b"%07d" % i, h5py.h5t.STD_I8LE, h5py.h5s.create(h5py.h5s.SCALAR)) for i in range(300_000)], libver="latest")
(out / "groups.h5").write_bytes(groups(1000, 1000))
(out / "deep.json").write_text('{"class_name": "Sequential", "config": ' + "[" * 100_000 + "]" * 100_000 + "}")
archive("deep", '{"class_name": "Sequential", "config": ' + '{"a":' * 100_000 + "1" + "}" * 100_000 + "}")
archive("members", MODEL, ((f"assets/{i:06}", b"") for i in range(100_000)))
archive("config-1GiB", ['{"class_name": "Sequential", "config": {"a": "'] + ["x" * (1 << 20)] * 1024 + ['"}}'])
archive("config-bomb", ['{"class_name": "Sequential", "config": {"a": "'] + [" " * (1 << 20)] * 1024 + ['"}}'], compression=zipfile.ZIP_DEFLATED)
archive("layers", '{"class_name": "Sequential", "config": {"layers": [' + ",".join([json.dumps(LAYER)] * 70_000) + "]}}")
archive("marshal-tuples", function(code(b")\x01" * 1_000_000 + b"N")))
archive("marshal-doubling", function(code(doubling())))
archive("marshal-long", function(code(b")\x01l" + struct.pack("<i", 5_000_000) + b"\x01\x00" * 5_000_000)))
archive("marshal-count", function(code(b"(" + struct.pack("<i", 2**31 - 1) + b"N" * 1000)))
archive("marshal-text", function(code(b")\x01u" + struct.pack("<i", 9_000_000) + b"x" * 9_000_000)))
archive("marshal-none", function(code(b"(" + struct.pack("<i", 9_000_000) + b"N" * 9_000_000)))
