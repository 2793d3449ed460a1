"""Weights of Keras in each form that it writes, and whether load_weights takes them back.

make DIR: saves models and lists the files. check BEFORE AFTER: loads each file of BEFORE,
and what it became, into fresh models, and compares these.
"""

import json
import os
import sys
import warnings

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
warnings.simplefilter("ignore")

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers as L  # noqa: E402

OLD = keras.__version__.startswith("2.")


def line(shape, *layers):
    return keras.Sequential([keras.Input(shape), *layers])


def nested():
    i = keras.Input((4,))
    inner = line((4,), L.Dense(3, name="q"), L.BatchNormalization())
    return keras.Model(i, L.Dense(2)(inner(i)))


def deep():
    i = keras.Input((4,))
    return keras.Model(i, L.Dense(5)(nested()(i)))


def shared():
    a, b, d = keras.Input((4,)), keras.Input((4,)), L.Dense(3, name="sh")
    return keras.Model([a, b], L.Dense(1)(L.concatenate([d(a), d(b)])))


def attention():
    i = keras.Input((5, 4))
    return keras.Model(i, L.MultiHeadAttention(2, 3)(i, i))


class Sub(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.rest = L.Dense(3), [L.Dense(3), L.LayerNormalization()]

    def call(self, x):
        x = self.first(x)
        for layer in self.rest:
            x = layer(x)
        return x


def subclassed():
    m = Sub()
    m(np.zeros((1, 4), "float32"))
    return m


def trained():
    m = line((4,), L.Dense(3), L.Dense(1))
    m.compile("adam", "mse")
    m.fit(np.ones((4, 4)), np.ones((4, 1)), verbose=0)
    return m


MODELS = {
    "dense": lambda: line((4,), L.Dense(3, activation="relu"), L.Dropout(0.2), L.Dense(2)),
    "conv": lambda: line((8, 8, 3), L.Conv2D(4, 3), L.BatchNormalization(), L.DepthwiseConv2D(3), L.SeparableConv2D(2, 1), L.Flatten(), L.Dense(1)),
    "lstm": lambda: line((5, 3), L.LSTM(4, return_sequences=True), L.GRU(3, return_sequences=True), L.Bidirectional(L.LSTM(2))),
    "embed": lambda: line((5,), L.Embedding(10, 4), L.LayerNormalization(), L.GlobalAveragePooling1D(), L.Dense(1)),
    "wrapped": lambda: line((5, 4), L.TimeDistributed(L.Dense(3)), L.Conv1D(2, 2)),
    "dots": lambda: line((4,), L.Dense(3, name="a.b"), L.Dense(2, name="vars")),
    "half": lambda: line((4,), L.Dense(3, dtype="float16"), L.Dense(2)),
    "many": lambda: line((2,), *[L.Dense(2, name="layer_%04d_" % i + "x" * 600) for i in range(120)]),
    "nested": nested,
    "deep": deep,
    "shared": shared,
    "attention": attention,
    "subclassed": subclassed,
    "trained": trained,
}
if OLD:  # later ones want no slash in a name
    MODELS["scopes"] = lambda: line((4,), L.Dense(3, name="block/a"), L.Dense(2, name="block/b"))
else:  # others keep it as two bytes, and cannot load that
    MODELS["bfloat16"] = lambda: line((4,), L.Dense(3, dtype="bfloat16"), L.Dense(2))


def save(model, path):
    if path.endswith(".json"):
        model.save_weights(path, max_shard_size=500 / 1024**3)
    elif not path.endswith(".older.h5"):
        (model.save if path.endswith(".keras") else model.save_weights)(path)
    elif OLD:
        model.save_weights(path)
    else:
        model.save(path)


def make(where):
    names = []
    for name, build in MODELS.items():
        for form in ("keras", "weights.h5", "older.h5", "weights.json"):
            if form == "weights.json" and (OLD or name not in ("conv", "nested", "subclassed", "trained")):
                continue
            if (name, form) == ("bfloat16", "older.h5") or name == "subclassed" and (form == "keras" or form == "older.h5" and not OLD):
                continue
            model = build()
            rng = np.random.default_rng(1)
            if name != "trained":
                model.set_weights([rng.random(np.shape(w)).astype(w.dtype) for w in model.get_weights()])
            save(model, os.path.join(where, f"{name}.{form}"))
            names.append(f"{name}.{form}")
    print(json.dumps(names))


def state(model):
    values = [np.asarray(w).tobytes() for w in model.get_weights()]
    variables = getattr(getattr(model, "optimizer", None), "variables", [])
    return values, [np.asarray(v).tobytes() for v in (variables() if callable(variables) else variables)]


def check(before, after):
    said = {}
    for file in sorted(os.listdir(after)):
        source = file[: -len(".weights.h5")] if file.endswith(".weights.h5") else file[: -len(".h5")]
        try:
            keras.utils.set_random_seed(1)
            was = MODELS[file.split(".")[0]]()
            keras.utils.set_random_seed(1)
            became = MODELS[file.split(".")[0]]()
            was.load_weights(os.path.join(before, source))
            became.load_weights(os.path.join(after, file))
        except Exception as e:  # noqa: BLE001
            said[file] = f"{type(e).__name__}: {e}"
            continue
        a, b = state(was), state(became)
        said[file] = "ok" if a[0] and a == b else "other weights"
    print(json.dumps(said))


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](*sys.argv[2:])
