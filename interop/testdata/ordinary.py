"""Makes ordinary objects of the libraries that are installed: what people pickle.

    ordinary.py DIR [LIBRARY...]

writes each object with pickle at several protocols, and prints the list of cases
as JSON. Nothing here may be a finding: everything is made by library code, with
library classes only. internal/rules/gen reads the same objects.
"""
import json
import os
import pickle
import sys
import warnings

warnings.simplefilter("ignore")
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ordinary_field  # noqa: E402
import ordinary_late  # noqa: E402
import ordinary_more  # noqa: E402
import ordinary_open  # noqa: E402
import ordinary_rest  # noqa: E402
import ordinary_walk  # noqa: E402
import ordinary_wide  # noqa: E402
os.environ.update(CUDA_VISIBLE_DEVICES="", TOKENIZERS_PARALLELISM="false", KERAS_BACKEND="torch", HF_HUB_OFFLINE="1", OMP_NUM_THREADS="1")


def stdlib():
    import argparse, array, collections, datetime, decimal, fractions, ipaddress, pathlib, random, types, uuid
    yield "constants", [Ellipsis, NotImplemented, None, True, 1.5, 10**40, b"x", bytearray(b"y"), "z", 1j]
    yield "containers", [set("ab"), frozenset("ab"), collections.OrderedDict(a=1), collections.defaultdict(list, a=[1]), collections.Counter("aab"), collections.deque([1, 2], 5),
                         collections.ChainMap({"a": 1}, {"b": 2}), range(3), slice(1, 2), types.SimpleNamespace(a=1), argparse.Namespace(lr=0.1)]
    yield "user", [collections.UserDict(a=1), collections.UserList([1])]
    yield "dates", [datetime.datetime(2024, 1, 2, 3, 4, 5, 6), datetime.date(2024, 1, 2), datetime.time(1, 2), datetime.timedelta(1, 2, 3),
                    datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc), datetime.timezone(datetime.timedelta(hours=2), "X")]
    yield "numbers", [decimal.Decimal("1.50"), fractions.Fraction(1, 3), random.Random(1)]
    yield "names", [uuid.UUID(int=5), pathlib.PurePosixPath("a/b"), pathlib.Path("a"), pathlib.PureWindowsPath("c:/a"), ipaddress.ip_address("1.2.3.4"), ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_address("::1")]
    yield "types", [int, float, str, bool, list, dict, set, tuple, bytes, object, complex, type(None), len, abs, min, max, sum, collections.OrderedDict]
    yield "arrays", [array.array("d", [1, 2]), array.array("i", [1]), array.array("B", b"ab")]
    yield "shared", (lambda x: [x, x, {"a": x}])([1, 2])
    yield "words", {"note": "os.system('rm -rf /')", "code": "exec(base64.b64decode(x))", "module": "subprocess", "cmd": "__import__('os').popen('id')"}
    yield "errors", [ValueError("a", 1), KeyError("k"), RuntimeError("x"), StopIteration()]
    import functools, operator
    yield "getters", [operator.itemgetter(0), operator.itemgetter("a", "b"), operator.itemgetter(["a"]), operator.methodcaller("toarray"), operator.methodcaller("astype", str)]
    yield "partial", [functools.partial(operator.add, 1), functools.partial(collections.defaultdict, int), functools.partial(round, ndigits=2)]
    try:
        import zoneinfo
        yield "zone", datetime.datetime(2024, 1, 2, tzinfo=zoneinfo.ZoneInfo("UTC"))
    except Exception:
        pass


