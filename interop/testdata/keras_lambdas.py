"""Keras models with Lambda layers: made, and compared with what they became.

    keras_lambdas.py make DIR           writes DIR/NAME.keras and DIR/NAME.h5, answers with the names
    keras_lambdas.py check BEFORE AFTER compares the files of both folders that AFTER has: the first
                                        opened with its Lambdas, the second in safe mode; answers with
                                        the name and "ok" or what is wrong
"""

import builtins
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf

THREE = keras.__version__.startswith("3")
layers = keras.layers


def functions():
    """name, function, shape of each input, keywords of the Lambda."""
    scale = 3.5
    yield "divide", lambda x: x / 255.0, [(6,)], {}
    yield "expand", lambda x: tf.expand_dims(x, -1), [(6,)], {}
    yield "l2", lambda x: tf.math.l2_normalize(x, axis=1), [(6,)], {}
    yield "slice", lambda x: x[:, 1:4], [(6,)], {}
    yield "mean", lambda x: tf.reduce_mean(x, axis=1), [(4, 5)], {}
    yield "reshape", lambda x: tf.reshape(x, (-1, 2, 3)), [(6,)], {}
    yield "absdiff", lambda t: tf.abs(t[0] - t[1]), [(6,), (6,)], {}
    yield "distance", lambda t: tf.sqrt(tf.reduce_sum(tf.square(t[0] - t[1]), axis=1, keepdims=True)), [(6,), (6,)], {}
    yield "resize", lambda x: tf.image.resize(x, (4, 4)), [(8, 8, 3)], {}
    yield "scale", lambda x, k: x * k + 1.0, [(6,)], {"arguments": {"k": 2.5}}
    yield "relu", lambda x: tf.nn.relu(x), [(6,)], {}
    yield "concat", lambda t: tf.concat([t[0], t[1]], axis=-1), [(6,), (4,)], {}
    yield "squeeze", lambda x: tf.squeeze(x, axis=1), [(1, 6)], {}
    yield "closure", lambda x: x * scale, [(6,)], {}
    yield "identity", lambda x: x, [(6,)], {}
    yield "random", lambda x: x + tf.random.normal((6,)), [(6,)], {}
    yield "system", lambda x: (__import__("os").system("true"), x)[1], [(6,)], {}


def functional(f, shapes, keywords):
    """Between layers with weights, so that they must find their places again."""
    inputs = [keras.Input(s) for s in shapes]
    wide = [layers.Dense(s[-1])(x) for x, s in zip(inputs, shapes)]
    x = layers.Lambda(f, name="the_lambda", **keywords)(wide if len(wide) > 1 else wide[0])
    x = layers.Rescaling(0.5)(layers.Flatten()(layers.Activation("tanh")(x)) if len(x.shape) > 2 else x)
    return keras.Model(inputs, layers.Dense(2)(x) if len(x.shape) == 2 else x)


def sequential(f, shapes, keywords):
    return keras.Sequential([keras.Input(shapes[0]), layers.Dense(shapes[0][-1]), layers.Lambda(f, name="the_lambda", **keywords), layers.Activation("tanh")])


def nested(f, shapes, keywords):
    inner = functional(f, shapes, keywords)
    x = keras.Input(shapes[0])
    return keras.Model(x, layers.Dense(3)(inner(layers.Dense(shapes[0][-1])(x))))


def make(folder):
    keras.utils.set_random_seed(7)
    names = []
    for name, f, shapes, keywords in functions():
        kinds = {"f": functional}
        if len(shapes) == 1:
            kinds["s"] = sequential
        if name in ("scale", "slice"):
            kinds["n"] = nested
        for kind, model in kinds.items():
            m = model(f, shapes, keywords)
            m.compile("adam", "mse")
            for ext in ("keras", "h5"):
                names.append(f"{kind}-{name}.{ext}")
                m.save(os.path.join(folder, names[-1]))
    return names


def opened(path, safe):
    more = {"safe_mode": safe} if THREE or path.endswith(".keras") else {}
    return keras.models.load_model(path, compile=False, **more)


def check(before, after):
    random = np.random.default_rng(3)
    safe = opened(after, True)
    if "Lambda" in [type(layer).__name__ for layer in every(safe)]:
        return "a Lambda is left"
    x = [random.standard_normal((5,) + tuple(x.shape)[1:]).astype("float32") for x in safe.inputs]
    x = x if len(x) > 1 else x[0]
    got, want = safe.predict(x, verbose=0), opened(before, False).predict(x, verbose=0)
    if got.shape != want.shape or not np.isfinite(got).all():
        return f"shape {got.shape}, not {want.shape}"
    worst = float(np.max(np.abs(got - want)))
    return "ok" if worst <= 1e-6 else f"differs by {worst}"


def every(model):
    for layer in model.layers:
        yield layer
        yield from every(layer) if hasattr(layer, "layers") else ()


def tried(name):
    try:
        return check(os.path.join(sys.argv[2], name), os.path.join(sys.argv[3], name))
    except Exception as e:
        return f"{type(e).__name__}: {e}"


if sys.argv[1] == "make":
    answer = make(sys.argv[2])
else:
    builtins.tf = tf  # a Lambda that is opened finds it nowhere else
    answer = {name: tried(name) for name in sorted(os.listdir(sys.argv[3]))}
print(json.dumps(answer))
