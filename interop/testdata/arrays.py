"""Saves arrays, frames and fitted estimators into argv[1]; answers what was saved.

Under the old interpreter, which has no pandas and no scikit-learn, arrays only.
"""

import bz2
import gzip
import io
import lzma
import pathlib
import pickle
import struct
import sys
import tarfile
import zipfile

import common  # noqa: F401  it turns warnings off

import joblib
import numpy as np

KINDS = "b1 i1 u1 i2 u2 i4 u4 i8 u8 f2 f4 f8 c8 c16".split()
COMPRESSORS = [0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3)]


def plain():
    """Every type and order."""
    rng, out = np.random.RandomState(1), {}
    for kind in KINDS:
        a = rng.rand(3, 4) > 0.5 if kind == "b1" else (rng.randn(3, 4) * 50).astype(kind)
        big = a.astype(a.dtype.newbyteorder(">"))
        out |= {f"C_{kind}": a, f"F_{kind}": np.asfortranarray(a), f"big_{kind}": big, f"bigF_{kind}": np.asfortranarray(big),
                f"none_{kind}": a[:0], f"one_{kind}": np.array(a[0, 0]), f"turned_{kind}": np.arange(24).reshape(2, 3, 4).astype(kind).transpose(2, 0, 1)}
    for unit in "Y M D h s ms us ns 25s".split():
        out |= {f"M_{unit}": np.array(["2020-01-01", "NaT"], f"M8[{unit}]"), f"m_{unit}": np.array([1, 2], f"m8[{unit}]")}
    aligned = np.dtype([("a", "i1"), ("b", "f8")], align=True)
    return out | {
        "longdouble": rng.randn(3).astype("g"), "S": np.array([b"ab", b"c"]), "U": np.array(["h\u00e9", "w"]), "bigU": np.array(["ab"], ">U3"),
        "V": np.zeros(3, "V5"), "record": np.array([(1, 2.5, b"x")], [("a", "<i4"), ("b", ">f8"), ("c", "S3")]), "aligned": np.array([(1, 2.5)], aligned),
        "titles": np.zeros(2, [(("T", "a"), "i4"), (("U", "b"), "f4")]), "array": np.zeros(3, [("m", "f8", (2, 2))]),
        "offsets": np.zeros(2, {"names": ["x", "y"], "formats": ["i4", "f8"], "offsets": [4, 16], "itemsize": 32}),
        "nested": np.zeros((2, 2), [("p", [("q", "i2"), ("r", "f4", (2, 3))]), ("s", "U2")]),
        "recordF": np.asfortranarray(np.zeros((2, 3), [("a", "i4"), ("b", "f8")])),
    }


def objects():
    """Arrays of Python objects, and subclasses."""
    shared = np.arange(5.0)
    parts = np.array([(1, np.arange(2.0)), (2, "x")], [("a", "i4"), ("o", object)])
    return {
        "any": np.array([1, "two", None, 3.5, {"k": np.arange(3)}], object), "grid": np.array([[1, 2], [np.arange(2.0), "x"]], object),
        "single": np.array({"a": 1}, object), "none": np.zeros((0, 2), object), "turned": np.asfortranarray(np.array([[1, np.arange(1)], [np.arange(2), 4]], object)),
        "masked": np.ma.MaskedArray([1.0, 2.0, 3.0], mask=[0, 1, 0], fill_value=-1.0), "maskedF": np.ma.MaskedArray(np.asfortranarray(np.ones((2, 3))), mask=np.eye(2, 3, dtype=bool)),
        "maskedO": np.ma.MaskedArray(np.array([1, "x", np.ones(2)], object), mask=[0, 1, 0]), "records": np.ma.MaskedArray([(1, 2.0)], [(0, 1)], dtype=[("a", "i4"), ("b", "f8")]), "matrix": np.matrix([[1, 2], [3, 4]]),
        "recarray": np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), "scalars": [np.float32(1.5), np.int64(3), np.datetime64("2020")],
        "mixed": np.array([[(1, np.arange(2.0), "x")], [(2, {"k": np.ones(3)}, "yz")]], [("a", "i4"), ("o", object), ("t", "U2")]),
        "maskedParts": np.ma.MaskedArray(parts, [(0, 1), (1, 0)]), "maskedPart": np.ma.MaskedArray(parts, [(0, 1), (1, 0)])[0],
        "random": np.random.RandomState(3), "generator": np.random.default_rng(4), "keys": {np.int64(3): np.ones(1), np.str_("x"): np.ones(2)},
        "shared": [shared, (shared, {"again": shared})],
    }