def numpy():
    import numpy as np
    rng = np.random.RandomState(0)
    for d in "? b h i l q B H I L Q e f d g F D G S5 U5 O M8[ns] m8[s] M8[D] V4 >f4 >i8".split():
        try:
            yield "array " + d, np.zeros((2, 3), dtype=d)
        except Exception:
            continue
        yield "scalar " + d, np.zeros(1, dtype=d)[0]
        yield "dtype " + d, np.dtype(d)
    yield "record", np.zeros(2, dtype=[("a", "i4"), ("b", "f8", (2,))])
    yield "characters", np.char.array(["a", "b"])
    if hasattr(np, "dtypes"):
        yield "classes of types", [np.dtypes.Float64DType, np.dtypes.BoolDType]
    if hasattr(np, "dtypes") and hasattr(np.dtypes, "StringDType"):
        yield "texts", [np.array(["a", "bb"], dtype=np.dtypes.StringDType()), np.array(["a", np.nan], dtype=np.dtypes.StringDType(na_object=np.nan)), np.array([["a"], [None]], dtype=np.dtypes.StringDType(na_object=None)), np.array([], dtype=np.dtypes.StringDType())]
    yield "aligned", np.zeros(2, dtype=np.dtype([("a", "u1"), ("b", "f8")], align=True))
    yield "recarray", np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
    yield "record scalar", np.zeros(2, dtype=[("a", "i4"), ("b", "f8")])[0]
    yield "rec record", np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])[0]
    yield "fortran", np.asfortranarray(rng.rand(3, 4))
    yield "view", rng.rand(6, 6)[::2, ::3]
    yield "empty", np.zeros((0, 3))
    yield "zero dimensions", np.array(3.0)
    yield "objects", np.array([None, "a", {"b": 1}, [1, 2]], dtype=object)
    yield "object matrix", np.array([[None, "a"], [1, 2.5]], dtype=object)
    yield "object zero dimensions", np.array({"weights": np.arange(3.0)}, dtype=object)
    yield "text", np.array(["a", "bc"])
    yield "masked", np.ma.array([1.0, 2.0], mask=[0, 1])
    yield "masked two", np.ma.masked_invalid(np.array([[1.0, np.nan], [2.0, 3.0]]))
    yield "masked constant", np.ma.masked
    yield "masked record", np.ma.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
    yield "matrix", np.matrix([[1, 2], [3, 4]])
    yield "types", [np.float32, np.float64, np.int64, np.int32, np.uint8, np.bool_, np.object_, np.str_, np.datetime64, np.complex64, np.ndarray, np.dtype, np.generic, np.number, np.floating, np.integer]
    yield "ufuncs", [np.log1p, np.expm1, np.exp, np.sqrt, np.add, np.maximum, np.abs, np.log, np.log2, np.log10, np.square, np.tanh, np.sin, np.negative]
    yield "functions", [np.mean, np.sum, np.median, np.std, np.max, np.min, np.nanmean, np.percentile, np.argmax, np.concatenate]
    yield "RandomState", np.random.RandomState(3)
    if hasattr(np.random, "default_rng"):
        yield "Generator", np.random.default_rng(1)
        for n in "MT19937 PCG64 PCG64DXSM Philox SFC64".split():
            if hasattr(np.random, n):
                yield n, getattr(np.random, n)(1)
                yield "Generator " + n, np.random.Generator(getattr(np.random, n)(1))
                yield "RandomState " + n, np.random.RandomState(getattr(np.random, n)(1))
        yield "SeedSequence", np.random.SeedSequence(5)
    for n in "Polynomial Chebyshev Legendre Hermite HermiteE Laguerre".split():
        yield n, getattr(np.polynomial, n)([1, 2, 3])
    yield "poly1d", np.poly1d([1, 2, 3])
    yield "finfo", [np.dtype(np.float64).type(1), np.datetime64("2024-01-01"), np.timedelta64(3, "D"), np.str_("a"), np.bytes_(b"a"), np.longdouble(1), np.clongdouble(1)]
    yield "nested", {"a": [np.arange(3), np.float32(1)], "b": (np.int64(1), {"c": np.eye(2)})}


def scipy():
    import numpy as np
    import scipy.sparse as sp
    m = np.array([[0, 1.0, 0], [2, 0, 0], [0, 0, 3]])
    for f in "csr csc coo lil dok dia bsr".split():
        yield f, getattr(sp, f + "_matrix")(m)
        if hasattr(sp, f + "_array"):
            yield f + " array", getattr(sp, f + "_array")(m)
    if hasattr(sp, "coo_array"):
        try:
            yield "coo one", sp.coo_array(np.array([0, 1.0, 2]))
        except Exception:
            pass
    from scipy.interpolate import interp1d, CubicSpline, UnivariateSpline, BSpline, PchipInterpolator, RegularGridInterpolator
    x = np.arange(8.0)
    yield "CubicSpline", CubicSpline(x, x**2)
    yield "Pchip", PchipInterpolator(x, x**2)
    yield "BSpline", BSpline(np.arange(11.0), np.arange(7.0), 3)
    yield "interp1d", interp1d(x, x**2)
    yield "UnivariateSpline", UnivariateSpline(x, x**2)
    yield "RegularGrid", RegularGridInterpolator((x, x), np.outer(x, x))
    try:
        from scipy.interpolate import RBFInterpolator
        yield "RBF", RBFInterpolator(np.random.RandomState(0).rand(10, 2), np.arange(10.0))
    except ImportError:  # scipy before 1.7
        pass
    from scipy.spatial.transform import Rotation
    yield "Rotation", Rotation.from_euler("z", 1.0)
    from scipy.optimize import minimize
    yield "OptimizeResult", minimize(lambda v: (v**2).sum(), np.ones(2))
    from scipy.stats import gaussian_kde, ttest_ind
    yield "kde", gaussian_kde(np.arange(5.0))
    yield "ttest", ttest_ind([1, 2, 3.0], [2, 3, 4.5])
    from scipy.signal import lti
    yield "lti", lti([1.0], [1.0, 2.0])
    import scipy.special as ss
    yield "functions", [ss.expit, ss.logit]
    from scipy import stats
    yield "distributions", [stats.norm(0, 1), stats.gamma(2.0), stats.beta(1, b=2), stats.uniform(0, 3), stats.loguniform(1e-3, 1), stats.expon]
    from scipy.interpolate import Akima1DInterpolator, BarycentricInterpolator, InterpolatedUnivariateSpline, KroghInterpolator, RectBivariateSpline
    yield "Akima", Akima1DInterpolator(x, x**2)
    yield "Barycentric", BarycentricInterpolator(x, x**2)
    yield "Krogh", KroghInterpolator(x, x**2)
    yield "InterpolatedUnivariateSpline", InterpolatedUnivariateSpline(x, x**2)
    yield "RectBivariateSpline", RectBivariateSpline(x, x, np.outer(x, x))
    from scipy.optimize import Bounds
    yield "Bounds", Bounds([0], [1])


