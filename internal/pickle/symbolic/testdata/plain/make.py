"""Writes plain.PROTOCOL.pkl: the values of make() in every protocol.

python3.11 make.py; the file named python2 is written by Python 2.7's cPickle where there is one.
"""

import pathlib
import pickle

here = pathlib.Path(__file__).parent


def make():
    shared = ["shared", 1]
    return {
        "numbers": [0, 1, -1, 255, 256, 65536, -(2**31), 2**31, 2**63, -(2**63), 10**30, 0.5, -0.0, 1e300, float("inf"), float("nan")],
        "texts": ["", "a", "é", "日本", "back\\slash", "two\nlines", "quote'\"", "x" * 300],
        "constants": (None, True, False, (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)),
        "containers": [[], {}, [[]], [shared, shared], {"a": {"b": {"c": shared}}}],
        "keys": {1: "int", "1": "text", (1, "a"): "tuple", None: "none", 0.5: "float", -7: 0},
        "records": [{"id": i, "name": "item%d" % i, "score": i * 0.5} for i in range(1100)],
        "many": {"key%d" % i: i for i in range(1100)},
    }


if __name__ == "__main__":
    for protocol in range(6):
        value = make()
        if protocol >= 3:  # below, these are made by calls
            value["bytes"] = [b"", b"abc", bytes(range(256)) * 2]
        if protocol >= 4:
            value["sets"] = [{1, 2, 3}, frozenset(["a"]), set()]
        if protocol >= 5:
            value["bytearray"] = bytearray(b"abc")
        (here / f"plain.{protocol}.pkl").write_bytes(pickle.dumps(value, protocol))
