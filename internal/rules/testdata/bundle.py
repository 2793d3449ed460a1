"""Writes the bundles of testdata/ordinary: bundle.py TAG PROTOCOL|dill|cloudpickle LIBRARY...

Each is one pickle of what interop/testdata/ordinary.py makes of a library, cut down
to the objects that use what the list has contracts for. TAG names the versions.
"""
import importlib
import os
import pickle
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "../../../interop/testdata"))
import ordinary  # noqa: E402

SKLEARN = """DecisionTreeClassifier GradientBoostingClassifier SGDClassifier KNeighborsClassifier ball_tree KDTree kd_tree Isotonic HistGradientBoosting PoissonRegressor GammaRegressor
    LogisticRegression Huber NearestNeighbors splitters search columns logs scorers manhattan""".split()
SKIP = {"torch": lambda n: n.split(".")[0] in ("nn", "optim") and n not in ("nn.Linear", "nn.LSTM", "nn.Conv2d", "optim.Adam")}


def wanted(tag, lib, name):
    if "unfitted" in name or "Transformer" in name or name.startswith("model ") or "state" in name:
        return False
    if tag == "2019" and lib == "scipy":
        return "Hull" in name or name in ("more: Delaunay", "more: Voronoi", "more: HalfspaceIntersection")
    if lib == "sklearn":
        return any(w in name for w in SKLEARN)
    return not SKIP.get(lib, lambda n: False)(name)


def main():
    tag, how, only = sys.argv[1], sys.argv[2], sys.argv[3:]
    protocol = int(how) if how.isdigit() else 4
    dump, kind = (pickle.dump, "p" + how) if how.isdigit() else (importlib.import_module(how).dump, how)
    parts = {}
    for lib, name, obj in ordinary.samples(only):
        if wanted(tag, lib, name):
            try:
                data = pickle.dumps(obj, protocol)
            except Exception:
                continue
            if len(data) < 20000:
                parts.setdefault(lib, {})[name] = obj
    for lib, objects in parts.items():
        with open(os.path.join(here, "ordinary", "%s-%s-%s.pkl" % (lib, tag, kind)), "wb") as f:
            dump(objects, f, protocol)


if __name__ == "__main__":
    main()