def pandas():
    import numpy as np
    import pandas as pd
    a = dict(i=[1, 2, 3], f=[1.0, 2, np.nan], s=["a", "b", None], b=[True, False, True], d=pd.date_range("2024", periods=3), t=pd.to_timedelta([1, 2, 3], "D"))
    yield "frame", pd.DataFrame(a)
    yield "series", pd.Series([1, 2.5, 3], name="x")
    yield "empty", pd.DataFrame()
    yield "frame index", pd.DataFrame(a, index=["x", "y", "z"])
    yield "category", pd.DataFrame({"c": pd.Categorical(["a", "b", "a"]), "o": pd.Categorical([1, 2, 1], ordered=True)})
    for d in "Int64 Int8 Int16 Int32 UInt8 UInt16 UInt32 UInt64 boolean string Float64 Float32 category datetime64[ns] datetime64[ns,UTC] timedelta64[ns] Sparse[float] float32 int8 object complex128 period[M] string[python] str".split():
        try:
            yield "dtype " + d, pd.Series([1, 0, 1] if "e[ns" not in d else [1, 2, 3]).astype("int64" if d.startswith("date") or d.startswith("time") else float if "arse" in d else int).astype(d) if not d.startswith("period") else pd.Series(pd.period_range("2024-01", periods=3, freq="M"))
            yield "bare dtype " + d, pd.api.types.pandas_dtype(d)
        except Exception:
            pass
    for n, f in dict(Range=lambda: pd.RangeIndex(3), Int=lambda: pd.Index([1, 2]), Obj=lambda: pd.Index(["a", "b"]), Date=lambda: pd.date_range("2024", periods=3), Tz=lambda: pd.date_range("2024", periods=3, tz="UTC"), TzB=lambda: pd.date_range("2024", periods=3, tz="Europe/Berlin"),
                     Delta=lambda: pd.timedelta_range(0, periods=3, freq="D"), Period=lambda: pd.period_range("2024", periods=3, freq="M"), Interval=lambda: pd.interval_range(0, 3), Cat=lambda: pd.CategoricalIndex(["a", "b"]),
                     Multi=lambda: pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["x", "y"]), Float=lambda: pd.Index([1.0, 2.5]), UInt=lambda: pd.Index(np.array([1, 2], "u8")), Bool=lambda: pd.Index([True, False])).items():
        try:
            yield "index " + n, f()
            yield "by index " + n, pd.Series(range(len(f())), index=f())
        except Exception:
            pass
    yield "multi frame", pd.DataFrame(np.zeros((4, 2)), index=pd.MultiIndex.from_product([["a", "b"], [1, 2]]), columns=pd.MultiIndex.from_tuples([("p", 1), ("q", 2)]))
    for n, f in dict(stamp=lambda: [pd.Timestamp("2024"), pd.Timestamp("2024", tz="UTC"), pd.Timestamp("2024", tz="Europe/Berlin")], delta=lambda: pd.Timedelta(1, "D"), period=lambda: pd.Period("2024", "M"), interval=lambda: pd.Interval(0, 1),
                     nat=lambda: pd.NaT, na=lambda: pd.NA, offset=lambda: [pd.offsets.Day(2), pd.offsets.MonthEnd(1), pd.offsets.BDay(1), pd.offsets.Hour(3)]).items():
        try:
            yield n, f()
        except Exception:
            pass
    for n in "BusinessHour CustomBusinessDay Easter SemiMonthEnd WeekOfMonth LastWeekOfMonth BYearEnd".split():
        yield "offset " + n, getattr(pd.offsets, n)()
    yield "date offset", [pd.DateOffset(days=3), pd.DateOffset(months=2, days=1), pd.DateOffset(weekday=0)]
    for n, f in dict(type=lambda: pd.IntervalDtype("int64", "right"), array=lambda: pd.arrays.IntervalArray.from_breaks([0, 1, 2])).items():
        try:
            yield "interval " + n, f()
        except Exception:  # pandas before 1.3
            pass
    yield "intervals", [pd.arrays.IntervalArray.from_breaks([0, 1, 2]), pd.cut(pd.Series([1, 2, 3]), 2), pd.DataFrame({"i": pd.arrays.IntervalArray.from_breaks([0, 1, 2])})]
    try:
        yield "arrow", pd.Series(["a", None], dtype="string[pyarrow]")
    except Exception:
        pass


def sklearn():
    import numpy as np
    from scipy import sparse
    try:
        from sklearn.utils import all_estimators
    except ImportError:
        from sklearn.utils.testing import all_estimators
    import sklearn
    rng = np.random.RandomState(0)
    X = rng.rand(40, 4)
    yc = np.array([0, 1] * 20)
    ym = np.arange(40) % 3
    ys = np.array(["no", "yes"] * 20)
    yr = X.dot([1, 2, 3, 4.0])
    yo = np.c_[yc, 1 - yc]
    texts = ["a cat sat", "the dog ran", "cats and dogs", "a bird"] * 10
    tries = [(X, ym), (X, yr), (X, yc), (X, yo), (X.round(), yc), (texts, yc), (X[:, 0], yr), ([{"a": 1, "b": 2.0}] * 40, yc), ([["a", "b"]] * 40, yc), ([[1], [2]] * 20, yc), (ys,), (X.dot(X.T), ym), ([("a", "x"), ("b", "y")] * 20, yc), ([{"a", "b"}] * 40,), (X, np.c_[yr, yr])]
    every = dict(all_estimators())
    try:
        every.update(all_estimators(include_meta_estimators=True, include_other=True, include_dont_test=True))
    except TypeError:
        pass
    for name, cls in sorted(every.items()):
        import inspect
        if inspect.isabstract(cls) or "mock" in cls.__module__.lower() or ".test" in cls.__module__:
            continue
        for est, kind in _made(name, cls):
            try:
                fast = {"n_estimators": 3, "max_iter": 12, "n_iter": 3, "n_init": 1, "n_components": 2, "max_iter_predict": 5, "n_restarts_optimizer": 0, "max_epochs": 2, "random_state": 0, "n_clusters": 2, "cv": 2, "n_candidates": 2}
                have = est.get_params(deep=False) if hasattr(est, "get_params") else {}
                for k, v in fast.items():
                    if k in have and k not in ("n_components" if name.startswith(("Gaussian", "Bayesian", "Linear", "Random", "Sparse", "Johnson")) else ""):
                        est.set_params(**{k: v})
            except Exception:
                pass
            yield name + kind + " unfitted", est
            for data in tries:
                try:
                    fitted = sklearn.base.clone(est)
                    fitted.fit(*data)
                except Exception:
                    continue
                yield name + kind, fitted
                break
    yield from _compositions(X, yc, yr, ys, texts)


