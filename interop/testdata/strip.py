"""Writes models with something dangerous in them, or says whether what became of
them loads as it should: the same tensors and values, and nothing that runs.

    strip.py write DIR     answers [{"name", "kind", "attack", "place", "keeps"}]
    strip.py check DIR     answers {name: what is wrong, "" if nothing}
"""

import argparse
import collections
import copy
import functools
import io
import json
import operator
import os
import pathlib
import pickle
import subprocess
import sys
import typing
import zipfile

import common

import joblib
import numpy as np
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


class Reduced:
    """Pickles as the call that it is given, in place of an object."""

    def __init__(self, *reduce):
        self.reduce = reduce

    def __reduce__(self):
        return self.reduce

    def __call__(self):
        """So that the result of one call can be called."""


class Unlisted:
    def __init__(self):
        self.x = [1, 2]


def attacks():
    yield "os.system", Reduced(os.system, ("true",))
    yield "exec", Reduced(exec, ("import os",))
    yield "eval of an object", Reduced(eval, ("print",))
    yield "subprocess", Reduced(subprocess.Popen, (("true",),))
    yield "chain of calls", Reduced(Reduced(getattr, (Reduced(__import__, ("os",)), "getpid")), ())
    yield "call with items", Reduced(eval, ("globals().copy()",), None, None, iter([("a", 1)]))
    yield "partial", functools.partial(os.system, "true")
    yield "a name", os.getcwd
    yield "an unlisted class", Unlisted()


torch.manual_seed(0)
W = torch.arange(6.0).reshape(2, 3)
B = torch.ones(3, dtype=torch.float16)
GONE = object()


def places(e):
    """What a payload is put into. The last one of a pair: whether it can go."""
    sd = collections.OrderedDict(w=W, b=B)
    return {
        "start of a dict": ({"x": e, "sd": sd, "epoch": 3}, True),
        "middle of a dict": ({"sd": sd, "x": e, "epoch": 3}, True),
        "end of a dict": ({"sd": sd, "epoch": 3, "x": e}, True),
        "item of a list": ({"sd": sd, "l": [1, e, 2]}, True),
        "OrderedDict": (collections.OrderedDict(a=W, x=e, b=B), True),
        "defaultdict": ({"sd": sd, "d": collections.defaultdict(list, x=e, z=[1])}, True),
        "deep inside": ({"sd": sd, "m": {"deep": {"x": e, "y": [1, 2]}}}, True),
        "several times": ({"sd": sd, "x": e, "y": e, "l": [e]}, True),
        "tuple": ({"sd": sd, "t": (1, e)}, False),
        "attribute of an object": ({"sd": sd, "args": argparse.Namespace(lr=0.1, x=e)}, False),
    }


class Items(collections.OrderedDict):
    """Pickles as an empty mapping that a text makes, and its items."""

    def __reduce__(self):
        return eval, (self.text,), None, None, iter(self.items())


def items(sd, text):
    out = Items(sd)
    out.text = text
    return out


SYSTEM = "__import__('os').system('true')"


def wrappers(sd):
    """Calls that a dict of tensors is wrapped in: whether what they give is that
    dict itself, and whether that can be known."""
    yield "partial", functools.partial(print, sd), False, True
    yield "getattr", Reduced(getattr, (sd, "copy")), False, True
    yield "eval of a name", Reduced(eval, ("x", {"x": sd})), True, True
    yield "eval of a local name", Reduced(eval, ("x", {}, {"x": sd})), True, True
    yield "eval of a pair", Reduced(eval, (f"({SYSTEM}, x)[1]", {"x": sd})), True, True
    yield "eval of print or", Reduced(eval, ("[print('') or x][-1]", {"x": sd})), True, True
    yield "copy", Reduced(copy.copy, (sd,)), True, True
    yield "deepcopy", Reduced(copy.deepcopy, (sd,)), True, True
    yield "cast", Reduced(typing.cast, ("T", sd)), True, True
    yield "getitem", Reduced(operator.getitem, ({"m": sd}, "m")), True, True
    yield "itemgetter", Reduced(operator.itemgetter("m"), ({"m": sd},)), True, True
    yield "methodcaller", Reduced(operator.methodcaller("pop", "m"), ({"m": sd},)), True, True
    yield "get", Reduced({"m": sd}.get, ("m",)), True, True
    yield "attrgetter", Reduced(operator.attrgetter("m"), (argparse.Namespace(m=sd),)), True, True
    yield "exec and items", items(sd, "exec('import os') or __import__('collections').OrderedDict()"), True, True
    yield "exec and a name", Reduced(eval, ("exec('') or x", {"x": sd})), True, False
    yield "exec with it", Reduced(eval, ("x", {"x": sd, "y": Reduced(exec, ("w = 0", sd))})), True, False
    yield "system or", Reduced(eval, (f"{SYSTEM} or x", {"x": sd})), True, False
    yield "a function of one's own", Reduced(max, ((sd,),)), True, False


