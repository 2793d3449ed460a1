"""Functions that people put into Lambda layers: name, function, shape of each input, keywords of the Lambda.

A name that begins with "no" is of a function that must not be replaced: it draws random
numbers, decides by its data, keeps state, does more than compute, or is not understood.
"""

import math

import keras
import numpy as np
import tensorflow as tf

if keras.__version__.startswith("3"):
    from keras.src.legacy import backend as K

    K.epsilon = keras.backend.epsilon
else:
    K = keras.backend


def euclidean_distance(vects):
    x, y = vects
    sum_square = K.sum(K.square(x - y), axis=1, keepdims=True)
    return K.sqrt(K.maximum(sum_square, K.epsilon()))


def cosine(vects):
    x, y = vects
    x = K.l2_normalize(x, axis=-1)
    y = K.l2_normalize(y, axis=-1)
    return K.sum(x * y, axis=-1, keepdims=True)


def attention(tensors):
    q, k = tensors
    scores = tf.matmul(q, k, transpose_b=True) / np.sqrt(5)
    return tf.nn.softmax(scores, axis=-1)


def normalized(x, axis=-1, eps=1e-3):
    mean = tf.reduce_mean(x, axis=axis, keepdims=True)
    var = tf.math.reduce_variance(x, axis=axis, keepdims=True)
    return (x - mean) / tf.sqrt(var + eps)


def branch(x):
    mode = "max"
    if mode == "mean":
        return tf.reduce_mean(x, axis=1)
    return tf.reduce_max(x, axis=1)


def sampling(args):
    mu, log_sigma = args
    return mu + K.exp(log_sigma / 2) * tf.random.normal(shape=tf.shape(mu))


