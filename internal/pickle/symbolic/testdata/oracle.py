"""Says what CPython's C unpickler does with each pickle of a list of hex texts.

Every global is a recorder: what would be imported, called or changed is
written to a log in order, and nothing of it happens. The answer holds, for
each pickle, the log, the object, and whether loading ended in an error.
"""

import io
import json
import pickle
import sys


class Load(pickle.Unpickler):
    def __init__(self, data):
        super().__init__(io.BytesIO(data))
        self.log, self.made, self.names = [], 0, {}

    def find_class(self, module, name):
        self.log.append("import %s.%s" % (module, name))
        return self.names.setdefault((module, name), Global(module, name, self))

    def persistent_load(self, pid):
        self.log.append("persistent " + show(pid))
        return Persistent(pid)


class Persistent:
    def __init__(self, pid):
        self.pid = pid


class Global(type):
    """A class that stands for a global: calling it is recorded."""

    def __new__(meta, module, name, load):
        return super().__new__(meta, "Recorder", (Recorder,), {"load": load, "spelled": module + "." + name})

    def __init__(cls, *args):
        pass

    def __call__(cls, *args, **kwargs):
        return Recorder.__new__(cls, *args, **kwargs)


class Recorder:
    def __new__(cls, *args, **kwargs):
        self = object.__new__(cls)
        self.number = cls.load.made
        cls.load.made += 1
        cls.load.log.append("call %s%s%s" % (cls.spelled, show(args), show(kwargs) if kwargs else ""))
        return self

    def __setstate__(self, state):
        self.load.log.append("build #%d %s" % (self.number, show(state)))

    def append(self, item):
        self.load.log.append("append #%d %s" % (self.number, show(item)))

    def extend(self, items):
        self.load.log.append("append #%d %s" % (self.number, " ".join(show(i) for i in items)))

    def add(self, item):
        self.load.log.append("append #%d %s" % (self.number, show(item)))

    def __setitem__(self, key, value):
        self.load.log.append("setitem #%d %s %s" % (self.number, show(key), show(value)))


def show(x, depth=0):
    if depth > 20:
        return "..."

    def several(items):
        return " ".join(show(i, depth + 1) for i in items)

    if isinstance(x, Global):
        return x.spelled
    if isinstance(x, Recorder):
        return "#%d" % x.number
    if isinstance(x, Persistent):
        return "P(%s)" % show(x.pid, depth + 1)
    if x is None or x is True or x is False:
        return repr(x)
    if isinstance(x, int):
        return "%d" % x
    if isinstance(x, float):
        return "f" + x.hex()
    if isinstance(x, str):
        return "s" + x.encode("utf-8", "surrogatepass").hex()
    if isinstance(x, bytes):
        return "b" + x.hex()
    if isinstance(x, bytearray):
        return "a" + x.hex()
    if isinstance(x, tuple):
        return "(%s)" % several(x)
    if isinstance(x, list):
        return "[%s]" % several(x)
    if isinstance(x, dict):
        return "{%s}" % " ".join(show(k, depth + 1) + ":" + show(v, depth + 1) for k, v in x.items())
    if isinstance(x, (set, frozenset)):
        return "%s{%s}" % ("set" if isinstance(x, set) else "frozenset", " ".join(sorted(show(i, depth + 1) for i in x)))
    return "?" + type(x).__name__


def answer(data):
    load = Load(data)
    try:
        root, error = show(load.load()), False
    except BaseException:
        root, error = "", True
    return {"log": load.log, "root": root, "error": error}


json.dump([answer(bytes.fromhex(h)) for h in json.load(sys.stdin)], sys.stdout, indent=1)
