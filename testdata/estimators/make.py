"""Writes what scikit-learn, pandas and numpy pickle beyond plain arrays:

    python make.py        # scikit-learn 1.9.1, pandas 3.1.1, numpy 2.4.6, joblib 1.6.0

The names of their arrays stand in internal/scan/estimators_test.go.
"""

import pathlib
import pickle

import joblib
import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

HERE = pathlib.Path(__file__).resolve().parent
x = np.arange(16.0).reshape(8, 2)
y = np.array([0, 1] * 4)


def dump(name, obj, protocol=4):
    (HERE / f"{name}.pickle").write_bytes(pickle.dumps(obj, protocol))


dump("tree", DecisionTreeClassifier(random_state=0).fit(x, y))
joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y), HERE / "pipeline.joblib", compress=("gzip", 3))
joblib.dump(GradientBoostingClassifier(n_estimators=2, random_state=0).fit(x, y), HERE / "boosting.joblib")
frame = pd.DataFrame({"a": [1, 2], "b": [1.5, 2.5], "c": ["x", "y"], "d": [3, 4], "index": pd.Categorical(["u", "v"])}, index=pd.date_range("2020", periods=2))
dump("frame", frame)
joblib.dump(frame, HERE / "frame.joblib")
dump("series", pd.Series([1.0, 2.0], index=["a", "b"], name="s"), 5)
dump("masked", {"m": np.ma.MaskedArray([1.0, 2.0], mask=[0, 1], fill_value=-1.0), "r": np.ma.MaskedArray([(1, 2.0)], [(0, 1)], dtype=[("a", "i4"), ("b", "f8")])})
dump("objects", {"o": np.array([[1, np.arange(2)], [np.arange(3.0), "x"]], object), "k": {np.int64(3): np.ones(1), np.str_("z"): np.ones(2)}, "t": np.zeros(1, [(("T", "a"), "i4")])})