def around(e, itself, known):
    """Where a wrapped dict stands; whether it can be unwrapped there."""
    yield "the object itself", e, known
    yield "in a dict", {"sd": e, "epoch": 3}, known
    yield "in a list", [1, e], known
    yield "in a tuple", (1, {"x": e} if known and itself else e), known and itself
    yield "in an object", argparse.Namespace(sd=e), known and itself
    yield "beside itself", [e, "s"] * 2, known


def arrays(v):
    """The same with numpy's arrays for tensors."""
    if torch.is_tensor(v):
        return v.numpy()
    if isinstance(v, Items):
        return items(collections.OrderedDict((k, arrays(x)) for k, x in v.items()), v.text)
    if isinstance(v, dict) and not isinstance(v, collections.defaultdict):
        return type(v)((k, arrays(x)) for k, x in v.items())
    return v


def without(v):
    if isinstance(v, collections.defaultdict):
        return collections.defaultdict(v.default_factory, [(k, without(x)) for k, x in v.items() if x is not GONE])
    if isinstance(v, dict):
        return type(v)((k, without(x)) for k, x in v.items() if x is not GONE)
    if isinstance(v, list):
        return [None if x is GONE else without(x) for x in v]
    return v


def saved(save):
    f = io.BytesIO()
    save(f)
    return f.getvalue()


def kinds():
    yield "torch zip", ".pt", lambda o: saved(lambda f: torch.save(o, f))
    yield "torch legacy", ".pth", lambda o: saved(lambda f: torch.save(o, f, _use_new_zipfile_serialization=False))
    for p in (0, 2, 4, 5):
        yield f"pickle {p}", ".pkl", lambda o, p=p: pickle.dumps(arrays(o), protocol=p)
    yield "joblib", ".joblib", lambda o: saved(lambda f: joblib.dump(arrays(o), f))
    for c in ("zlib", "gzip", "bz2", "xz", "lzma"):
        yield f"joblib {c}", ".joblib", lambda o, c=c: saved(lambda f: joblib.dump(arrays(o), f, compress=(c, 3)))


def objects(e):
    return np.array([1, e, "x", None], dtype=object)


# Spliced into a pickle by hand: behind PROTO, or before STOP.
PREFIXES = {
    "call and POP": b"cposix\nsystem\n(X\x04\x00\x00\x00truetR0",
    "call left below": b"cposix\nsystem\n(X\x04\x00\x00\x00truetR",
    "INST, POP_MARK": b"((X\x04\x00\x00\x00trueiposix\nsystem\n1",
    "OBJ": b"(cposix\nsystem\nX\x04\x00\x00\x00trueo0",
    "memoised and dropped": b"cposix\nsystem\n(X\x04\x00\x00\x00truetRr\xff\x0f\x00\x000",
    "import alone": b"cantigravity\nx\n0",
}


def spliced(stream, what):
    at = 2 if stream[:1] == b"\x80" else 0
    return stream[:at] + what + stream[at:]


def in_zip(data, what):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            body = old.read(info)
            new.writestr(zipfile.ZipInfo(info.filename), spliced(body, what) if info.filename.endswith("/data.pkl") else body)
    return out.getvalue()


