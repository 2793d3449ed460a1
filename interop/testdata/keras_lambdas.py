"""Keras models with Lambda layers: made, and compared with what they became.

    keras_lambdas.py make DIR           writes DIR/NAME.keras and DIR/NAME.h5 with what each model computed,
                                        answers with the names
    keras_lambdas.py check BEFORE AFTER opens the files of AFTER in safe mode and compares what they
                                        compute; answers with the name and "ok" or what is wrong
"""

import contextlib
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf

import keras_lambda_models

THREE = keras.__version__.startswith("3")
layers = keras.layers


def functions():
    """name, function, shape of each input, keywords of the Lambda."""
    yield from keras_lambda_models.functions()
    yield "scale", lambda x, k: x * k + 1.0, [(6,)], {"arguments": {"k": 2.5}}
    yield "identity", lambda x: x, [(6,)], {}
    # Keras 3 promotes integers in another way than TensorFlow.
    no = "no-" if THREE else ""
    yield no + "mean-of-integers", lambda x: tf.cast(tf.reduce_mean(tf.cast(x * 9, tf.int32), axis=1, keepdims=True), tf.float32), [(6,)], {}
    no = "" if THREE else "no-"  # Keras 2 has no layer that does this
    yield no + "einsum", lambda t: tf.einsum("bij,bj->bi", t[0], t[1]), [(4, 5), (5,)], {}
    yield no + "einsum-scores", lambda t: tf.nn.softmax(tf.einsum("bqd, bkd -> bqk", t[0], t[1]) / 2.0), [(4, 5), (3, 5)], {}
    yield no + "einsum-summed", lambda x: tf.einsum("bhwc->bc", x), [(4, 4, 3)], {}
    yield "no-einsum-dots", lambda x: tf.einsum("...c->...", x), [(4, 3)], {}
    if THREE:
        yield "no-integers-divided", lambda x: tf.cast(x * 9, tf.int32) / 3, [(6,)], {}
    yield "no-system", lambda x: (__import__("os").system("true"), x)[1], [(6,)], {}


def functional(f, shapes, keywords):
    """Between layers with weights, so that they must find their places again."""
    inputs = [keras.Input(s) for s in shapes]
    wide = [layers.Dense(s[-1])(x) for x, s in zip(inputs, shapes)]
    x = layers.Lambda(f, name="the_lambda", **keywords)(wide if len(wide) > 1 else wide[0])
    x = layers.Rescaling(0.5)(layers.Flatten()(layers.Activation("tanh")(x)) if len(x.shape) > 2 else x)
    return keras.Model(inputs, layers.Dense(2)(x) if len(x.shape) == 2 and x.shape[-1] else x)


def sequential(f, shapes, keywords):
    return keras.Sequential([keras.Input(shapes[0]), layers.Dense(shapes[0][-1]), layers.Lambda(f, name="the_lambda", **keywords), layers.Activation("tanh")])


def nested(f, shapes, keywords):
    inner = functional(f, shapes, keywords)
    x = keras.Input(shapes[0])
    return keras.Model(x, layers.Dense(3)(inner(layers.Dense(shapes[0][-1])(x))))


def distributed(f, shapes, keywords):
    return keras.Sequential([keras.Input((3,) + shapes[0]), layers.TimeDistributed(layers.Dense(shapes[0][-1])),
                             layers.TimeDistributed(layers.Lambda(f, name="the_lambda", **keywords)), layers.Activation("tanh")])


def shapeless(f, shapes, keywords):
    """Behind layers of whose results an HDF5 file does not tell the shape."""
    return keras.Sequential([keras.Input((9, 9, 2)), layers.Conv2D(3, 3), layers.GlobalAveragePooling2D(), layers.Dropout(0.5), layers.Dense(20), layers.Reshape((4, -1)),
                             layers.LSTM(int(np.prod(shapes[0])), return_sequences=False), layers.Reshape(shapes[0]), layers.Lambda(f, name="the_lambda", **keywords), layers.Flatten()])


def branched(f, shapes, keywords):
    """Beside layers of the same shapes, which must keep their weights."""
    inputs = [keras.Input(s) for s in shapes]
    wide = [layers.Dense(s[-1])(x) for x, s in zip(inputs, shapes)]
    x = layers.Lambda(f, name="the_lambda", **keywords)(wide if len(wide) > 1 else wide[0])
    y = layers.Dense(shapes[0][-1])(layers.Dense(shapes[0][-1])(layers.Dense(shapes[0][-1])(inputs[0])))
    return keras.Model(inputs, layers.Concatenate()([layers.Flatten()(x), layers.Flatten()(y)]))


def base(shape):
    x = keras.Input(shape)
    return keras.Model(x, layers.Dense(shape[-1])(x))


def before(f, shapes, keywords):
    """Before models, whose weights an archive numbers."""
    x = keras.Input(shapes[0])
    y = layers.Lambda(f, name="the_lambda", **keywords)(x)
    y = base(tuple(y.shape[1:]))(base(tuple(y.shape[1:]))(y))
    return keras.Model(x, layers.Concatenate()([layers.Flatten()(y), layers.Flatten()(base(shapes[0])(x))]))


def siamese(f, shapes, keywords):
    inputs = [keras.Input(s) for s in shapes]
    tower = base(shapes[0])
    return keras.Model(inputs, layers.Dense(1)(layers.Lambda(f, name="the_lambda", **keywords)([tower(x) for x in inputs])))


def make(folder):
    keras.utils.set_random_seed(7)
    names = []
    for name, f, shapes, keywords in functions():
        if THREE:
            f.__name__ = "<lambda>"  # a function of another name would be kept by its name alone
        kinds = {"f": functional}
        if len(shapes) == 1:
            kinds["s"] = sequential
        if name in ("scale", "half"):
            kinds["n"] = nested
        if name in ("nvidia", "mean-axis", "half", "expand-last", "swish", "resize-closure", "pick"):
            kinds["t"] = distributed
            kinds["u"] = shapeless
        if name in ("swish", "nvidia", "layer-norm"):
            kinds["p"] = before
        if name in ("swish", "gate", "mean-axis", "residual", "gelu", "attention"):
            kinds["b"] = branched
        if name in ("euclid", "l1", "cosine"):
            kinds["w"] = siamese
        for kind, model in kinds.items():
            m = model(f, shapes, keywords)
            m.compile("adam", "mse")
            want = computed(m)
            for ext in ("keras", "h5"):
                names.append(f"{kind}-{name}.{ext}")
                m.save(os.path.join(folder, names[-1]))
                np.save(os.path.join(folder, names[-1] + ".npy"), want)
    return names


def opened(path):
    more = {"safe_mode": True} if THREE or path.endswith(".keras") else {}
    return keras.models.load_model(path, compile=False, **more)


def computed(model):
    """What a model gives for inputs that are the same each time."""
    random = np.random.default_rng(3)
    x = [random.standard_normal((5,) + tuple(x.shape)[1:]).astype("float32") for x in model.inputs]
    return np.asarray(model(x if len(x) > 1 else x[0], training=False))


def check(before, after):
    safe = opened(after)
    if "Lambda" in [type(layer).__name__ for layer in every(safe)]:
        return "a Lambda is left"
    got, want = computed(safe), np.load(before + ".npy")
    if got.shape != want.shape:
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


with contextlib.redirect_stdout(sys.stderr):  # a Lambda prints, too
    if sys.argv[1] == "make":
        answer = make(sys.argv[2])
    else:
        answer = {name: tried(name) for name in sorted(os.listdir(sys.argv[3]))}
print(json.dumps(answer))
