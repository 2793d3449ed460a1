"""Writes the folder's pickles with the libraries of the Python that runs it.

    python make.py           into numpy-VERSION, torch-VERSION and python beside this file
    python make.py --check   into a temporary folder, and compares the .json files
"""

import collections
import datetime
import decimal
import filecmp
import pathlib
import pickle
import random
import sys
import tempfile
import warnings

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

import numpy as np  # noqa: E402
import torch  # noqa: E402

import oracle  # noqa: E402

PROTOCOLS = range(6)
# The key paths of the parts that are module weights.
WEIGHTS = {"tensors": [["state"]]}
# One folder holds what all versions of Python 3 write alike.
NEW = not torch.__version__.startswith("1.")


def bits(dtype, *shape):
    dtype = np.dtype(dtype)
    n = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    raw = random.Random(f"{dtype.str} {shape}").randbytes(n)
    if dtype.kind == "b":
        raw = bytes(b & 1 for b in raw)
    return np.frombuffer(raw, dtype).reshape(shape).copy()


def arrays():
    out = {n: bits(n, 2, 3) for n in "bool uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 float32 float64 complex64".split()}
    out.update(
        fortran=np.asfortranarray(bits("f4", 2, 3)),
        big=bits(">f4", 2, 3), big_int=bits(">i8", 2), big_complex=bits(">c8", 2),
        scalar=bits("f4"), empty=bits("f4", 0), empty_matrix=bits("f4", 3, 0, 2),
        transposed=bits("f4", 2, 3, 4).transpose(2, 0, 1), sliced=bits("i4", 9)[1:8:3], reversed=bits("i2", 4)[::-1],
        one=bits("f8", 1), expanded=np.broadcast_to(bits("f4", 3), (2, 3)),
    )
    return out


def scalars():
    return {
        "float64": np.float64(0.1), "float32": np.float32(1.5), "float16": np.float16(-2), "int64": np.int64(-3),
        "uint8": np.uint8(200), "bool": np.bool_(True), "complex64": np.complex64(1 - 2j),
        "dtype": np.dtype("f4"), "array": bits("f4", 2),
    }


def exotic():
    """Arrays that safetensors has no dtype for, and two that are not bytes."""
    return {
        "complex128": bits("c16", 2), "big_complex128": bits(">c16", 2),
        "datetime": np.array(["2020-01-02", "2021-03-04"], "M8[D]"), "duration": np.array([1, 2], "m8[s]"),
        "bytes": np.array([b"ab", b"c"]), "text": np.array(["ab", "\u00e9"]),
        "record": np.array([(1, 2.5), (3, 4.5)], [("a", "<i4"), ("b", ">f8")]),
    }


def objects():
    return {"objects": np.array([None, 1, "x"], dtype=object), "plain": bits("f4", 2)}


def params():
    """A checkpoint as numpy users write it."""
    return {"epoch": 3, "layers": [{"w": bits("f4", 2, 3), "b": bits("f4", 3)}, {"w": bits("f4", 3, 1)}], "best": np.float64(0.25)}


def plain():
    return {
        "none": None, "true": True, "false": False, "zero": 0, "small": -1, "byte": 255, "word": 65535, "int": 1 << 31,
        "long": 1 << 70, "negative_long": -(1 << 70), "float": 0.1, "inf": float("-inf"), "complex": 1 + 2j,
        "text": "h\u00e9\U0001f600\n\\u0041", "long_text": "x" * 300, "bytes": b"\x00\xff'", "bytearray": bytearray(b"ab"),
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)], "lists": [[], [[]], [1, "a", None]],
        "sets": [set(), {1}, frozenset({"a"})], "dict": {1: {2: {}}, "k": {}},
    }


def python_objects():
    """Classes of the standard library that are no danger and no plain value."""
    return {
        "ordered": collections.OrderedDict(a=1), "counter": collections.Counter("ab"), "default": collections.defaultdict(list, a=[1]),
        "date": datetime.datetime(2020, 1, 2, 3, 4, 5), "decimal": decimal.Decimal("1.5"), "range": range(3), "slice": slice(1, 2),
    }


def tensors():
    w = torch.arange(6, dtype=torch.float32).reshape(2, 3)
    state = torch.nn.Linear(2, 2)
    with torch.no_grad():
        for p in state.parameters():
            p.fill_(0.5)
    return {
        "w": w, "transposed": w.t(), "parameter": torch.nn.Parameter(w.clone()), "int": torch.tensor([1, 2]),
        "storage": w.storage(), "state": state.state_dict(),
    }


def make(root):
    def write(folder, name, obj, protocols=PROTOCOLS):
        folder = root / folder
        folder.mkdir(parents=True, exist_ok=True)
        for p in protocols:
            data = pickle.dumps(obj, p)
            path = folder / f"{name}-p{p}.pkl"
            path.write_bytes(data)
            head = {"file": path.name, "versions": oracle.versions(), "protocol": p}
            if name in WEIGHTS:
                head["weights"] = WEIGHTS[name]
            oracle.write_json(path.with_suffix(".json"), head, oracle.describe(pickle.loads(data)))

    numpy = "numpy-" + ".".join(np.__version__.split(".")[:2])
    write(numpy, "arrays", arrays(), PROTOCOLS if NEW else (2, 4))
    write(numpy, "scalars", scalars(), (0, 2, 4))
    write(numpy, "params", params())
    write(numpy, "exotic", exotic(), (2, 4))
    write(numpy, "objects", objects(), (2, 4))
    write(numpy, "bare", bits("f4", 2, 3), (2, 5))
    write("torch-" + ".".join(torch.__version__.split(".")[:2]), "tensors", tensors(), PROTOCOLS if NEW else (2, 4))
    if NEW:
        write("python", "plain", plain())
        write("python", "objects", python_objects(), (0, 2, 4))


def check():
    with tempfile.TemporaryDirectory() as tmp:
        make(pathlib.Path(tmp))
        made = sorted(pathlib.Path(tmp).rglob("*.json"))
        wrong = [str(m.relative_to(tmp)) for m in made if not (HERE / m.relative_to(tmp)).exists()
                 or not filecmp.cmp(m, HERE / m.relative_to(tmp), shallow=False)]
    print("differ: " + ", ".join(wrong) if wrong else "all .json files are as committed")
    return 1 if wrong else 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:] == ["--check"]:
        sys.exit(check())
    make(HERE)