def cases():
    """Yields name parts, whether it can go, the file's bytes and what must load."""
    plain = {"sd": collections.OrderedDict(w=W, b=B), "epoch": 3}
    for kind, ext, save in kinds():
        numbers = not kind.startswith("torch")
        for attack, e in attacks():
            wanted = places(GONE)
            for place, (o, goes) in places(e).items():
                want = without(wanted[place][0])
                if attack == "exec" and not goes:
                    goes, want = True, places(None)[place][0]  # which is what exec gives
                yield kind, ext, attack, place, goes, lambda o=o: save(o), arrays(want) if numbers else want
        sd = arrays(collections.OrderedDict(w=W, b=B)) if numbers else collections.OrderedDict(w=W, b=B)
        wrapped = wrappers(sd) if kind in ("torch zip", "torch legacy", "pickle 0", "pickle 4", "joblib") else ()
        for attack, e, itself, known in wrapped:
            wants = around(sd, itself, known)
            for (place, o, goes), (_, want, _) in zip(around(e, itself, known), wants):
                yield kind, ext, "wrapped: " + attack, place, goes, lambda o=o: save(o), want
        if kind in ("torch zip", "pickle 2", "pickle 4"):
            for attack, what in PREFIXES.items():
                if kind == "pickle 4" and attack == "memoised and dropped":
                    continue  # MEMOIZE would count on from it, and nothing would load
                make = (lambda w=what: in_zip(save(plain), w)) if kind == "torch zip" else (lambda w=what: spliced(save(plain), w))
                yield kind, ext, attack, "spliced in", True, make, arrays(plain) if numbers else plain
        if kind.startswith("pickle"):
            for attack, e in attacks():
                yield kind, ext, attack, "second stream", True, lambda e=e: save(plain) + pickle.dumps(e), arrays(plain)
    for model, make in whole():
        for attack, what in PREFIXES.items():
            if attack == "memoised and dropped":
                continue
            for kind, ext, save in (("torch zip", ".pt", None), ("pickle 4", ".pkl", pickle.dumps), ("joblib", ".joblib", lambda o: saved(lambda f: joblib.dump(o, f)))):
                if (kind == "torch zip") != isinstance(make(), torch.nn.Module):
                    continue
                if save is None:
                    yield kind, ext, attack, model, True, lambda m=make, w=what: in_zip(saved(lambda f: torch.save(m(), f)), w), make
                else:
                    yield kind, ext, attack, model, True, lambda m=make, w=what, s=save: spliced(s(m()), w), make
    for attack, e in attacks():
        want = objects(None)
        yield "npy", ".npy", attack, "object array", True, lambda e=e: saved(lambda f: np.save(f, objects(e), allow_pickle=True)), want
        yield "npz", ".npz", attack, "object array", True, lambda e=e: saved(lambda f: np.savez(f, w=np.arange(4.0), o=objects(e))), want


X = np.arange(24.0).reshape(8, 3) % 7
Y = np.arange(8) % 2


def whole():
    """Objects that are used as a whole: modules and estimators."""
    yield "a module", functools.cache(lambda: torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.BatchNorm1d(4)).eval())
    yield "a forest", functools.cache(lambda: RandomForestClassifier(n_estimators=3, random_state=0).fit(X, Y))
    yield "a pipeline", functools.cache(lambda: make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y))


def used(got, make):
    """What people do with a model: the results must be those of the original."""
    want = make()
    repr(got)
    copy.deepcopy(got)
    pickle.dumps(got)
    if isinstance(got, torch.nn.Module):
        x = torch.arange(6.0).reshape(2, 3)
        return [torch.equal(a, b) for a, b in zip(got.state_dict().values(), want.state_dict().values())] and torch.equal(got(x), want(x))
    return np.array_equal(got.predict(X), want.predict(X)) and got.get_params().keys() == want.get_params().keys()


def write(folder):
    out = []
    for i, (kind, ext, attack, place, goes, make, _) in enumerate(cases()):
        name = f"{i:04}{ext}"
        (folder / name).write_bytes(make())
        out.append({"name": name, "kind": kind, "attack": attack, "place": place, "goes": goes})
    return out


def load(path):
    if path.suffix in (".pt", ".pth"):
        return torch.load(path, weights_only=False)
    if path.suffix == ".joblib":
        return joblib.load(path)
    if path.suffix == ".npy":
        return np.load(path, allow_pickle=True)
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=True) as z:
            assert same(z["w"], np.arange(4.0))
            return z["o"]
    return pickle.loads(path.read_bytes())


def same(a, b):
    if type(a) is not type(b):
        return False
    if torch.is_tensor(a):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and (list(a) == list(b) if a.dtype == object else a.tobytes() == b.tobytes())
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, argparse.Namespace):
        return same(vars(a), vars(b))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


RUN = ("os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork")


def check(folder):
    """Loads every file that is there; those that were refused are not."""
    seen, out = [], {}
    sys.addaudithook(lambda event, _: seen.append(event) if event in RUN or event == "import" and _[0] == "antigravity" else None)
    for i, (_, ext, _, _, _, _, want) in enumerate(cases()):
        path = folder / f"{i:04}{ext}"
        if not path.exists():
            continue
        try:
            seen.clear()
            got = load(path)
            if callable(want):
                wrong = "" if used(got, want) else "computes something else"
            else:
                repr(got), copy.deepcopy(got)
                wrong = "" if same(got, want) else f"loads as {got!r}, not as {want!r}"
            del got
        except Exception as e:
            wrong = f"{type(e).__name__}: {e}"
        out[path.name] = f"{seen} happened" if seen else wrong[:500]
    return out


if __name__ == "__main__":
    what, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    json.dump(write(folder) if what == "write" else check(folder), sys.stdout)
