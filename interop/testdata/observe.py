"""Loads each given file as its own library does, and answers what happened.

Each file is loaded in a child process of its own, under an audit hook. The
payload of our crafted files is counter.py, so that loading them is harmless.
"""

import _compat_pickle
import json
import os
import pickle
import sys

import common

import torch
import torch._weights_only_unpickler as weights_only

import counter

BENIGN = set(weights_only._get_allowed_globals()) | {
    "_codecs.encode", "collections.OrderedDict", "builtins.set", "builtins.frozenset", "builtins.bytearray", "builtins.complex",
    "numpy.dtype", "numpy.ndarray", "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy._core.numeric._frombuffer",
    "numpy.core.numeric._frombuffer",
}
ACTIONS = ("exec", "compile", "open", "os.", "subprocess.", "socket.", "shutil.", "ctypes.", "marshal.", "import")


def mapped(module, name):
    """The name in Python 3 of a Python 2 global, as the unpickler maps it."""
    if (module, name) in _compat_pickle.NAME_MAPPING:
        return _compat_pickle.NAME_MAPPING[module, name]
    return _compat_pickle.IMPORT_MAPPING.get(module, module), name


def load_all(path):
    """Loads every pickle of a file, one after the other."""
    with open(path, "rb") as f:
        while f.peek(1):
            pickle.load(f)


def load(path):
    if path.endswith(".pkl"):
        load_all(path)
    else:
        torch.load(path, map_location="cpu", weights_only=False)


def record(path, out, dumps=json.dumps, write=os.write, leave=os._exit):
    """Loads path and writes what the audit hook saw to the descriptor out.

    The functions are bound here because the file may replace them.
    """
    names, actions, error = [], [], ""

    def hook(event, args):
        if event == "pickle.find_class":
            names.append((str(args[0]), str(args[1])))
        elif event.startswith(ACTIONS):
            actions.append(event)

    sys.addaudithook(hook)
    try:
        load(path)
    except BaseException as e:
        error = type(e).__name__
    seen = [{"names": sorted({".".join(n), ".".join(mapped(*n))})} for n in names]
    for s in seen:
        s["benign"] = any(n in BENIGN for n in s["names"])
    data = dumps({"globals": seen, "actions": sorted(set(actions)), "ticks": counter.ticks, "error": error}).encode()
    while data:
        data = data[write(out, data) :]
    leave(0)


def observe(path):
    r, w = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(r)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        record(path, w)
    os.close(w)
    with os.fdopen(r, "rb") as f:
        data = f.read()
    os.waitpid(child, 0)
    return json.loads(data)


common.answer({case["name"]: observe(case["source"]) for case in common.read()})
