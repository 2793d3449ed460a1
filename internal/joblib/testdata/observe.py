"""Says what the installed joblib does with each file of a directory.

    python observe.py DIRECTORY

Each line of the answer is a JSON object: the file's name, the globals that were
looked up, in order and as the file spells them, the arrays that were read and
the error that ended the load. Names are looked up in a short list; any other
becomes a class that does nothing. Each file is loaded in a process of its own,
with limits, because a damaged numpy type can crash it.
"""

import json
import os
import pickle
import resource
import signal
import sys
import warnings

import joblib
import numpy as np
from joblib import numpy_pickle

warnings.simplefilter("ignore")
KNOWN = {
    ("joblib.numpy_pickle", "NumpyArrayWrapper"), ("joblib.numpy_pickle", "NDArrayWrapper"), ("joblib.numpy_pickle", "ZNDArrayWrapper"),
    ("numpy", "ndarray"), ("numpy", "matrix"), ("numpy", "dtype"), ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar"), ("_codecs", "encode"), ("copy_reg", "_reconstructor"),
    ("copyreg", "_reconstructor"), ("builtins", "object"), ("__builtin__", "object"),
}


class Inert:
    def __init__(self, *args, **kwargs):
        pass

    def __new__(cls, *args, **kwargs):
        return object.__new__(cls)

    def __call__(self, *args, **kwargs):
        return Inert()

    def __setstate__(self, state):
        pass


def tell(kind, value):
    os.write(1, (json.dumps([kind, value]) + "\n").encode())


def watch(unpickler):
    find = unpickler.find_class

    class Watched(unpickler):
        def find_class(self, module, name):
            tell("global", module + "." + name)
            return find(self, module, name) if (module, name) in KNOWN else Inert

    return Watched


def noted(read):
    def read_and_tell(self, unpickler, *more):
        if hasattr(self, "filename"):
            tell("sibling", self.filename)
            return np.zeros(1)
        start = unpickler.file_handle.tell()
        array = read(self, unpickler, *more)
        end = unpickler.file_handle.tell()
        size = 0 if self.dtype.hasobject else int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize
        tell("array", [self.dtype.kind, self.dtype.itemsize, start if self.dtype.hasobject else end - size, end])
        return array

    return read_and_tell


def load(path):
    for cls in (numpy_pickle.NumpyArrayWrapper, numpy_pickle.NDArrayWrapper, numpy_pickle.ZNDArrayWrapper):
        if "read" in cls.__dict__:
            cls.read = noted(cls.read)
    # Versions before 1.6 leave nested pickles to the unpickler in C.
    nested = watch(pickle.Unpickler)
    pickle.load = lambda file: nested(file).load()
    numpy_pickle.Unpickler = watch(pickle._Unpickler)
    numpy_pickle.NumpyUnpickler = watch(numpy_pickle.NumpyUnpickler)
    joblib.load(path)


def child(path):
    resource.setrlimit(resource.RLIMIT_AS, (1 << 31, 1 << 31))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(10)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        load(path)
        tell("end", "")
    except BaseException as e:  # noqa: B902
        tell("end", type(e).__name__)


def observe(path):
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(into, 1)
        os.close(out)
        os.close(into)
        try:
            child(path)
        finally:
            os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as f:
        lines = [json.loads(line) for line in f.read().split(b"\n") if line]
    os.waitpid(pid, 0)
    of = lambda kind: [v for k, v in lines if k == kind]  # noqa: E731
    return {"file": os.path.basename(path), "globals": of("global"), "arrays": of("array"), "siblings": of("sibling"), "error": (of("end") + ["crash"])[0]}


if __name__ == "__main__":
    for name in sorted(os.listdir(sys.argv[1])):
        print(json.dumps(observe(os.path.join(sys.argv[1], name))), flush=True)
