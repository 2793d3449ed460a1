"""Writes this folder's files with the joblib of the Python that runs it.

    python make.py [--sklearn]

Each goes into JOBLIB-pyPYTHON beside this file, and next to it a .json that says
what that joblib's own loader meets in it: every global that it looks up and
every array that it reads, with the bytes that it reads for it. It runs under
Python 2.7 and any Python 3. With --sklearn it is the joblib inside scikit-learn.
"""
from __future__ import print_function

import functools
import io
import json
import os
import pickle
import shutil
import sys

import numpy as np

if "--sklearn" in sys.argv[1:]:
    from sklearn.externals import joblib
    from sklearn.externals.joblib import numpy_pickle
    LIBRARY = "sklearn-joblib"
else:
    import joblib
    from joblib import numpy_pickle
    LIBRARY = "joblib"

HERE = os.path.dirname(os.path.abspath(__file__))
VERSION = tuple(int(n) for n in joblib.__version__.split(".")[:2])
NAME = "%s-%s-py%d.%d" % (LIBRARY, joblib.__version__, sys.version_info[0], sys.version_info[1])


def values():
    """Arrays of every kind that joblib writes in its own way, between others."""
    record = np.zeros(2, dtype=[("a", "<i4"), ("b", "<f8", (2,))])
    record["a"] = [1, 2]
    return [
        ("c", np.arange(6, dtype="<f8").reshape(2, 3)),
        ("fortran", np.asfortranarray(np.arange(6, dtype="<f4").reshape(2, 3))),
        ("scalar", np.array(7, dtype="<i8")),
        ("empty", np.zeros((0, 3), dtype="<f4")),
        ("bool", np.array([True, False, True])),
        ("bytes", np.array([b"one", b"three"])),
        ("text", np.array([u"ein", u"drei"])),
        ("complex", np.array([1 + 2j], dtype="<c16")),
        ("big", np.arange(3, dtype=">i2")),
        ("time", np.array(["2020-01-01", "2021-02-03"], dtype="M8[D]")),
        ("record", record),
        ("matrix", np.matrix([[1.0, 2.0]])),
        ("strided", np.arange(10, dtype="u1")[::3]),
        ("number", np.float64(0.5)),
        ("plain", {"epoch": 3, "name": u"net", "list": [1.5, None, (1, 2)]}),
    ]


def objects():
    return [
        ("object", np.array([u"a", None, 3, {"k": [1, 2]}], dtype=object)),
        ("behind", np.arange(4, dtype="<f4")),
    ]


def watch_names(log):
    """Makes the unpickler note the names that it looks up, also those of nested
    pickles, which most versions leave to the one in C."""
    find = numpy_pickle.Unpickler.find_class

    def noted(self, module, name):
        log["globals"].append([module, name])
        return find(self, module, name)

    numpy_pickle.Unpickler.find_class = noted
    pickle.load = lambda file: numpy_pickle.Unpickler(file).load()


def watch(log):
    """Makes the wrappers note the arrays that they read."""
    for cls in [getattr(numpy_pickle, n, None) for n in ("NumpyArrayWrapper", "NDArrayWrapper", "ZNDArrayWrapper")]:
        if cls is not None:
            wrap(cls, log)


def wrap(cls, log):
    read = cls.__dict__.get("read")
    if read is None:
        return

    def noted(self, unpickler, *more):
        if hasattr(self, "filename"):
            log["siblings"].append(self.filename)
            return read(self, unpickler, *more)
        file = unpickler.file_handle
        start = file.tell()
        array = read(self, unpickler, *more)
        end = file.tell()
        size = 0 if self.dtype.hasobject else int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize
        log["arrays"].append({
            "kind": self.dtype.kind, "itemsize": self.dtype.itemsize, "shape": list(self.shape), "order": self.order,
            "object": bool(self.dtype.hasobject), "start": start if self.dtype.hasobject else end - size, "end": end,
            "padding": 0 if self.dtype.hasobject else end - size - start,
        })
        return array

    cls.read = noted


LOG = {}


def describe(path):
    LOG.clear()
    LOG.update(globals=[], arrays=[], siblings=[])
    joblib.load(path)
    with io.open(path + ".json", "w", newline="\n") as f:
        text = json.dumps(LOG, indent=1, sort_keys=True) + "\n"
        f.write(text if isinstance(text, type(u"")) else text.decode("ascii"))


def save(name, value, **how):
    path = os.path.join(HERE, NAME, name)
    joblib.dump(value, path, **how)
    describe(path)
    for sibling in LOG["siblings"]:
        if name != "arrays.joblib":
            os.remove(os.path.join(HERE, NAME, sibling))


def main():
    shutil.rmtree(os.path.join(HERE, NAME), ignore_errors=True)
    os.mkdir(os.path.join(HERE, NAME))
    watch_names(LOG)
    watch(LOG)
    if VERSION < (0, 10):
        np.load = functools.partial(np.load, allow_pickle=True)
    highest = min(pickle.HIGHEST_PROTOCOL, 5)
    save("arrays.joblib", values())
    save("objects.joblib", objects())
    if VERSION >= (0, 9):
        for protocol in sorted({0, 2, highest}):
            save("protocol%d.joblib" % protocol, values()[:3] + objects(), protocol=protocol)
    save("zlib.joblib", values()[:2], compress=3)
    if VERSION < (0, 10):
        save("zcache.joblib", values()[:3], compress=3, cache_size=0)
    if VERSION >= (1, 6):
        for method in ("gzip", "bz2", "lzma", "xz"):
            save(method + ".joblib", values()[:2], compress=(method, 3))


if __name__ == "__main__":
    main()
