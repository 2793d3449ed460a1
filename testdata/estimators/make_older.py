"""Writes older.pickle: what scikit-learn 1.2 keeps otherwise than later versions.

    python make_older.py        # scikit-learn 1.2.1, numpy 1.24.4
"""

import pathlib
import pickle

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.neighbors import NeighborhoodComponentsAnalysis

x = np.arange(16.0).reshape(8, 2)
trees = HistGradientBoostingRegressor(max_iter=1, max_leaf_nodes=2, min_samples_leaf=1, random_state=0, early_stopping=False).fit(x, x[:, 0])
nca = NeighborhoodComponentsAnalysis(1, max_iter=1, random_state=0).fit(x, np.array([0, 1] * 4))
older = {"nodes": trees._predictors[0][0], "nca": nca}
(pathlib.Path(__file__).resolve().parent / "older.pickle").write_bytes(pickle.dumps(older, 4))
