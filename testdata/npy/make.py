"""Writes this folder's files with the numpy of the Python that runs it.

    python make.py

They go into numpy-NUMPY-pyPYTHON beside this file, with an oracle.json that says
what numpy's own reader finds: for each array of a .npy the version of the header,
type, shape, order and where the data begins. It runs under Python 2.7 and any
Python 3.
"""
from __future__ import print_function

import io
import json
import os
import shutil
import sys
import warnings

import numpy as np

try:
    from numpy.lib import _format_impl as npy
except ImportError:
    from numpy.lib import format as npy

HERE = os.path.dirname(os.path.abspath(__file__))
NAME = "numpy-%s-py%d.%d" % (np.__version__, sys.version_info[0], sys.version_info[1])
warnings.simplefilter("ignore")


def arrays():
    out = dict((n, np.arange(6).astype(n).reshape(2, 3)) for n in "bool int8 uint16 int32 uint64 float16 float32 float64 complex64 longdouble".split())
    out.update(
        fortran=np.asfortranarray(np.arange(6, dtype="<f4").reshape(2, 3)), big=np.arange(3, dtype=">i4"),
        scalar=np.array(1.5), empty=np.zeros((0, 2), "<f4"), bytes=np.array([b"one", b"three"]), text=np.array([u"ein", u"drei"]),
        time=np.array(["2020-01-01"], "M8[D]"), span=np.array([3], "m8[25s]"), void=np.zeros(2, "V5"), no_bytes=np.zeros(2, "S0"),
        record=np.zeros(2, [("a", "<i4"), ("b", "<f8", (2,)), ("c", [("d", "S3"), ("e", "<u2", 2)])]),
        aligned=np.zeros(2, np.dtype([("a", "u1"), ("b", "<f8")], align=True)),
        titled=np.zeros(2, [(("title", "a"), "<i4"), ("b", "<f4")]),
        wide=np.zeros(1, [("field_number_%d" % i, "<f8") for i in range(3000)]),
        object=np.array([u"a", None, 3, {"k": [1, 2]}], object),
        record_object=np.array([(1, "x")], [("a", "<i4"), ("b", "O")]),
        quoted=np.zeros(1, [("it's \\ \"n\"", "<f4")]),
    )
    if sys.version_info[0] == 3:
        out["unicode"] = np.zeros(1, [(u"gr\u00f6\u00dfe \u4e2d", "<f4")])
    return out


ORACLE = {}
LARGE = {"max_header_size": 1 << 20} if sys.version_info[0] == 3 else {}


def describe(path):
    """What numpy reads, array after array."""
    out = []
    with open(path, "rb") as f:
        while f.tell() < os.path.getsize(path):
            major, minor = npy.read_magic(f)
            shape, fortran, dtype = npy._read_array_header(f, (major, minor), **LARGE)
            start = f.tell()
            out.append({"version": major, "shape": [int(n) for n in shape], "fortran": fortran, "kind": dtype.kind, "itemsize": dtype.itemsize, "object": dtype.hasobject, "start": start})
            if dtype.hasobject:
                np.load(path, allow_pickle=True)
                break
            f.seek(start + int(np.prod(shape, dtype=np.int64)) * dtype.itemsize)
    ORACLE[os.path.basename(path)] = out


def main():
    where = os.path.join(HERE, NAME)
    shutil.rmtree(where, ignore_errors=True)
    os.mkdir(where)
    for name, array in arrays().items():
        path = os.path.join(where, name + ".npy")
        np.save(path, array)
        describe(path)
    path = os.path.join(where, "several.npy")
    with open(path, "wb") as f:
        for name in ("float32", "fortran", "object"):
            np.save(f, arrays()[name])
    describe(path)
    np.savez(os.path.join(where, "stored.npz"), **{n: arrays()[n] for n in ("float32", "record", "object")})
    np.savez_compressed(os.path.join(where, "deflated.npz"), **{n: arrays()[n] for n in ("float32", "record", "object")})
    # What Python 2 wrote for a large array (numpy/lib/format.py, _filter_header).
    path = os.path.join(where, "long.npy")
    with open(path, "wb") as f:
        text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }"
        text += b" " * (-(len(text) + 11) % 64) + b"\n"
        f.write(b"\x93NUMPY\x01\x00" + bytearray([len(text) % 256, len(text) // 256]) + text + b"\x00" * 24)
    describe(path)
    with io.open(os.path.join(where, "oracle.json"), "w", newline="\n") as f:
        text = json.dumps(ORACLE, indent=1, sort_keys=True) + "\n"
        f.write(text if isinstance(text, type(u"")) else text.decode("ascii"))


if __name__ == "__main__":
    main()
