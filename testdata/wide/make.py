"""Writes the files of this folder: objects of many libraries, one file a library.

    make.py FOLDER [LIBRARY...]

Nothing in them is a finding: all is made by library code, of library classes.
"""
import os
import pickle
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../interop/testdata"))
import ordinary_wide  # noqa: E402

# Small ones, by the names that ordinary_wide gives them.
KEPT = {
    "networkx": "Graph DiGraph MultiGraph views", "nltk": "Punkt ConditionalFreqDist ConditionalProbDist lm_MLE tree grammar tnt TweetTokenizer",
    "gensim": "Phraser KeyedVectors", "statsmodels": "OLS_removed KDE ECDF", "lifelines": "logrank NelsonAalenFitter", "pygam": "LogisticGAM",
    "river": "logistic scalers", "mlxtend": "encoder columns rules own", "tslearn": "scalers", "optuna": "MedianPruner distributions trials",
    "feature_engine": "OneHotEncoder MeanMedianImputer Winsorizer SmartCorrelatedSelection wrapper", "skrub": "minhash dates", "hdbscan": "hdbscan",
}
for library in sys.argv[2:] or sorted(KEPT):
    objects = {name.replace(" ", "_"): obj for name, obj in ordinary_wide.samples(library)}
    made = {name: objects[name] for name in KEPT[library].split() if name in objects}
    if not made:
        print(library, "is not here")
        continue
    with open(os.path.join(sys.argv[1], library + ".pickle"), "wb") as f:
        pickle.dump(made, f, protocol=4)
    if library == "networkx":
        import dill
        with open(os.path.join(sys.argv[1], "frame.dill"), "wb") as f:
            dill.dump(ordinary_wide._data()[-1][["a", "g"]][:3], f)
