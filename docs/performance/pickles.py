"""Writes large harmless pickles, and a tree of small files: pickles.py DIRECTORY.

With numpy also those of arrays of texts and of numpy scalars.
"""

import collections
import os
import pathlib
import pickle
import random
import sys

out = pathlib.Path(sys.argv[1])


def values():
    records = [{"id": i, "name": "item%d" % i, "score": i * 0.5} for i in range(300_000)]
    yield "dicts", records, 4
    yield "dicts-protocol-2", records, 2
    yield "dicts-protocol-0", records, 0
    yield "numbers", list(range(10_000_000)), 4
    yield "texts", {"key%d" % i: "value%d" % i for i in range(2_000_000)}, 4
    yield "ordered", collections.OrderedDict(("word%d" % i, i) for i in range(1_000_000)), 4
    try:
        import numpy
    except ImportError:
        return
    yield "array-of-texts", numpy.array(["category_%d" % i for i in range(1_000_000)], dtype=object), 4
    yield "vocabulary", {"word%d" % i: numpy.int64(i) for i in range(500_000)}, 4
    yield "scalars", [numpy.float64(i) for i in range(1_000_000)], 4


def tree(root):
    """10,000 files, one in a hundred named as a model, in 20,000 directories."""
    random.seed(1)
    kinds = [
        ("a.py", b"import os\n" * 200), ("b.json", b'{"a": 1}\n' * 100), ("c.md", b"# title\n" * 300), ("d.txt", random.randbytes(3000).hex().encode()),
        ("e.dat", random.randbytes(20000)), ("f.png", b"\x89PNG\r\n\x1a\n" + random.randbytes(30000)), ("g.c", b"int main(void) { return 0; }\n" * 100),
        ("h.csv", b"1,2,3\n" * 1000), ("i.log", b"2024-01-01 INFO x\n" * 500), ("k.html", b"<html></html>\n" * 50),
    ]
    for i in range(10_000):
        d = root / f"d{i // 100:03}" / f"e{i % 100:03}"
        os.makedirs(d / "empty")
        name, data = ("m.pkl", pickle.dumps([i])) if i % 100 == 99 else kinds[i % 10]
        (d / name).write_bytes(data)


if __name__ == "__main__":
    for name, value, protocol in values():
        with open(out / f"{name}.pkl", "wb") as f:
            pickle.dump(value, f, protocol)
    tree(out / "tree")