def _made(name, cls):
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.cluster import KMeans
    from sklearn.preprocessing import StandardScaler, OneHotEncoder
    from sklearn.decomposition import PCA
    lr, ridge = LogisticRegression(), Ridge()
    two = [("lr", LogisticRegression()), ("lr2", LogisticRegression(C=2))]
    args = dict(ColumnTransformer=([("a", StandardScaler(), [0, 1]), ("b", "passthrough", slice(2, 4))],), FeatureUnion=([("p", PCA(1)), ("s", StandardScaler())],), Pipeline=([("s", StandardScaler()), ("c", LogisticRegression())],),
                GridSearchCV=(lr, {"C": [1.0, 2.0]}), RandomizedSearchCV=(lr, {"C": [1.0, 2.0, 3.0]}), HalvingGridSearchCV=(lr, {"C": [1.0, 2.0]}), HalvingRandomSearchCV=(lr, {"C": [1.0, 2.0, 3.0]}), SparseCoder=([[1.0, 0, 0, 0]],), VotingClassifier=(two,), StackingClassifier=(two,),
                VotingRegressor=([("a", Ridge()), ("b", Ridge(2.0))],), StackingRegressor=([("a", Ridge()), ("b", Ridge(2.0))],), SelectFromModel=(lr,), RFE=(lr,), RFECV=(lr,), SequentialFeatureSelector=(lr,), FixedThresholdClassifier=(lr,), TunedThresholdClassifierCV=(lr,), FrozenEstimator=(lr,))
    meta = name.startswith(("MultiOutput", "ClassifierChain", "OneVs", "OutputCode", "SelfTraining", "RegressorChain"))
    if name in args:
        yield cls(*args[name]), ""
        return
    try:
        yield cls(), ""
    except TypeError:
        try:
            yield cls(ridge if "Regress" in name else lr), ""
        except Exception:
            pass
    except Exception:
        pass
    if name in ("SVC", "SVR"):
        yield cls(probability=True) if name == "SVC" else cls(kernel="linear"), " other"
    if name in ("GradientBoostingClassifier",):
        yield cls(loss="exponential", n_estimators=2), " exponential"
    if name in ("SGDClassifier", "SGDRegressor"):
        for loss in ["log_loss", "log", "modified_huber", "squared_hinge", "perceptron", "huber", "epsilon_insensitive", "squared_epsilon_insensitive"]:
            yield cls(loss=loss), " " + loss
    if name == "HistGradientBoostingRegressor":
        for loss in ["poisson", "absolute_error", "gamma"]:
            yield cls(loss=loss), " " + loss
        try:
            yield cls(loss="quantile", quantile=0.5), " quantile"
        except TypeError:  # scikit-learn before 1.1
            pass
    if name in ("GaussianProcessRegressor", "GaussianProcessClassifier"):
        from sklearn.gaussian_process import kernels as k
        yield cls(k.ConstantKernel() * k.RBF() + k.WhiteKernel() + k.Matern() * k.RationalQuadratic() + k.DotProduct() ** 2 + k.ExpSineSquared()), " kernels"
    if name.startswith(("KNeighbors", "RadiusNeighbors", "NearestNeighbors", "KernelDensity")):
        for algorithm in ["ball_tree", "kd_tree"]:
            yield cls(algorithm=algorithm), " " + algorithm
        yield cls(metric="manhattan"), " manhattan"
    if name in ("GammaRegressor", "PoissonRegressor", "TweedieRegressor"):
        yield cls(max_iter=3), " other"