def functions():
    temperature, means = 0.7, [103.939, 116.779, 123.68]
    size, index = (6, 5), 2
    # arithmetic
    yield "nvidia", lambda x: x / 127.5 - 1.0, [(8, 8, 3)], {}
    yield "minus-one", lambda x: (x / 255.0) - 0.5, [(8, 8, 3)], {}
    yield "one-minus", lambda x: 1 - x, [(6,)], {}
    yield "temperature", lambda x: tf.nn.softmax(x / temperature), [(6,)], {}
    yield "swish", lambda x: x * tf.nn.sigmoid(x), [(6,)], {}
    yield "mish", lambda x: x * tf.math.tanh(tf.math.softplus(x)), [(6,)], {}
    yield "gelu", lambda x: 0.5 * x * (1 + tf.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * tf.pow(x, 3)))), [(6,)], {}
    yield "gelu-call", lambda x: tf.nn.gelu(x), [(6,)], {}
    yield "channel-means", lambda x: x[..., ::-1] - means, [(8, 8, 3)], {}
    yield "array", lambda x: (x - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225]), [(8, 8, 3)], {}
    yield "arguments", lambda x, a, b: x * a + b, [(6,)], {"arguments": {"a": 2.0, "b": -1}}
    yield "default", lambda x, k=0.25: x * k, [(6,)], {}
    yield "residual", lambda inputs, scale: inputs[0] + inputs[1] * scale, [(6,), (6,)], {"arguments": {"scale": 0.17}}
    yield "square", lambda x: K.square(x), [(6,)], {}
    yield "sqrt-abs", lambda x: tf.sign(x) * tf.sqrt(tf.abs(x) + 1e-9), [(6,)], {}
    yield "clip", lambda x: K.clip(x, 0.0, 1.0), [(6,)], {}
    yield "log", lambda x: tf.math.log(tf.abs(x) + 1e-6), [(6,)], {}
    yield "relu-max", lambda x: tf.nn.relu(x) - tf.nn.relu(-x), [(6,)], {}
    yield "leaky", lambda x: tf.nn.leaky_relu(x, alpha=0.3), [(6,)], {}
    yield "stop", lambda x: K.stop_gradient(x), [(6,)], {}
    yield "floor", lambda x: tf.floor(x * 10) / 10, [(6,)], {}
    yield "atan", lambda x: tf.multiply(tf.atan(x), 2), [(6,)], {}
    yield "zeros", lambda x: tf.concat([x, tf.zeros_like(x)], axis=-1), [(6,)], {}
    yield "ones", lambda x: K.ones_like(x) * 0.5 + x, [(6,)], {}
    # shapes
    yield "expand-last", lambda x: K.expand_dims(x, axis=-1), [(6,)], {}
    yield "expand-first", lambda x: tf.expand_dims(x, 1), [(6,)], {}
    yield "squeeze-last", lambda x: K.squeeze(x, axis=-1), [(6, 1)], {}
    yield "first", lambda x: x[:, 0], [(4, 5)], {}
    yield "last-step", lambda x: x[:, -1, :], [(4, 5)], {}
    yield "half", lambda x: x[:, :3], [(6,)], {}
    yield "split", lambda x: tf.split(x, 2, axis=-1)[1], [(6,)], {}
    yield "unstack", lambda x: tf.unstack(x, axis=1)[2], [(4, 5)], {}
    yield "gather", lambda x: tf.gather(x, [0, 2, 3], axis=1), [(6,)], {}
    yield "gather-one", lambda x: tf.gather(x, index, axis=1), [(4, 5)], {}
    yield "pick", lambda x: x[:, index], [(4, 5)], {}
    yield "reverse", lambda x: K.reverse(x, axes=1), [(4, 5)], {}
    yield "crop", lambda x: x[:, 1:-1, 1:-1, :], [(8, 8, 3)], {}
    yield "flatten", lambda x: K.batch_flatten(x), [(4, 5)], {}
    yield "reshape-batch", lambda x: tf.reshape(x, (tf.shape(x)[0], 20)), [(4, 5)], {}
    yield "reshape-rest", lambda x: tf.reshape(x, [tf.shape(x)[0], -1, 10]), [(4, 5)], {}
    yield "reshape-k", lambda x: K.reshape(x, (-1, 2, 3)), [(6,)], {}
    yield "permute", lambda x: K.permute_dimensions(x, (0, 2, 1)), [(4, 5)], {}
    yield "transpose", lambda x: tf.transpose(x, perm=[0, 3, 1, 2]), [(8, 8, 3)], {}
    yield "repeat", lambda x: K.repeat_elements(x, 2, axis=1), [(4, 5)], {}
    yield "tf-repeat", lambda x: tf.repeat(x, 3, axis=-1), [(8, 8, 1)], {}
    yield "tile", lambda x: K.tile(x, (1, 3)), [(6,)], {}
    yield "repeat-vector", lambda x: K.repeat(x, 4), [(6,)], {}
    yield "pad", lambda x: tf.pad(x, [[0, 0], [1, 1], [2, 2], [0, 0]]), [(4, 4, 3)], {}
    yield "pad-reflect", lambda x: tf.pad(x, [[0, 0], [3, 3], [3, 3], [0, 0]], mode="REFLECT"), [(8, 8, 3)], {}
    yield "grayscale", lambda x: tf.repeat(x, repeats=3, axis=3), [(6, 6, 1)], {}
    yield "shape-given", lambda x: x[:, :2], [(6,)], {"output_shape": (2,)}
    # reductions
    yield "mean-axis", lambda x: K.mean(x, axis=1), [(4, 5)], {}
    yield "mean-images", lambda x: tf.reduce_mean(x, axis=[1, 2]), [(8, 8, 3)], {}
    yield "sum-axis", lambda x: K.sum(x, axis=1), [(4, 5)], {}
    yield "sum-keep", lambda x: tf.reduce_sum(x, axis=-1, keepdims=True), [(4, 5)], {}
    yield "max-pool", lambda x: K.max(x, axis=1), [(4, 5)], {}
    yield "argmax", lambda x: tf.cast(tf.argmax(x, axis=-1), tf.float32), [(6,)], {}
    yield "dueling", lambda a: K.expand_dims(a[:, 0], -1) + a[:, 1:] - K.mean(a[:, 1:], axis=1, keepdims=True), [(6,)], {}
    yield "norm", lambda x: tf.norm(x, axis=-1, keepdims=True), [(6,)], {}
    yield "capsule", lambda x: K.sqrt(K.sum(K.square(x), 2)), [(4, 5)], {}
    yield "logsumexp", lambda x: tf.reduce_logsumexp(x, axis=1), [(6,)], {}
    yield "cumsum", lambda x: tf.cumsum(x, axis=1), [(6,)], {}
    yield "std", lambda x: K.std(x, axis=1), [(4, 5)], {}
    yield "layer-norm", normalized, [(6,)], {}
    yield "branch", branch, [(4, 5)], {}
    yield "any", lambda x: tf.cast(tf.reduce_any(x > 0.5, axis=1), "float32"), [(6,)], {}
    # several inputs
    yield "euclid", euclidean_distance, [(6,), (6,)], {}
    yield "euclid-shape", euclidean_distance, [(6,), (6,)], {"output_shape": lambda shapes: (shapes[0][0], 1)}
    yield "l1", lambda tensors: K.abs(tensors[0] - tensors[1]), [(6,), (6,)], {}
    yield "cosine", cosine, [(6,), (6,)], {}
    yield "concat-k", lambda t: K.concatenate(t, axis=1), [(6,), (4,)], {}
    yield "stack", lambda t: K.stack(t, axis=1), [(6,), (6,)], {}
    yield "matmul", lambda t: tf.matmul(t[0], t[1], transpose_b=True), [(4, 5), (3, 5)], {}
    yield "attention", attention, [(4, 5), (4, 5)], {}
    yield "batch-dot", lambda t: K.batch_dot(t[0], t[1], axes=[2, 2]), [(4, 5), (3, 5)], {}
    yield "batch-dot-1", lambda t: K.batch_dot(t[0], t[1], axes=1), [(6,), (6,)], {}
    yield "sum-list", lambda t: tf.add_n(t), [(6,), (6,)], {}
    yield "average", lambda t: (t[0] + t[1]) / 2, [(6,), (6,)], {}
    yield "weighted", lambda t: t[0] * 0.3 + t[1] * 0.7, [(6,), (6,)], {}
    yield "gate", lambda t: t[2] * t[0] + (1 - t[2]) * t[1], [(6,), (6,), (6,)], {}
    yield "broadcast", lambda t: t[0] * tf.expand_dims(t[1], -1), [(4, 5), (4,)], {}
    yield "where", lambda t: tf.where(t[0] > 0, t[0], t[1]), [(6,), (6,)], {}
    yield "squared", lambda t: tf.math.squared_difference(t[0], t[1]), [(6,), (6,)], {}
    # images
    yield "resize-closure", lambda x: tf.image.resize(x, size), [(8, 8, 3)], {}
    yield "resize-nearest", lambda x: tf.image.resize(x, (16, 16), method="nearest"), [(8, 8, 3)], {}
    yield "resize-k", lambda x: K.resize_images(x, 2, 2, "channels_last"), [(4, 4, 3)], {}
    yield "depth-to-space", lambda x: tf.nn.depth_to_space(x, 2), [(4, 4, 8)], {}
    yield "space-to-depth", lambda x: tf.nn.space_to_depth(x, 2), [(4, 4, 3)], {}
    yield "gray", lambda x: tf.image.rgb_to_grayscale(x), [(8, 8, 3)], {}
    yield "to-rgb", lambda x: tf.image.grayscale_to_rgb(x), [(8, 8, 1)], {}
    yield "flip", lambda x: tf.image.flip_left_right(x), [(8, 8, 3)], {}
    yield "central", lambda x: tf.image.central_crop(x, 0.5), [(8, 8, 3)], {}
    yield "contrast", lambda x: tf.image.adjust_brightness(x, 0.1), [(8, 8, 3)], {}
    yield "max-pool2d", lambda x: tf.nn.max_pool2d(x, 2, 2, "VALID"), [(8, 8, 3)], {}
    # types
    yield "cast", lambda x: tf.cast(x, tf.float32) / 255.0, [(6,)], {}
    yield "cast-half", lambda x: K.cast(x > 0.5, "float32") * x, [(6,)], {}
    yield "one-hot", lambda x: tf.one_hot(tf.cast(tf.abs(x), "int32"), 4), [(6,)], {}
    yield "one-hot-k", lambda x: K.one_hot(K.cast(K.abs(x), "int64"), num_classes=5), [(6,)], {}
    # what is refused
    yield "no-sampling", sampling, [(6,), (6,)], {}
    yield "no-noise", lambda x: x + K.random_normal((6,)), [(6,)], {}
    yield "no-dropout", lambda x: tf.nn.dropout(x, 0.5), [(6,)], {}
    yield "no-print", lambda x: (print("x"), x)[1], [(6,)], {}
    yield "no-file", lambda x: x if open("/dev/null").read() else x * 2, [(6,)], {}
    yield "no-condition", lambda x: tf.cond(tf.reduce_sum(x) > 0, lambda: x, lambda: -x), [(6,)], {}
    yield "no-map", lambda x: tf.map_fn(lambda row: row * 2, x), [(6,)], {}