def sparse():
    import scipy.sparse as sp
    made = {f: sp.random(5, 6, 0.5, format=f, random_state=0) for f in ("csr", "csc", "coo", "bsr", "dia", "lil")}
    return made | {"array": sp.csr_array(made["csr"])}


def frames():
    import pandas as pd
    n = 5
    dates, letters = pd.date_range("2020", periods=n), list("vwxyz")
    plain = pd.DataFrame({"a": np.arange(n), "b": np.arange(n) * 1.5, "c": letters, "d": np.arange(n) * 2, "e": np.arange(n) % 2 == 0, "f": np.arange(n, dtype="f4")})
    grown = plain.copy()
    grown["g"] = np.arange(n) * 3
    multi = pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["k", "l"])
    return {
        "plain": plain, "grown": grown, "labelled": pd.DataFrame({"a": range(n)}, index=letters), "timed": pd.DataFrame({"a": range(n)}, index=dates.tz_localize("UTC")),
        "dates": pd.DataFrame({"t": dates, "z": dates.tz_localize("Europe/Berlin"), "d": pd.to_timedelta(range(n), unit="s"), "p": pd.period_range("2020", periods=n, freq="M")}),
        "category": pd.DataFrame({"c": pd.Categorical(list("abcab")), "o": pd.Categorical([1, 2, 1, 2, 1], ordered=True), "x": range(n)}),
        "nullable": pd.DataFrame({"i": pd.array([1, None, 3], dtype="Int64"), "b": pd.array([True, None, False], dtype="boolean"), "s": pd.array(["a", None, "b"], dtype="string")}),
        "multi": pd.DataFrame(np.arange(8.0).reshape(4, 2), index=multi, columns=pd.MultiIndex.from_tuples([("x", "p"), ("x", "q")])),
        "numbered": pd.DataFrame(np.arange(6).reshape(2, 3), columns=[10, 20, 30]), "twice": pd.DataFrame(np.arange(6).reshape(2, 3), columns=["a", "a", "b"]),
        "sparse": pd.DataFrame({"s": pd.arrays.SparseArray([0, 0, 1]), "a": range(3)}), "axes": pd.DataFrame({"index": [1, 2], "columns": [3.0, 4.0]}),
        "series": pd.Series([1.0, 2.0], index=["a", "b"], name="q"), "index": multi, "within": {"frame": plain, "w": np.zeros(3)},
    }


