"""Models whose initializers, regularizers, constraints, losses and metrics are a user's own.

make DIR: saves them, with what they predict, and lists the files. check BEFORE AFTER: opens what
became of each, which nothing of its own may need, and compares what it predicts.
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
import tensorflow as tf  # noqa: E402

L = keras.layers


def loss(y, p):
    return tf.reduce_mean((y - p) ** 2)


def ones(shape, dtype=None, **kwargs):
    return tf.ones(shape)


class Held(keras.constraints.Constraint):
    def __call__(self, w):
        return w

    def get_config(self):
        return {}


class Small(keras.regularizers.Regularizer):
    def __call__(self, w):
        return tf.reduce_sum(w)

    def get_config(self):
        return {}


class Error(keras.losses.Loss):
    def call(self, y, p):
        return tf.reduce_mean(y - p)


MODELS = {
    "activation": ({"activation": lambda x: tf.nn.relu(x)}, None),
    "passed": ({"activation": lambda x: x}, None),
    "loss": ({}, {"loss": lambda y, p: tf.reduce_mean(y - p)}),
    "named": ({}, {"loss": loss, "metrics": [loss, "mae"]}),
    "classes": ({"kernel_regularizer": Small(), "bias_constraint": Held()}, {"loss": Error()}),
    "initializer": ({"kernel_initializer": lambda shape, dtype=None, **k: tf.ones(shape), "bias_initializer": ones}, None),
    "regularizer": ({"kernel_regularizer": lambda w: 0.01 * tf.reduce_sum(w * w), "activity_regularizer": lambda x: tf.reduce_sum(x)}, None),
    "constraint": ({"kernel_constraint": lambda w: w}, {"loss": loss}),
}
X = np.linspace(-1, 1, 20, dtype="float32").reshape(5, 4)


def make(where):
    names = []
    for name, (layer, compiled) in MODELS.items():
        model = keras.Sequential([keras.Input((4,)), L.Dense(3, **layer), L.Dense(2)])
        if compiled:
            model.compile("adam", **compiled)
        np.save(os.path.join(where, name + ".npy"), model.predict(X, verbose=0))
        for form in ("keras", "h5"):
            model.save(os.path.join(where, f"{name}.{form}"))
            names.append(f"{name}.{form}")
    print(json.dumps(names))


def check(before, after):
    said = {}
    for file in sorted(os.listdir(after)):
        try:
            got = keras.models.load_model(os.path.join(after, file)).predict(X, verbose=0)
            want = np.load(os.path.join(before, file.split(".")[0] + ".npy"))
            said[file] = "ok" if np.abs(got - want).max() < 1e-6 else "predicts something else"
        except Exception as e:  # noqa: BLE001
            said[file] = f"{type(e).__name__}: {e}"
    print(json.dumps(said))


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](*sys.argv[2:])
