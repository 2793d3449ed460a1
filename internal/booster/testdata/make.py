"""Writes what Booster.__getstate__ gives, for one version of a library:
make.py DIRECTORY NAME. The files here were made with xgboost 0.90, 1.2.1, 1.5.2,
1.7.6, 3.2.0 and lightgbm 2.3.1, 3.3.5, 4.7.0 (numpy 1.21, 1.26, 2.4)."""
import sys

import numpy as np

directory, name = sys.argv[1:]
rng = np.random.default_rng(0)
X = rng.normal(size=(120, 4))
y, three = (X[:, 0] > 0).astype(int), np.arange(120) % 3
wide = np.c_[np.arange(120) % 5, X]


def frame():
    import pandas as pd
    return pd.DataFrame({"a": pd.Categorical(list("abcd") * 30), "b c": X[:, 1], "c": pd.Categorical(np.arange(120) % 7)})


def xgb(params, data=X, label=y, rounds=3, group=None, **more):
    import xgboost
    d = xgboost.DMatrix(data, label=label, **more)
    if group:
        d.set_group(group)
    return xgboost.train({"max_depth": 3, **params}, d, rounds)


def lgb(params, data=X, label=y, rounds=3, cat="auto"):
    import lightgbm
    return lightgbm.train({"num_leaves": 5, "verbose": -1, "min_data_in_leaf": 3, **params}, lightgbm.Dataset(data, label, categorical_feature=cat), rounds)


def prune():
    import xgboost
    b = xgb({"max_depth": 5})
    return xgboost.train({"process_type": "update", "updater": "prune", "gamma": 1.5}, xgboost.DMatrix(X, label=y), 3, xgb_model=b)


models = {
    "rank_map": lambda: xgb({"objective": "rank:map"}, label=y + 1.0, group=[60, 60]),
    "dart": lambda: xgb({"booster": "dart"}),
    "gblinear": lambda: xgb({"booster": "gblinear"}),
    "gblinear3": lambda: xgb({"booster": "gblinear", "objective": "multi:softprob", "num_class": 3}, label=three),
    "prune": prune,
    "cat": lambda: xgb({"tree_method": "hist", "max_cat_to_onehot": 1}, frame(), np.arange(120) % 7 % 3 % 2, rounds=2, enable_categorical=True),
    "cat2": lambda: xgb({"tree_method": "hist"}, wide, np.arange(120) % 5 % 3 % 2, feature_types=["c", "q", "q", "q", "q"], enable_categorical=True),
    "multi_out": lambda: xgb({"tree_method": "hist", "multi_strategy": "multi_output_tree"}, label=X[:, :2]),
    "multiclass": lambda: lgb({"objective": "multiclass", "num_class": 3}, label=three),
    "linear": lambda: lgb({"linear_tree": True}),
    "lightcat": lambda: lgb({"min_data_per_group": 1, "cat_smooth": 1, "max_cat_to_onehot": 1}, np.c_[np.arange(120) % 40, X], np.arange(120) % 40 % 7 % 2, rounds=5, cat=[0]),
    "rf": lambda: lgb({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}),
}
state = models[name]().__getstate__()
model = state.get("_handle") or state["handle"]
with open(f"{directory}/{name}", "wb") as f:
    f.write(model.encode() if isinstance(model, str) else bytes(model))
