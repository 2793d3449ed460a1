"""Writes ordinary/more-TAG-pN.pkl: more.py TAG PROTOCOL...

Objects that ordinary.py has not, or not for such versions: frames of pandas 1.1 and 1.3, and
those of pandas 3 beside pyarrow; partials, patterns and time zones; arrays as dill writes them.
What a version lacks is left out. TAG names the versions.
"""
import collections
import functools
import math
import os
import pickle
import re
import sys
import warnings

warnings.simplefilter("ignore")


def python():
    import datetime, http, io, ipaddress, time, itertools, urllib.parse
    yield "errors", lambda: [OSError(2, "no"), FileNotFoundError(2, "no", "f"), UnicodeDecodeError("utf8", b"a", 0, 1, "x"), UserWarning("w")]
    yield "interfaces", lambda: [ipaddress.ip_interface("10.0.0.1/8"), ipaddress.ip_interface("::1/8")]
    yield "patterns", lambda: [re.compile(r"\w+"), re.compile(b"a", re.I)]
    yield "enums", lambda: [re.I, http.HTTPStatus.OK]
    yield "times", lambda: [time.gmtime(0)]
    yield "urls", lambda: [urllib.parse.urlparse("http://a/b"), urllib.parse.urlsplit("http://a/b")]
    yield "buffers", lambda: [io.BytesIO(b"ab"), io.StringIO("ab")]
    yield "counts", lambda: [itertools.count(3), iter([1, 2]), iter((1, 2))] if sys.version_info < (3, 14) else []
    yield "functions", lambda: [math.sqrt, math.exp]
    yield "factories", lambda: [collections.defaultdict(f) for f in (collections.Counter, collections.deque, frozenset, object)] + [collections.defaultdict(functools.partial(collections.defaultdict, int))]
    yield "slices", lambda: slice("a", "c")
    yield "zones", lambda: [datetime.datetime(2024, 1, 1, tzinfo=z) for z in _zones()]


def _zones():
    from dateutil import tz
    return [tz.tzutc(), tz.tzoffset("x", 3600), tz.tzlocal()]


def numpy():
    import numpy as np
    yield "partials", lambda: [functools.partial(np.mean, axis=0), functools.partial(np.clip, a_min=0, a_max=1), functools.partial(max, default=0)]
    yield "ufuncs", lambda: [np.log1p, np.exp, np.absolute]
    yield "element", lambda: np.ma.array([(1, 2.0)], mask=[(0, 1)], dtype=[("a", "i4"), ("b", "f8")])[0]
    yield "special", lambda: [__import__("scipy.special", fromlist=["expit"]).expit]
    yield "distances", lambda: [__import__("scipy.spatial.distance", fromlist=["cosine"]).cosine]


def stats():
    from scipy import stats as s
    yield "frozen", lambda: [s.norm(0, 1), s.gamma(2.0), s.randint(1, 3), s.uniform(0, 3)]
    yield "plain", lambda: [s.norm, s.poisson]
    yield "values", lambda: s.rv_discrete(values=([1, 2], [0.5, 0.5]))


def pandas():
    import numpy as np
    import pandas as pd
    yield "frame", lambda: pd.DataFrame({"i": [1, 2], "f": [1.0, np.nan], "s": ["a", None], "b": [True, False], "d": pd.to_datetime(["2020", "2021"]), "c": pd.Categorical(["a", "b"])})
    yield "series", lambda: pd.Series(["a", None, "ccc"], name="x")
    yield "zone", lambda: pd.DataFrame({"t": pd.date_range("2020", periods=2, tz="UTC")})
    yield "deltas", lambda: pd.Series([1], index=pd.to_timedelta(["1D"]))
    yield "periods", lambda: pd.Series(pd.period_range("2020", periods=2, freq="D"))
    yield "texts", lambda: pd.array(["a", None], dtype="string")
    yield "intervals", lambda: pd.cut(pd.Series([1, 2, 3.0]), bins=[0, 1, 2, 3])
    yield "several", lambda: pd.DataFrame(np.eye(2), columns=pd.MultiIndex.from_product([["a"], ["x", "y"]]))
    yield "arrow", lambda: pd.DataFrame({"i": [1], "s": ["a"], "f": [1.0], "d": [pd.Timestamp("2020")], "b": [True]}).convert_dtypes(dtype_backend="pyarrow")
    yield "arrow texts", lambda: pd.array(["a", None, "b"], dtype="string[pyarrow]")
    import decimal
    import pyarrow as pa
    for t, v in [(pa.list_(pa.int64()), [[1, 2], None]), (pa.large_list(pa.int8()), [[1]]), (pa.struct([("a", pa.int32())]), [{"a": 1}]), (pa.map_(pa.string(), pa.int64()), [[("k", 1)]]), (pa.dictionary(pa.int32(), pa.string()), ["a", "b", "a"]),
                 (pa.timestamp("ns", "UTC"), [1]), (pa.decimal128(10, 2), [decimal.Decimal("1.10")]), (pa.decimal256(40, 2), [decimal.Decimal("1.10")]), (pa.binary(3), [b"abc"]), (pa.binary(), [b"abc", None]), (pa.null(), [None]), (pa.bool_(), [True] * 9), (pa.date32(), [1])]:
        yield "arrow " + str(t), lambda t=t, v=v: pa.array(v, t)
    yield "table", lambda: pa.table({"a": [1, 2], "b": ["x", None]})
    yield "slice of an array", lambda: pa.array(["a", "bb", None, "c"])[1:3]
    yield "type", lambda: pd.ArrowDtype(pa.int64())


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    for protocol in map(int, sys.argv[2:]):
        objects = {}
        for lib in (python, numpy, stats, pandas):
            try:
                for name, make in lib():
                    try:
                        o = make()
                        pickle.dumps(o, protocol)
                        objects["%s %s" % (lib.__name__, name)] = o
                    except Exception as e:
                        print(name, "left out:", e, file=sys.stderr)
            except ImportError as e:
                print(lib.__name__, e, file=sys.stderr)
        with open(os.path.join(here, "ordinary", "more-%s-p%d.pkl" % (sys.argv[1], protocol)), "wb") as f:
            pickle.dump(objects, f, protocol)
    try:
        import dill
        import numpy as np
    except ImportError:
        return
    with open(os.path.join(here, "ordinary", "dill-%s.pkl" % sys.argv[1]), "wb") as f:
        f.write(dill.dumps({"a": np.arange(3.0), "b": np.array(["x", None], dtype=object), "r": np.random.RandomState(1)}))


if __name__ == "__main__":
    main()