def _compositions(X, yc, yr, ys, texts):
    import numpy as np
    from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
    from sklearn.ensemble import RandomForestClassifier, AdaBoostClassifier, HistGradientBoostingClassifier
    from sklearn.feature_extraction.text import TfidfVectorizer, CountVectorizer
    from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
    from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, ShuffleSplit, GroupKFold, TimeSeriesSplit, RepeatedKFold, LeaveOneOut, PredefinedSplit
    from sklearn.pipeline import make_pipeline, Pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler, OneHotEncoder
    from sklearn.metrics import make_scorer, f1_score, mean_squared_error
    from sklearn.tree import DecisionTreeClassifier
    from sklearn.utils import Bunch
    from sklearn import datasets
    yield "text pipeline", make_pipeline(TfidfVectorizer(stop_words="english"), SGDClassifier()).fit(texts, ys)
    yield "columns", Pipeline([("c", ColumnTransformer([("n", StandardScaler(), [0, 1]), ("o", OneHotEncoder(), [2])], remainder="passthrough")), ("f", RandomForestClassifier(n_estimators=3))]).fit(X.round(), ys)
    yield "search", GridSearchCV(make_pipeline(StandardScaler(), LogisticRegression()), {"logisticregression__C": [0.1, 1.0]}, cv=StratifiedKFold(2), scoring="f1").fit(X, yc)
    yield "search scorer", GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2, scoring=make_scorer(f1_score)).fit(X, yc)
    yield "scorers", [make_scorer(f1_score, average="macro"), make_scorer(mean_squared_error, greater_is_better=False)]
    yield "logs", FunctionTransformer(np.log1p, np.expm1).fit(X)
    import functools, operator
    import scipy.sparse
    from sklearn import feature_selection as fs, preprocessing
    for f in (np.reshape, scipy.sparse.csr_matrix, preprocessing.normalize, preprocessing.scale, functools.partial(np.reshape, shape=(-1, 1)), functools.partial(np.clip, a_min=0, a_max=1), operator.itemgetter("a"), operator.methodcaller("toarray")):
        yield "function %s" % f, FunctionTransformer(f)
    for f in (fs.mutual_info_classif, fs.f_classif):
        yield "partial %s" % f.__name__, fs.SelectKBest(functools.partial(f), k=2).fit(X, yc)
    for s in ("f1", "neg_log_loss"):
        yield "histogram " + s, HistGradientBoostingClassifier(max_iter=2, scoring=s, early_stopping=True).fit(X, yc)
    yield "target", TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1).fit(X, yr)
    yield "splitters", [KFold(3), StratifiedKFold(3), ShuffleSplit(3), GroupKFold(3), TimeSeriesSplit(3), RepeatedKFold(), LeaveOneOut(), PredefinedSplit([0, 1])]
    yield "bunch", datasets.load_iris()
    yield "tree multi-output", DecisionTreeClassifier().fit(X, np.c_[yc, yc])
    yield "strings", RandomForestClassifier(n_estimators=2).fit(X, ys)
    try:
        import pandas as pd
        df = pd.DataFrame(X, columns=list("abcd"))
        df["e"] = ys
        yield "pandas columns", Pipeline([("c", ColumnTransformer([("n", StandardScaler(), ["a", "b"]), ("o", OneHotEncoder(), ["e"])])), ("f", LogisticRegression())]).fit(df, yc)
    except Exception:
        pass
    try:
        from sklearn import set_config
        yield "pandas output", StandardScaler().set_output(transform="pandas").fit(X)
    except Exception:
        pass


def xgboost():
    import numpy as np
    import xgboost as xgb
    X, y = np.random.RandomState(0).rand(20, 3), np.array([0, 1] * 10)
    for n in "XGBClassifier XGBRegressor XGBRFClassifier XGBRFRegressor XGBRanker".split():
        if hasattr(xgb, n):
            c = getattr(xgb, n)(n_estimators=2)
            yield n + " unfitted", c
            try:
                yield n, getattr(xgb, n)(n_estimators=2).fit(X, y, **({"group": [20]} if "Rank" in n else {}))
            except Exception:
                pass
    try:
        yield "early stop", xgb.XGBClassifier(n_estimators=3, early_stopping_rounds=2, eval_metric="logloss").fit(X, y, eval_set=[(X, y)], verbose=False)
    except Exception:
        pass
    yield "booster", xgb.train({"max_depth": 2}, xgb.DMatrix(X, y), 2)


def lightgbm():
    import numpy as np
    import lightgbm as lgb
    X, y = np.random.RandomState(0).rand(60, 3), np.array([0, 1] * 30)
    for n in "LGBMClassifier LGBMRegressor LGBMRanker".split():
        yield n + " unfitted", getattr(lgb, n)(n_estimators=2)
        yield n, getattr(lgb, n)(n_estimators=2, verbose=-1).fit(X, y, **({"group": [60]} if "Rank" in n else {}))
    yield "booster", lgb.train({"verbose": -1}, lgb.Dataset(X, y), 2)


def catboost():
    import numpy as np
    import catboost as cb
    X, y = np.random.RandomState(0).rand(20, 3), np.array([0, 1] * 10)
    for n in "CatBoostClassifier CatBoostRegressor CatBoost".split():
        yield n, getattr(cb, n)(dict(iterations=2, verbose=0, allow_writing_files=False)).fit(X, y)


def tokenizers():
    import tokenizers as tk
    from tokenizers import models, pre_tokenizers, decoders, processors, normalizers, trainers
    t = tk.Tokenizer(models.BPE(unk_token="[UNK]"))
    t.pre_tokenizer = pre_tokenizers.ByteLevel()
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(["a cat", "the dog"], trainers.BpeTrainer(vocab_size=60, special_tokens=["[UNK]", "[PAD]"], show_progress=False))
    yield "tokenizer", t
    yield "encoding", t.encode("a cat")
    yield "parts", [models.BPE(), models.WordLevel({"a": 0}, unk_token="a"), models.WordPiece(), models.Unigram(), pre_tokenizers.Whitespace(), pre_tokenizers.ByteLevel(), decoders.ByteLevel(), decoders.WordPiece(), normalizers.Lowercase(), normalizers.NFC(),
                    normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer(), processors.ByteLevel(), processors.BertProcessing(("a", 0), ("b", 1)), tk.AddedToken("x"), normalizers.Sequence([normalizers.NFD()]), pre_tokenizers.Sequence([pre_tokenizers.Digits()])]


