"""Saves scikit-learn, joblib and numpy files into argv[1]; answers what was saved."""

import pathlib
import pickle
import sys

import common

import joblib
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def estimators():
    x = np.random.RandomState(0).rand(20, 3)
    y = (x[:, 0] > 0.5).astype(int)
    yield "logistic", LogisticRegression().fit(x, y)
    yield "forest", RandomForestClassifier(2, random_state=0).fit(x, y)
    yield "pipeline", make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)


def main(root):
    for name, model in estimators():
        (root / f"{name}.pkl").write_bytes(pickle.dumps(model))
        (root / f"{name}.sav").write_bytes(pickle.dumps(model, 0))
        joblib.dump(model, root / f"{name}.joblib")
        for method in ("zlib", "gzip", "bz2", "xz", "lzma"):
            joblib.dump(model, root / f"{name}_{method}.joblib", compress=(method, 3))
    joblib.dump(model, root / "no_extension")
    joblib.dump({"w": np.arange(10.0)}, root / "array.joblib")
    np.save(root / "array.npy", np.arange(3.0))
    np.save(root / "objects.npy", np.array([{}, None], dtype=object), allow_pickle=True)
    np.savez(root / "arrays.npz", w=np.arange(3.0))
    return [{"name": p.name, "source": str(p), "expect": "refuse"} for p in sorted(root.iterdir())]


common.answer(main(pathlib.Path(sys.argv[1])))