def estimators():
    """Every estimator of scikit-learn that can be fitted to something small."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier
    from sklearn.utils import all_estimators
    x = np.abs(np.random.RandomState(0).randn(30, 4))
    y, number = (x[:, 0] > 0.7).astype(int), x[:, 0] * 2 + x[:, 1]
    logistic, tree = LogisticRegression(), DecisionTreeClassifier()
    made = {
        "Pipeline": ([("a", StandardScaler()), ("b", logistic)],), "FeatureUnion": ([("a", StandardScaler())],), "ColumnTransformer": ([("a", StandardScaler(), [0, 1])],),
        "VotingClassifier": ([("a", logistic), ("b", tree)],), "StackingClassifier": ([("a", logistic), ("b", tree)],), "VotingRegressor": ([("a", Ridge())],),
        "GridSearchCV": (logistic, {"C": [1, 2]}), "OneVsRestClassifier": (logistic,), "OneVsOneClassifier": (logistic,), "CalibratedClassifierCV": (logistic,),
        "MultiOutputRegressor": (Ridge(),), "RFE": (logistic,), "SelectFromModel": (logistic,), "MultiOutputClassifier": (logistic,),
    }
    few = {"n_estimators": 3, "max_iter": 20, "n_init": 1}
    tries = [(x, y), (x, number), (x, np.c_[y, 1 - y]), (["a b c", "b c d", "a"],), (y,), (x @ x.T, y)]
    for name, cls in all_estimators():
        try:
            model = cls(*made.get(name, ()))
        except TypeError:
            continue
        model.set_params(**{k: v for k, v in few.items() if k in model.get_params(deep=False)})
        for data in tries:
            try:
                model.fit(*data)
            except Exception:  # it is for other data
                continue
            yield name, model
            break


def pack(root, name, obj, protocols):
    for p in protocols:
        (root / f"{name}_p{p}.pkl").write_bytes(pickle.dumps(obj, p))
    data = pickle.dumps(obj, 4)
    for ext, opened in (("gz", gzip.open), ("bz2", bz2.open), ("xz", lzma.open)):
        with opened(root / f"{name}_{ext}.pkl.{ext}", "wb") as f:
            f.write(data)
    for compress in COMPRESSORS:
        joblib.dump(obj, root / f"{name}_j{compress and compress[0]}.joblib", compress=compress)


class Python2(pickle._Pickler):
    """Writes str and bytes as the str of Python 2."""
    dispatch = dict(pickle._Pickler.dispatch)

    def save_str2(self, obj):
        data = obj.encode("latin1") if isinstance(obj, str) else obj
        self.write(b"T" + struct.pack("<I", len(data)) + data if self.bin else b"S" + repr(data)[1:].encode() + b"\n")
        self.memoize(obj)

    dispatch[bytes] = dispatch[str] = save_str2


def main(root):
    for name, make in (("plain", plain), ("objects", objects)):
        pack(root, name, make(), range(6))
    long = {"numbers": np.arange(200_000), "noise": np.asfortranarray(np.random.RandomState(5).rand(300, 500)), "small": np.arange(3), "mask": objects()["masked"], "scalar": np.float64(0.1)}
    (root / "long_p0.pkl").write_bytes(pickle.dumps(long, 0))
    for p in range(3):
        for name, obj in (("plain", plain()), ("long", long)):
            with open(root / f"python2_{name}_p{p}.pkl", "wb") as f:
                Python2(f, p).dump(obj)
    arrays = plain()
    for name, a in arrays.items():
        if name.endswith(("f4", "c16", "_D")) or name[0] not in "CFbnotMm":
            np.save(root / f"npy_{name}_{ord(name[0])}.npy", a)
    np.savez(root / "stored.npz", **arrays)
    np.savez_compressed(root / "deflated.npz", **arrays, objects=objects()["any"])
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with zipfile.ZipFile(root / f"method_{method}.npz", "w", method) as z:
            for name in ("F_f8", "C_c16"):
                with z.open(name + ".npy", "w") as f:
                    np.save(f, arrays[name])
    for p in range(6):
        (root / f"boxed_p{p}.pkl").write_bytes(pickle.dumps([objects()["mixed"][1, 0], np.arange(3)], p))
    data, file = pickle.dumps({"a": np.arange(4)}, 4), io.BytesIO()
    np.save(file, arrays["F_f8"])
    (root / "alone.npy.gz").write_bytes(gzip.compress(file.getvalue()))
    with zipfile.ZipFile(root / "alone.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("README.txt", "hello")
        z.writestr("m/m.pkl", data)
    with tarfile.open(root / "packed.tar.gz", "w:gz") as t:
        member = tarfile.TarInfo("m/m.pkl")
        member.size = len(data)
        t.addfile(member, io.BytesIO(data))
    if "--all" in sys.argv:
        pack(root, "sparse", sparse(), (2, 5))
        for name, frame in frames().items():
            (root / f"frame_{name}_p.pkl").write_bytes(pickle.dumps(frame, 2))
            (root / f"frame_{name}_5.pkl").write_bytes(pickle.dumps(frame, 5))
            joblib.dump(frame, root / f"frame_{name}_j.joblib")
        for i, (name, model) in enumerate(estimators()):
            if i % 2:
                (root / f"estimator_{name}.pkl").write_bytes(pickle.dumps(model))
            else:
                joblib.dump(model, root / f"estimator_{name}.joblib", compress=COMPRESSORS[i // 2 % 6])
    return [{"name": p.name, "source": str(p)} for p in sorted(root.iterdir())]


common.answer(main(pathlib.Path(sys.argv[1])))