def transformers():
    import tempfile
    import transformers as tr
    try:
        from tokenizers import Tokenizer, models, pre_tokenizers
        t = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1, "cat": 2, "[PAD]": 3}, unk_token="[UNK]"))
        t.pre_tokenizer = pre_tokenizers.Whitespace()
        fast = tr.PreTrainedTokenizerFast(tokenizer_object=t, unk_token="[UNK]", pad_token="[PAD]")
        yield "fast tokenizer", fast
        yield "encoding", fast(["a cat", "cat"], padding=True)
    except Exception:
        pass
    for n in "Bert GPT2 Llama T5 ViT CLIP Whisper DistilBert Roberta Mistral Qwen2 Wav2Vec2 Bart".split():
        try:
            yield "config " + n, getattr(tr, n + "Config")()
        except Exception:
            pass
    yield "generation", tr.GenerationConfig()
    try:
        with tempfile.TemporaryDirectory() as d:
            yield "arguments", tr.TrainingArguments(output_dir="out", report_to=[], use_cpu=True)
    except Exception:
        try:
            yield "arguments", tr.TrainingArguments(output_dir="out", report_to=[], no_cuda=True)
        except Exception:
            pass
    yield "state", tr.TrainerState()
    yield "batch feature", tr.BatchFeature({"pixel_values": [1.0, 2.0]})
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/vocab.txt", "w") as f:
            f.write("\n".join("[PAD] [UNK] [CLS] [SEP] [MASK] a b".split()))
        slow = tr.BertTokenizer(d + "/vocab.txt")
        yield "slow tokenizer", slow
        yield "collator", tr.DataCollatorWithPadding(slow)
    import torch
    yield "schedule", tr.get_linear_schedule_with_warmup(torch.optim.SGD([torch.nn.Parameter(torch.ones(2))], lr=0.1), 1, 5)
    yield "outputs", [tr.modeling_outputs.BaseModelOutput(last_hidden_state=torch.ones(2)), tr.modeling_outputs.SequenceClassifierOutput(loss=torch.ones(1), logits=torch.ones(2), hidden_states=(torch.ones(1), torch.ones(1)))]
    for n, kw in dict(Bert=dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, vocab_size=10), GPT2=dict(n_embd=8, n_layer=1, n_head=2, vocab_size=10, n_positions=16),
                      Llama=dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2, intermediate_size=8, vocab_size=10), DistilBert=dict(dim=8, n_layers=1, n_heads=2, hidden_dim=8, vocab_size=10)).items():
        try:
            yield "model " + n, getattr(tr, n + "Model")(getattr(tr, n + "Config")(**kw))
        except Exception:
            pass


def _modules(space, skip=()):
    """One object of every module class of a namespace that small numbers can make."""
    import inspect
    import torch
    for name in sorted(dir(space)):
        cls = getattr(space, name)
        if not (inspect.isclass(cls) and issubclass(cls, torch.nn.Module)) or name in skip or name.startswith("Lazy"):
            continue
        lin = torch.nn.Linear(4, 4)
        for args in [(), (4,), (4, 4), (4, 4, 3), (2, 4), (4, 2, 2), (2, 4, 4), (4, 2, 2, 2), ([4],), (lin,), ([lin],), (torch.nn.TransformerEncoderLayer(4, 2), 1), (torch.nn.TransformerDecoderLayer(4, 2), 1), (8, [8, 4]), (6, 8, [4]), (1.0, 0), ((1, 1), )]:
            try:
                made = cls(*args)
                pickle.dumps(made)
            except Exception:
                continue
            yield name, made
            break


