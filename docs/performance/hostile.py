"""Writes files that ask for much: hostile.py DIRECTORY. None holds a payload.

The checks of docs/performance.md scan and convert each of them.
"""

import pathlib
import struct
import sys
import zipfile

out = pathlib.Path(sys.argv[1])
P2 = b"\x80\x02"


def text(n):
    return b"X" + struct.pack("<I", n) + b"a" * n


def pickles():
    yield "marks", P2 + b"(" * 20_000_000 + b"."
    yield "pushes", P2 + b"N" * 19_999_990 + b"."
    yield "lists", P2 + b"]" * 19_999_990 + b"."
    yield "dup", P2 + b"]" + b"2" * 10_000_000 + b"."
    yield "nested", P2 + b"]" * 100_000 + b"a" * 99_999 + b"."
    yield "nested-deeper", P2 + b"]" * 1_400_000 + b"a" * 1_399_999 + b"."
    yield "tuples-in-tuples", P2 + b"N" + b"\x85" * 1_400_000 + b"."
    yield "appends", P2 + b"](" + b"N" * 9_000_000 + b"e."
    yield "setitems", P2 + b"}" + b"(K\x01K\x02u" * 1_000_000 + b"."
    yield "strings", P2 + b"(" + b"".join(b"U\x08%08d" % i for i in range(1_400_000)) + b"l."
    yield "globals", P2 + b"".join(b"cposix\nname%d\n0" % i for i in range(1_000_000)) + b"N."
    yield "calls", P2 + b"cposix\nname\n)R0" * 1_000_000 + b"N."
    yield "states", P2 + b"cposix\nname\n)R" + b"Nb" * 1_000_000 + b"."
    yield "calls-of-calls", P2 + b"cposix\nname\n" + b")R" * 2_000_000 + b"."
    yield "new-of-new", P2 + b"cposix\nname\n" + b")}\x92" * 2_000_000 + b"."
    yield "ids-of-ids", P2 + b"N" + b"Q" * 2_000_000 + b"."
    yield "list-that-grows", P2 + b"cposix\nname\n]q\0\x85R" + b"h\0Na\x85R" * 2_000_000 + b"."
    yield "persistent", P2 + b"NQ" * 1_000_000 + b"."
    yield "memo", P2 + b"N" + b"".join(b"r" + struct.pack("<I", i * 1000) for i in range(4_000_000)) + b"."
    yield "frames", b"\x80\x04" + (b"\x95" + struct.pack("<Q", 1) + b"N") * 2_000_000 + b"."
    yield "many-pickles", (P2 + b"N.") * 2_000_000
    yield "doubling", P2 + b"]q\0" + doubling() + b"."
    yield "text-96MiB", P2 + text(96 << 20) + b"."
    yield "long-line", P2 + b"S'" + b"a" * 96_000_000 + b"'\n."
    yield "long-number", P2 + b"\x8b" + struct.pack("<i", 64 << 20) + b"\x7f" * (64 << 20) + b"."
    yield "zeros", b"\0" * (96 << 20)


def doubling():
    """Lists of twice the list before: 60 levels are 2^60 elements."""
    return b"".join(b"(h%ch%clq%c" % (i, i, i + 1) for i in range(60))


def headers():
    yield "tensors", b"{" + b",".join(b'"t%07d":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}' % i for i in range(1_600_000)) + b"}"
    yield "metadata", b'{"__metadata__":{' + b",".join(b'"k%07d":"v"' % i for i in range(6_000_000)) + b"}}"
    yield "long-text", b'{"__metadata__":{"a":"' + b"x" * 99_000_000 + b'"}}'
    yield "dimensions", b'{"a":{"dtype":"U8","shape":[' + b",".join([b"0"] * 40_000_000) + b'],"data_offsets":[0,0]}}'
    yield "nested", b'{"a":' + b"[" * 99_000_000


def member(name, offset, central):
    if central:
        return struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0, 0, 0, 0, 0, offset) + name
    return struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0) + name


def directory(members, length):
    """A zip of so many empty members with names of that length."""
    names = [b"a/%0*d" % (length - 2, i) for i in range(members)]
    step = 30 + length
    local = b"".join(member(n, 0, False) for n in names)
    central = b"".join(member(n, i * step, True) for i, n in enumerate(names))
    end64 = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, members, members, len(central), len(local))
    locator = struct.pack("<IIQI", 0x07064B50, 0, len(local) + len(central), 1)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, len(central), len(local), 0)
    return local + central + end64 + locator + end


def tensor(i, numel, shape, strides):
    def number(n):
        return b"J" + struct.pack("<i", n)

    return (
        b"U\x08t%07d" % i + b"ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\n"
        b"U\x04%04d" % i + b"U\x03cpu" + number(numel) + b"tQK\0("
        + b"".join(map(number, shape)) + b"t(" + b"".join(map(number, strides)) + b"t\x89ccollections\nOrderedDict\n)RtR"
    )


def checkpoint(name, tensors, storages, compression):
    with zipfile.ZipFile(out / name, "w", compression) as z:
        z.writestr("a/data.pkl", P2 + b"}(" + b"".join(tensors) + b"u.")
        for i, data in enumerate(storages):
            z.writestr("a/data/%04d" % i, data)
        z.writestr("a/version", b"3\n")


for name, data in pickles():
    (out / f"{name}.pkl").write_bytes(data)
for name, data in headers():
    (out / f"{name}.safetensors").write_bytes(struct.pack("<Q", len(data)) + data)
(out / "million-members.pt").write_bytes(directory(1_000_000, 12))
(out / "long-names.pt").write_bytes(directory(4000, 60_000))
zeros = b"\0" * (16 << 20)
checkpoint("deflated.pt", [tensor(i, 4 << 20, [4 << 20], [1]) for i in range(200)], [zeros] * 200, zipfile.ZIP_DEFLATED)
checkpoint("expanded.pt", [tensor(0, 1, [1 << 20, 1 << 20], [0, 0])], [b"\0\0\x80?"], zipfile.ZIP_STORED)
