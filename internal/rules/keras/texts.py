"""Writes the names under which the running Keras finds its own losses, metrics, optimizers, activations,
initialisers, regularisers and constraints where a config has a text for one: one name a line. Run it with -P: a
file beside it is called as a library is."""
import importlib, inspect, os
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
out = {"acc", "accuracy", "ce", "crossentropy"}  # Keras chooses the metric by the shapes
for kind in ("activations", "initializers", "regularizers", "constraints", "losses", "metrics", "optimizers"):
    module = getattr(keras, kind)
    source = importlib.import_module("keras.src." + kind)
    for table in ("ALL_OBJECTS_DICT", "_ALL_OBJECTS_DICT"):
        out |= {name for name in getattr(source, table, {}) if isinstance(name, str)}
    if keras.__version__.startswith("2"):
        candidates = set(vars(module)) | set(vars(source)) | set(getattr(getattr(source, "LOCAL", None), "ALL_OBJECTS", {}))
        candidates |= {name.lower() for name in candidates}
    else:
        candidates = set(vars(module))
    for name in candidates:
        if name.startswith(("_", "clone_", "is_", "get", "serialize", "deserialize")) or inspect.ismodule(getattr(module, name, None)):
            continue
        try:
            found = module.get(name)
        except Exception:
            continue
        if getattr(found, "__module__", type(found).__module__).startswith(("keras.", "tf_keras.")):
            out.add(name)
    if kind == "initializers" and keras.__version__.startswith("2"):
        module.get("zeros")
        out |= {name for name in source.LOCAL.ALL_OBJECTS if isinstance(name, str)}
print("# keras %s" % keras.__version__)
for name in sorted(out): print(name)