def torch():
    import torch
    from torch import nn
    yield "size", [torch.Size([1, 2]), torch.device("cpu"), torch.device("cuda", 0), torch.float32, torch.int8, torch.contiguous_format, torch.channels_last, torch.preserve_format, torch.per_tensor_affine]
    yield "version", torch.__version__
    yield "lazy module", nn.LazyLinear(4)
    yield "finfo", {"dtype": torch.bfloat16, "rng": torch.get_rng_state()}
    try:
        yield "generator", torch.Generator()
    except Exception:
        pass
    t = torch.arange(6.0).reshape(2, 3)
    yield "tensors", [t, t.t(), t[:, 1:], t.half(), t.bfloat16(), t.long(), t > 2, t.to(torch.complex64), torch.tensor(3), torch.zeros(0), t.expand(2, 2, 3), t.clone().requires_grad_(), nn.Parameter(t.clone()), torch.zeros(1, 2, 3, 4).to(memory_format=torch.channels_last)]
    yield "conj", [t.to(torch.complex64).conj(), torch.imag(t.to(torch.complex64).conj())]
    yield "sparse coo", t.to_sparse()
    for f in "to_sparse_csr to_sparse_csc".split():
        try:
            yield f, getattr(t, f)()
        except Exception:
            pass
    try:
        yield "bsr", torch.eye(4).to_sparse_bsr((2, 2))
    except Exception:
        pass
    try:
        yield "nested", torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)])
    except Exception:
        pass
    yield "quantized", [torch.quantize_per_tensor(t, 0.1, 0, torch.qint8), torch.quantize_per_channel(t, torch.tensor([0.1, 0.2]), torch.tensor([0, 0]), 0, torch.quint8)]
    yield "storages", [t.storage(), t.untyped_storage() if hasattr(t, "untyped_storage") else 0]
    yield "meta", torch.zeros(2, device="meta")
    p = nn.Parameter(torch.zeros(2)); p.tag = "x"
    yield "attributes", p
    yield "packed", nn.utils.rnn.pack_sequence([torch.zeros(2), torch.zeros(1)])
    yield "nn.Transformer", nn.Transformer(4, 2, 1, 1, 8)
    # Deprecated ones are made by a wrapper.
    for n, m in _modules(nn, ("Transformer", "Container", "NLLLoss2d")):
        yield "nn." + n, m
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
    yield "state_dict", model.state_dict()
    yield "containers", [nn.ModuleDict({"a": nn.Linear(1, 1)}), nn.ModuleList([nn.Linear(1, 1)]), nn.ParameterList([nn.Parameter(t)]), nn.ParameterDict({"a": nn.Parameter(t)})]
    try:
        yield "weight_norm", nn.utils.weight_norm(nn.Linear(2, 2))
        yield "spectral_norm", nn.utils.spectral_norm(nn.Linear(2, 2))
    except Exception:
        pass
    for name in sorted(dir(torch.optim)):
        cls = getattr(torch.optim, name)
        if isinstance(cls, type) and issubclass(cls, torch.optim.Optimizer) and cls is not torch.optim.Optimizer:
            net = nn.Linear(3, 2)
            try:
                opt = cls([p for p in net.parameters() if name != "Muon" or p.ndim == 2], lr=0.1)
            except Exception:
                continue
            try:
                net(torch.ones(1, 3)).sum().backward()
                opt.step()
            except Exception:
                pass
            yield "optim." + name, opt
            yield "optim." + name + " state", {"model": net.state_dict(), "optimizer": opt.state_dict(), "epoch": 3}
    from torch.optim import lr_scheduler as ls
    opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for name, kw in dict(StepLR=dict(step_size=2), MultiStepLR=dict(milestones=[1, 2]), ExponentialLR=dict(gamma=0.9), CosineAnnealingLR=dict(T_max=3), ReduceLROnPlateau={}, CyclicLR=dict(base_lr=0.1, max_lr=1.0), CosineAnnealingWarmRestarts=dict(T_0=2), OneCycleLR=dict(max_lr=0.1, total_steps=5),
                         ConstantLR={}, LinearLR={}, PolynomialLR={}).items():
        try:
            s = getattr(ls, name)(opt, **kw)
        except Exception:
            continue
        yield "lr_scheduler." + name + " state", s.state_dict()
        yield "lr_scheduler." + name, s
    try:
        yield "SequentialLR", ls.SequentialLR(opt, [ls.ConstantLR(opt), ls.LinearLR(opt)], [2]).state_dict()
        yield "ChainedScheduler", ls.ChainedScheduler([ls.ConstantLR(opt), ls.LinearLR(opt)]).state_dict()
    except Exception:
        pass
    try:
        yield "scaler", [torch.cuda.amp.GradScaler(enabled=False).state_dict(), torch.amp.GradScaler("cpu").state_dict()]
    except Exception:
        pass
    try:
        yield "scaler object", torch.amp.GradScaler("cpu")
    except Exception:
        pass
    yield "swa", torch.optim.swa_utils.AveragedModel(model).state_dict()
    try:
        yield "ema", torch.optim.swa_utils.AveragedModel(model, use_buffers=True)
    except Exception:
        pass
    from torch.utils import data
    yield "data", [data.TensorDataset(t, t), data.Subset(data.TensorDataset(t), [0]), data.ConcatDataset([data.TensorDataset(t)]), data.SequentialSampler([1, 2]), data.RandomSampler([1, 2])]
    from torch import distributions as td
    for n, a in dict(Normal=(0.0, 1.0), Bernoulli=(0.5,), Categorical=(torch.ones(2),), Beta=(1.0, 1.0), Gamma=(1.0, 1.0), Uniform=(0.0, 1.0), Dirichlet=(torch.ones(2),), Laplace=(0.0, 1.0), Exponential=(1.0,), MultivariateNormal=(torch.zeros(2), torch.eye(2))).items():
        try:
            yield "distribution " + n, getattr(td, n)(*a)
        except Exception:
            pass
    try:
        import torch.ao.quantization as q
        qm = q.quantize_dynamic(nn.Sequential(nn.Linear(3, 2), nn.LSTM(2, 2)), {nn.Linear}, dtype=torch.qint8)
        # The module itself holds an object that only torch.save can write.
        yield "quantized state", qm.state_dict()
        m = nn.Sequential(q.QuantStub(), nn.Linear(3, 2), q.DeQuantStub())
        m.qconfig = q.get_default_qconfig("fbgemm")
        prepared = q.prepare(m)
        prepared(torch.zeros(1, 3))
        yield "converted state", q.convert(prepared).state_dict()
    except Exception:
        pass
    import functools
    names = "stack cat mean sum max matmul where zeros sqrt flatten nn.functional.cross_entropy nn.functional.mse_loss nn.functional.cosine_similarity nn.functional.interpolate nn.init.orthogonal_ functional.einsum linalg.norm".split()
    yield "functions", [functools.reduce(getattr, n.split("."), torch) for n in names]
    yield "partials", [functools.partial(nn.functional.relu, inplace=True), functools.partial(torch.optim.AdamW, lr=0.1)]
    yield "results", [torch.max(t, 0), torch.sort(t), torch.linalg.svd(t), model.load_state_dict(model.state_dict())]
    yield "distance", nn.TripletMarginWithDistanceLoss(distance_function=nn.functional.cosine_similarity)
    yield "checkpoint", {"epoch": 1, "model": model.state_dict(), "optimizer": opt.state_dict(), "scheduler": ls.StepLR(opt, 2).state_dict(), "rng": torch.get_rng_state(), "args": __import__("argparse").Namespace(lr=0.1), "best": 0.5}


