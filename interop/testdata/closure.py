"""Makes pickles out of listed names, and loads the ones that are called clean.

    closure.py make DIR SEED COUNT     writes DIR/N.pkl and prints the cases as JSON
    closure.py load                    reads {"files": [...]} and prints {"bad": [[file, what]...], "loaded": N}

Half of them are objects of listed classes with every mix of arguments, state and
slots; half are pickles of real objects with numbers and texts changed. Loading is
done in a child process that a crash ends, under an audit hook.
"""
import glob
import io
import json
import os
import pickle
import pickletools
import random
import re
import subprocess
import sys
import warnings

warnings.simplefilter("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
RULES = os.path.join(HERE, "../../internal/rules")
BAIT = "modelaudit_bait"


def listed():
    """(module, name, kind, names that the class defines) of the list."""
    out = []
    for path in sorted(glob.glob(os.path.join(RULES, "allow/*.txt"))):
        if os.path.basename(path) in ("timm.txt", "torchvision.txt", "transformers.txt", "pytorch_lightning.txt", "lightning_fabric.txt", "lightning.txt"):
            continue
        module = None
        for line in open(path):
            line = line.rstrip("\n")
            if line.startswith("@"):
                module = line[1:]
            elif line and not line.startswith("#"):
                part = (line + "\t\t\t\t").split("\t")
                if part[1] != "base":
                    out.append((module, part[0], part[1], part[3].split()))
    return out


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.names = listed()
        # Names of modules that this Python has.
        self.have = [n for n in self.names if can_import(n[0], n[1])]
        self.bundles = []
        for path in sorted(glob.glob(os.path.join(RULES, "testdata/ordinary/*2026*.pkl"))):
            self.bundles.append(list(ops(open(path, "rb").read())))

    def value(self, depth=0):
        r = self.r
        k = r.randrange(16 if depth < 3 else 8)
        if k == 0:
            return b"N"
        if k == 1:
            return pickle.dumps(r.choice([0, 1, -1, 5, 10**6, 2**40, 2**70, True, False]), 2)[2:-1]
        if k == 2:
            return pickle.dumps(r.choice([0.5, float("nan"), 1e308]), 2)[2:-1]
        if k in (3, 4):
            return text(r.choice([BAIT, BAIT + ".system", "os", "system", "/tmp/" + BAIT, "../" + BAIT, "filename", "file", "content", "f8", "O", "fit", "x" * 50, "latin1", "MT19937", "UTC", "../../etc/passwd"]))
        if k == 5:
            return pickle.dumps(r.choice([b"", b"abc", b"N.", b"\0" * 64]), 3)[2:-1]
        if k in (6, 7):
            m, n = r.choice(self.have)[:2]
            return name(m, n)
        if k == 8:
            return b"(" + b"".join(self.value(depth + 1) for _ in range(r.randrange(4))) + b"t"
        if k == 9:
            return b"](" + b"".join(self.value(depth + 1) for _ in range(r.randrange(4))) + b"e"
        if k == 10:
            return b"}(" + b"".join(self.key() + self.value(depth + 1) for _ in range(r.randrange(4))) + b"u"
        if k == 11:
            return name("collections", "OrderedDict") + b")R"
        return self.object(depth + 1)

    def key(self):
        r = self.r
        own = r.choice(self.have)
        pool = ["__setstate__", "__class__", "__dict__", "__reduce_ex__", "append", "extend", "items", "update", "add", "fit", "forward", "memory", "input", "func", "hooks", "_forward_hooks", "_parameters", "_modules", "_buffers", "_state",
                "steps", "estimators_", "tree_", "data", "dtype", "a", "x", "_metadata", "handle", "state", "param_groups", "defaults", "n_jobs", "verbose", "__getattr__", "param_groups", "training"]
        return text(r.choice(pool + [w for n in (own,) for w in n[3][:20]]))

    def object(self, depth):
        r = self.r
        module, n, kind, defined = r.choice(self.have)
        make = r.choice([b")\x81", b")\x81", b")\x81", b")R", None])
        if make is None:
            make = b"(" + b"".join(self.value(depth) for _ in range(r.randrange(1, 4))) + b"t" + r.choice([b"R", b"\x81"])
        out = name(module, n) + make
        for _ in range(r.randrange(3)):
            k = r.randrange(6)
            keys = b"".join(self.key() + self.value(depth) for _ in range(r.randrange(1, 4)))
            if k < 3:
                out += b"}(" + keys + b"ub"
            elif k == 3:
                out += b"N}(" + keys + b"u\x86b"
            elif k == 4:
                out += b"(" + keys + b"u"
            else:
                out += self.value(depth) + r.choice([b"b", b"a"])
        return out

    def made(self):
        return b"\x80\x04" + self.object(0) + b"."

    def changed(self):
        """A real pickle of which some numbers and texts are others."""
        r = self.r
        parts = r.choice(self.bundles)
        out = []
        rate = r.choice([0.0005, 0.003, 0.01])
        for code, arg, raw in parts:
            if raw[:1] == b"\x95":
                continue  # frames would be wrong
            if r.random() < rate:
                if code in ("BININT1", "BININT", "BININT2"):
                    raw = pickle.dumps(r.choice([0, 1, 2, 3, 255, 65535, 2**31 - 1, -1, -2, arg + 1, arg - 1]), 2)[2:-1]
                elif code in ("SHORT_BINUNICODE", "BINUNICODE") and arg not in MODULES:
                    raw = text(r.choice([BAIT, "/tmp/" + BAIT, "os", "f8", "O", "|", ">", arg + "_"]))
                elif code in ("SHORT_BINBYTES", "BINBYTES") and arg:
                    at = r.randrange(len(arg))
                    raw = pickle.dumps(arg[:at] + bytes([r.randrange(256)]) + arg[at + 1:], 3)[2:-1]
                    raw = raw if raw[:1] in b"CB" and not raw.endswith((b"q\x00",)) else raw[:-2]
            out.append(raw)
        return b"".join(out)


MODULES = set()


def ops(data):
    parsed = list(pickletools.genops(data))
    for (op, arg, pos), nxt in zip(parsed, [p[2] for p in parsed[1:]] + [len(data)]):
        yield op.name, arg, data[pos:nxt]


def text(s):
    b = s.encode()
    return b"X" + len(b).to_bytes(4, "little") + b


def name(module, n):
    return text(module) + text(n) + b"\x93"


def can_import(module, n):
    try:
        __import__(module)
        obj = sys.modules[module]
        for p in n.split("."):
            obj = getattr(obj, p)
        return True
    except BaseException:
        return False


def make(out, seed, count):
    m = Maker(seed)
    cases = []
    for i in range(count):
        data = m.made() if i % 2 else m.changed()
        source = os.path.join(out, "%06d.pkl" % i)
        with open(source, "wb") as f:
            f.write(data)
        cases.append({"name": "%d" % i, "source": source})
    json.dump(cases, sys.stdout)


def load(files):
    bad, loaded, left = [], 0, list(files)
    while left:
        child = subprocess.Popen([sys.executable, os.path.abspath(__file__), "child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        out, err = child.communicate("\n".join(left))
        at = None
        for line in out.splitlines():
            what, _, path = line.partition(" ")
            if what == "begin":
                at = path
            elif what == "end":
                at, loaded = None, loaded + 1
                left.remove(path)
            elif what == "event":
                bad.append([at, path])
        if at is not None:
            bad.append([at, "the process ended with %s: %s" % (child.returncode, err[-300:])])
            left.remove(at)
        elif child.returncode != 0:
            raise SystemExit("child: " + err)
    json.dump({"bad": bad, "loaded": loaded}, sys.stdout)


def child():
    import faulthandler
    import resource
    import signal
    import sysconfig
    files = sys.stdin.read().split("\n")
    for module, n, _, _ in listed():
        can_import(module, n)
    import numpy.random, numpy.ma, zoneinfo  # noqa: F401, E401
    libraries = tuple(os.path.realpath(p) + os.sep for p in set(sys.path + list(sysconfig.get_paths().values())) if p and os.path.isdir(p) and p != HERE) + ("/usr/share/zoneinfo", "/usr/lib", "/usr/share")
    quiet = {"object.__getattr__", "object.__setattr__", "object.__delattr__", "pickle.find_class", "marshal.loads", "sys._getframe", "gc.get_objects", "cpython.run_file", "builtins.id", "code.__new__", "function.__new__", "array.__new__", "os.listdir", "os.scandir",
             "ctypes.create_string_buffer", "ctypes.addressof", "ctypes.cdata", "ctypes.cdata/buffer", "ctypes.dlsym/handle", "ctypes.dlsym", "ctypes.get_errno", "ctypes.set_errno", "_thread.start_new_thread", "builtins.breakpoint", "time.sleep", "sys._current_frames", "os.putenv", "ctypes.call_function"}
    state = {"on": False}
    # the program that scipy makes of the names of a distribution's shapes, and runs
    names = r"[A-Za-z0-9_, ]*"
    shapes = re.compile(
        rf"\ndef _parse_args\(self, {names} ?loc=0(, scale=1)?\):\n    return \({names}\), loc, (scale|1)\n"
        rf"\ndef _parse_args_rvs\(self, {names} ?loc=0(, scale=1)?, size=None\):\n    return self\._argcheck_rvs\({names} ?loc, (scale|1), size=size\)\n"
        rf"\ndef _parse_args_stats\(self, {names} ?loc=0(, scale=1)?, moments='mv'\):\n    return \({names}\), loc, (scale|1), moments\n")

    def hook(event, args):
        if event == "compile" and isinstance(args[0], (str, bytes)):
            source = args[0].decode() if isinstance(args[0], bytes) else args[0]
            state["scipy"] = bool(shapes.fullmatch(source))
            if state["scipy"]:
                return
            if args[1] == "<unknown>" and re.fullmatch(r"[ ,0-9()]*", source):
                return  # ast.literal_eval of a count in a dtype's text (numpy/_core/_internal.py, _commastring)
        if event == "exec" and state.get("scipy") and args[0].co_names == ("_parse_args", "_parse_args_rvs", "_parse_args_stats"):
            state["scipy"] = False
            return
        if not state["on"] or event in quiet:
            return
        if event == "import" and BAIT not in str(args[0]):
            return  # the libraries import their own, when they are first used
        if event in ("exec", "compile"):
            where = getattr(args[0], "co_filename", None) if event == "exec" else args[1]
            if isinstance(where, bytes):
                where = where.decode()
            if where and (os.path.realpath(str(where)).startswith(libraries) or str(where).startswith("<frozen")):
                return
        if event == "open" and isinstance(args[0], (str, bytes)) and os.path.realpath(os.fsdecode(args[0])).startswith(libraries):
            return
        state["on"] = False
        print("event", event, repr(args)[:200].replace("\n", " "), flush=True)
        state["on"] = True

    sys.addaudithook(hook)
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_DATA, (12 << 30, 12 << 30))

    def late(*_):
        raise TimeoutError

    signal.signal(signal.SIGPROF, late)
    for path in files:
        with open(path, "rb") as f:
            data = f.read()
        print("begin", path, flush=True)
        signal.setitimer(signal.ITIMER_PROF, 20)  # of its own time, however busy the machine is
        try:
            # Once without the hook, for what the libraries import when first used.
            pickle.loads(data)
        except BaseException:
            pass
        state["on"] = True
        try:
            pickle.Unpickler(io.BytesIO(data)).load()
        except TimeoutError:
            print("event needs more than 20 s", flush=True)
        except MemoryError:
            print("event needs too much memory", flush=True)
        except BaseException:
            pass
        state["on"] = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        print("end", path, flush=True)


if __name__ == "__main__":
    os.environ.update(CUDA_VISIBLE_DEVICES="", HF_HUB_OFFLINE="1", OMP_NUM_THREADS="1")
    if sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    elif sys.argv[1] == "child":
        child()
    else:
        load(json.load(sys.stdin)["files"])
