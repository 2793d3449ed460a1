"""Says what four unpicklers do with each pickle of a list of hex texts.

    python differential.py < lines of hexadecimal

Each line of the answer is a JSON object with what the C unpickler does with a
file of bytes; with a buffered file; what the Python unpickler (pickle._Unpickler,
which joblib uses) does with the one and the other; null means the same as the
first. All that a pickle imports is a recorder: imports, calls and changes are
written to a log in order, and nothing of them happens. A stream that takes too
much time ends the process: whoever asks goes on with the next one.
"""

import _compat_pickle  # noqa: F401  (before imports are replaced)
import builtins
import codecs  # noqa: F401
import copyreg
import io
import json
import pickle
import resource
import signal
import sys
import warnings

REAL_IMPORT = builtins.__import__
LOADS = 3


class State:
    """What one load has recorded."""

    def __init__(self):
        self.log, self.made, self.resolving = [], 0, False

    def record(self, head, detail=""):
        self.log.append([head, detail])
        if len(self.log) > 100_000:
            raise MemoryError


now = State()


class Global(type):
    """A class that stands for a global: calling it is recorded."""

    known = {}

    def __new__(meta, spelled):
        if spelled not in meta.known:
            meta.known[spelled] = super().__new__(meta, "Recorder", (Recorder,), {"spelled": spelled})
        return meta.known[spelled]

    def __init__(cls, *args):
        pass

    def __call__(cls, *args, **kwargs):
        return Recorder.__new__(cls, *args, **kwargs)

    def __getattribute__(cls, name):
        if now.resolving:
            return Global(type.__getattribute__(cls, "spelled") + "." + name)
        if name in ("__setstate__", "append", "extend", "add"):
            return lambda *args: getattr(Base, name)(cls, *args)
        return type.__getattribute__(cls, name)

    def __setitem__(cls, key, value):
        Base.__setitem__(cls, key, value)


class Base:
    """What an imported, called or persistent object is asked to do."""

    def __call__(self, *args, **kwargs):
        made = Result()
        now.record("call " + show(self), show_args(args, kwargs))
        return made

    def __setstate__(self, state):
        now.record("build " + show(self), show(state))

    def append(self, item):
        now.record("append " + show(self), show(item, True))

    add = append

    def extend(self, items):
        for i in items:
            self.append(i) if type(self) is not Global else Base.append(self, i)

    def __setitem__(self, key, value):
        now.record("setitem " + show(self), show(key, True) + " " + show(value, True))


class Result(Base):
    def __init__(self):
        self.number = now.made
        now.made += 1


class Recorder(Base):
    def __new__(cls, *args, **kwargs):
        if type(cls) is not Global:
            raise TypeError("not a class")
        self = object.__new__(cls)
        self.number = now.made
        now.made += 1
        now.record("call " + show(cls), show_args(args, kwargs))
        return self


class Persistent(Base):
    def __init__(self, pid):
        self.pid = pid


class Buffer(bytearray):
    pass


class Module:
    def __init__(self, name):
        object.__setattr__(self, "module", name)

    def __getattribute__(self, name):
        return Global(object.__getattribute__(self, "module") + "." + name)


def text(s):
    if s.isascii() and s.isprintable() and " " not in s:
        return s
    return "x" + s.encode("utf-8", "surrogatepass").hex()


def show_args(args, kwargs):
    return show(args)  # keywords may be changed later, in a way that our trace does not tell