def torchvision():
    import torchvision
    for n in "alexnet resnet18 mobilenet_v2 squeezenet1_1 densenet121 googlenet shufflenet_v2_x0_5 efficientnet_b0 convnext_tiny vit_b_32 regnet_y_400mf mnasnet0_5 swin_t inception_v3 vgg11 maxvit_t swin_v2_t".split():
        try:
            import torch
            with torch.device("meta"):
                yield n, getattr(torchvision.models, n)(**({"aux_logits": False, "init_weights": False} if n in ("googlenet", "inception_v3") else {}))
        except Exception:
            pass
    from torchvision import transforms as T
    yield "transforms", T.Compose([T.Resize(8), T.CenterCrop(4), T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.5], [0.5]), T.RandomCrop(3), T.ColorJitter(0.1), T.RandomRotation(3)])


def lightning():
    try:
        import lightning.pytorch as pl
        base, cb = "lightning", pl.callbacks
    except ImportError:
        import pytorch_lightning as pl
        cb = pl.callbacks
    import logging, tempfile, torch
    logging.disable(logging.WARNING)
    from torch.utils.data import DataLoader, TensorDataset

    class Net(pl.LightningModule):
        def __init__(self, hidden=4, lr=0.1):
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(3, 1)

        def training_step(self, batch, i):
            loss = self.layer(batch[0]).sum()
            self.log("loss", loss)
            return loss

        def configure_optimizers(self):
            opt = torch.optim.Adam(self.parameters(), lr=self.hparams.lr)
            return [opt], [torch.optim.lr_scheduler.StepLR(opt, 1)]

    with tempfile.TemporaryDirectory() as d:
        calls = [cb.ModelCheckpoint(dirpath=d, monitor="loss", save_last=True), cb.EarlyStopping("loss")]
        trainer = pl.Trainer(max_epochs=1, accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False, callbacks=calls, default_root_dir=d)
        trainer.fit(Net(), DataLoader(TensorDataset(torch.zeros(4, 3)), 2))
        path = os.path.join(d, "x.ckpt")
        trainer.save_checkpoint(path)
        yield "checkpoint", torch.load(path, **({"weights_only": False} if "weights_only" in torch.load.__doc__ else {}))
        try:
            from lightning.pytorch.utilities.parsing import AttributeDict
            yield "hparams", AttributeDict(a=1)
        except ImportError:
            from pytorch_lightning.utilities.parsing import AttributeDict
            yield "hparams", AttributeDict(a=1)


def joblib():
    import joblib
    yield "memory", joblib.hashing.hash([1])


def keras():
    import keras
    from keras import layers
    yield "history", {"loss": [1.0, 2.0]}
    try:
        yield "config", keras.Sequential([keras.Input((3,)), layers.Dense(2)]).get_config()
    except Exception:
        pass


def timm():
    import timm
    import torch
    for n in "resnet10t vit_tiny_patch16_224 efficientnet_lite0 mobilenetv3_small_050 convnext_atto".split():
        try:
            with torch.device("meta"):
                yield n, timm.create_model(n)
        except Exception:
            pass


def own():
    """Classes of the user's own: the only ordinary things with a finding."""
    from torch import nn
    from sklearn.base import BaseEstimator

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))

    class Scaler(BaseEstimator):
        def __init__(self, factor=2):
            self.factor = factor

    class Record(dict):
        pass

    for cls in (Net, Scaler, Record):
        cls.__module__, cls.__qualname__ = "__main__", cls.__name__
        setattr(sys.modules["__main__"], cls.__name__, cls)
    yield "model", Net()
    yield "estimator", Scaler()
    yield "mapping", Record(a=1)
    yield "checkpoint", {"model": Net(), "epoch": 1}


LIBRARIES = [own, stdlib, numpy, scipy, pandas, sklearn, xgboost, lightgbm, catboost, tokenizers, transformers, torch, torchvision, lightning, joblib, keras, timm]


def made_by(lib, missing):
    """What a library's function makes one at a time; what its version does not have is left out."""
    try:
        each = list(lib())
    except missing:
        return
    for name, make in each:
        try:
            yield name, make()
        except Exception:
            pass


def samples(only=()):
    """What is made of some libraries, or of all; "walk:LIBRARY" is every public class of one."""
    for name in only:
        if name.startswith("walk:"):
            for made, obj in ordinary_walk.samples(name[5:]):
                if not ordinary_walk.stays(obj):
                    yield name[5:], made, obj
    for lib in LIBRARIES:
        if lib.__name__ not in only if only else lib is own:
            continue
        try:
            for name, obj in lib():
                yield lib.__name__, name, obj
        except ImportError as e:
            print(lib.__name__, "skipped:", e, file=sys.stderr)
        except Exception as e:
            print(lib.__name__, "ended early:", repr(e), file=sys.stderr)
    for more in (ordinary_more, ordinary_wide, ordinary_open, ordinary_rest, ordinary_late, ordinary_field):
        for lib in more.LIBRARIES:
            if not only or lib.__name__ in only:
                for name, obj in made_by(lib, more.MISSING):
                    yield lib.__name__, "more: " + name, obj


def main():
    out, cases = sys.argv[1], []
    protocols = [p for p in (0, 2, 5) if p <= pickle.HIGHEST_PROTOCOL]
    for i, (lib, name, obj) in enumerate(samples(sys.argv[2:])):
        for p in protocols:
            if p < 4 and name in ordinary_more.FROM_4:
                continue
            try:
                data = pickle.dumps(obj, protocol=p)
            except Exception as e:
                print(lib, name, p, "cannot be pickled:", e, file=sys.stderr)
                continue
            source = os.path.join(out, "%s-%04d-p%d.pkl" % (lib, i, p))
            with open(source, "wb") as f:
                f.write(data)
            cases.append({"name": "%s/%s/p%d" % (lib, name, p), "source": source})
    json.dump(cases, sys.stdout)


if __name__ == "__main__":
    main()