def show(x, inside=False, depth=0):
    """Spells a value: containers in containers that can change are not looked into."""
    kind = type(x)
    if kind is Global:
        spelled = type.__getattribute__(x, "spelled")
        return spelled[10:] if spelled.startswith("\0extension") else text(spelled)
    if kind is Result or type(kind) is Global:
        return "#%d" % x.number
    if kind is Persistent:
        return "P"
    if kind is memoryview or isinstance(x, bytearray):
        return "B"
    if kind in SCALARS:
        return SCALARS[kind](x)
    if kind in (tuple, frozenset):
        if depth >= 4:
            return "~"
        items = [show(i, inside, depth + 1) for i in x]
        return "(%s)" % " ".join(items) if kind is tuple else "f{%s}" % " ".join(sorted(items))
    if inside or kind not in (list, dict, set):
        return kind.__name__
    if kind is list:
        return "[%s]" % " ".join(show(i, True, depth + 1) for i in x)
    if kind is set:
        return "{%s}" % " ".join(sorted(show(i, True, depth + 1) for i in x))
    return "{%s}" % " ".join(show(k, True, depth + 1) + ":" + show(v, True, depth + 1) for k, v in x.items())


SCALARS = {
    type(None): repr, bool: hex, int: hex, float: lambda x: "f" + x.hex(),
    str: lambda x: "s" + x.encode("utf-8", "surrogatepass").hex(), bytes: lambda x: "b" + x.hex(),
}


def graph(x, seen, depth=0):
    """Spells a whole graph: what is met again is a number."""
    kind = type(x)
    if kind not in (list, dict, tuple) or not x and kind is tuple:
        return show(x)
    if id(x) in seen:
        return "@%d" % seen[id(x)][0]
    seen[id(x)] = len(seen), x
    if depth > 60:
        return "..."
    if kind is dict:
        return "{%s}" % " ".join(graph(k, seen, depth + 1) + ":" + graph(v, seen, depth + 1) for k, v in x.items())
    items = " ".join(graph(i, seen, depth + 1) for i in x)
    return "[%s]" % items if kind is list else "(%s)" % items


def fake_import(name, *args, **kwargs):
    Load.replaced.append((name, sys.modules.get(name)))
    sys.modules[name] = Module(name)
    return sys.modules[name]


class Load:
    """Mixed into an unpickler. Its own find_class maps names and takes them
    apart, but gets nothing but recorders from the import it makes."""

    replaced = []

    def find_class(self, module, name):
        if module == "\0extension":
            now.record("extension " + name)
            return Global("\0extensionE" + name)
        builtins.__import__, now.resolving = fake_import, True
        try:
            found = super().find_class(module, name)
        finally:
            builtins.__import__, now.resolving = REAL_IMPORT, False
            while Load.replaced:
                name, before = Load.replaced.pop()
                if before is None:
                    del sys.modules[name]
                else:
                    sys.modules[name] = before
        if type(found) is not Global:
            raise RuntimeError("a real object: %r" % found)
        now.record("import " + show(found))
        return found

    def persistent_load(self, pid):
        now.record("persistent " + show(pid, True))
        return Persistent(pid)


class CLoad(Load, pickle.Unpickler):
    pass


class PythonLoad(Load, pickle._Unpickler):
    pass


def buffers():
    while True:
        now.record("buffer")
        yield Buffer(b"buffer")


def answer(kind, file):
    global now
    now = State()
    copyreg._extension_cache.clear()
    roots, error = [], ""
    try:
        load = kind(file, buffers=buffers())
        for _ in range(LOADS):
            roots.append(graph(load.load(), {}))
    except BaseException as e:
        error = type(e).__name__
    return {"log": now.log, "roots": roots, "error": error}


def answers(data):
    first = answer(CLoad, io.BytesIO(data))
    rest = [
        answer(CLoad, io.BufferedReader(io.BytesIO(data), 24)),
        answer(PythonLoad, io.BytesIO(data)),
        answer(PythonLoad, io.BufferedReader(io.BytesIO(data), 24)),
    ]
    return [first] + [None if (r["log"], r["roots"], bool(r["error"])) == (first["log"], first["roots"], bool(first["error"])) else r for r in rest]


def main():
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for code in range(1, 1000):
        copyreg._inverted_registry[code] = ("\0extension", str(code))
    for line in sys.stdin:
        signal.alarm(5)  # unhandled, so that it ends even a loop in C
        out = answers(bytes.fromhex(line))
        signal.alarm(0)
        print(json.dumps(out), flush=True)


main()
