"""Writes Lambda functions with the shapes of their inputs, as the running Python
compiles them: one JSON line each.

    python3.N make.py > python-3.N.jsonl
"""
import base64
import json
import marshal
import sys
import types

# source, shapes of the inputs without the batch, what the layer hands over
CASES = [
    ("lambda x: x", [[4]], {}),
    ("lambda x: x / 255.0", [[4, 3]], {}),
    ("lambda x: (x - 127.5) / 127.5", [[4, 3]], {}),
    ("lambda x: 1.0 - x * 2 + 3", [[4]], {}),
    ("lambda x: 2 / (x + 3.5)", [[4]], {}),
    ("lambda x: -x ** 2", [[4]], {}),
    ("lambda x: x[:, 0]", [[4, 3]], {}),
    ("lambda x: x[:, -1, :]", [[4, 3]], {}),
    ("lambda x: x[:, :, 1:3]", [[4, 3]], {}),
    ("lambda x: x[:, ::2]", [[4, 3]], {}),
    ("lambda x: x[..., ::2]", [[4, 3]], {}),
    ("lambda x: x[:, :, None]", [[4, 3]], {}),
    ("lambda x: tf.expand_dims(x, -1)", [[4, 3]], {}),
    ("lambda x: K.expand_dims(x, axis=1)", [[4, 3]], {}),
    ("lambda x: tf.squeeze(x, axis=1)", [[1, 3]], {}),
    ("lambda x: K.l2_normalize(x, axis=1)", [[4]], {}),
    ("lambda x: tf.math.l2_normalize(x, axis=-1)", [[4, 3]], {}),
    ("lambda x: tf.reduce_mean(x, axis=[1, 2], keepdims=True)", [[4, 3, 2]], {}),
    ("lambda x: K.mean(x, axis=1)", [[4, 3]], {}),
    ("lambda x: K.sum(x, axis=-1, keepdims=True)", [[4, 3]], {}),
    ("lambda x: tf.reduce_max(x, axis=1)", [[4, 3]], {}),
    ("lambda x: K.max(x, axis=1) - K.min(x, axis=1)", [[4, 3]], {}),
    ("lambda t: t[0] * t[1]", [[4], [4]], {}),
    ("lambda t: t[0] + t[1]", [[4], [4]], {}),
    ("lambda t: K.abs(t[0] - t[1])", [[4], [4]], {}),
    ("lambda t: tf.concat([t[0], t[1]], axis=-1)", [[4], [3]], {}),
    ("lambda t: tf.concat(t, -1)", [[4], [3]], {}),
    ("lambda t: K.stack(t, axis=1)", [[4], [4]], {}),
    ("lambda t: K.sqrt(K.maximum(K.sum(K.square(t[0] - t[1]), axis=1, keepdims=True), K.epsilon()))", [[4], [4]], {}),
    ("lambda x: tf.image.resize(x, (6, 8))", [[3, 4, 2]], {}),
    ("lambda x: tf.reshape(x, [-1, 12])", [[4, 3]], {}),
    ("lambda x: tf.reshape(x, [-1, x.shape[1] * x.shape[2]])", [[4, 3]], {}),
    ("lambda x: tf.reshape(x, [tf.shape(x)[0], 12])", [[4, 3]], {}),
    ("lambda x: tf.reshape(x, [tf.shape(x)[0], -1, 6])", [[4, 3]], {}),
    ("lambda x: tf.reshape(x, (-1, K.int_shape(x)[1], 1, 3))", [[4, 3]], {}),
    ("lambda x: tf.transpose(x, [0, 2, 1])", [[4, 3]], {}),
    ("lambda x: K.permute_dimensions(x, (0, 2, 1))", [[4, 3]], {}),
    ("lambda x, scale: x * scale", [[4]], {"scale": 0.17}),
    ("lambda x, scale=2.0: x * scale", [[4]], {}),
    ("lambda inputs, scale: inputs[0] + inputs[1] * scale", [[4], [4]], {"scale": 0.1}),
    ("lambda x: tf.cast(x > 0.5, 'float32')", [[4]], {}),
    ("lambda x: tf.cast(x, tf.float16)", [[4]], {}),
    ("lambda x: tf.where(x > 0.5, x, 0.0)", [[4]], {}),
    ("lambda x: tf.clip_by_value(x, 0.2, 0.8)", [[4]], {}),
    ("lambda x: K.clip(x, 0.2, 0.8)", [[4]], {}),
    ("lambda x: tf.nn.relu(x) + tf.sigmoid(x) * tf.tanh(x)", [[4]], {}),
    ("lambda x: tf.nn.relu(x)", [[4]], {}),
    ("lambda x: tf.nn.relu6(x * 10)", [[4]], {}),
    ("lambda x: tf.nn.leaky_relu(x - 0.5)", [[4]], {}),
    ("lambda x: tf.nn.leaky_relu(x - 0.5, alpha=0.1)", [[4]], {}),
    ("lambda x: x * tf.sigmoid(x)", [[4]], {}),
    ("lambda x: tf.nn.elu(x - 0.5) + tf.nn.selu(x - 0.5) + tf.nn.softplus(x) + tf.nn.softsign(x) + tf.nn.silu(x)", [[4]], {}),
    ("lambda x: K.softmax(x)", [[4]], {}),
    ("lambda x: tf.nn.softmax(x, axis=1)", [[4, 3]], {}),
    ("lambda x: tf.nn.log_softmax(x)", [[4]], {}),
    ("lambda x: tf.exp(x) + tf.math.log(x + 1) + tf.sqrt(x) + tf.square(x) + tf.sin(x) + tf.cos(x) + tf.sign(x)", [[4]], {}),
    ("lambda x: tf.floor(x * 3) + tf.math.ceil(x * 3) + tf.round(x * 3) + tf.abs(x)", [[4]], {}),
    ("lambda x: tf.math.rsqrt(x + 1) + tf.math.reciprocal(x + 1) + tf.math.log1p(x)", [[4]], {}),
    ("lambda x: x // 0.3 + x % 0.3", [[4]], {}),
    ("lambda x: tf.pow(x, 3.0) + tf.maximum(x, 0.5) + tf.minimum(x, 0.5)", [[4]], {}),
    ("lambda x: tf.reduce_prod(x, axis=1) + tf.math.reduce_std(x, axis=1) + tf.math.reduce_variance(x, axis=1)", [[4, 3]], {}),
    ("lambda x: tf.argmax(x, axis=1)", [[4]], {}),
    ("lambda x: K.argmin(x)", [[4]], {}),
    ("lambda x: tf.reverse(x, axis=[1])", [[4, 3]], {}),
    ("lambda x: K.reverse(x, axes=1)", [[4, 3]], {}),
    ("lambda x: tf.tile(x, [1, 2])", [[4]], {}),
    ("lambda x: tf.one_hot(tf.cast(x * 3, 'int32'), 3)", [[4]], {}),
    ("lambda x: tf.matmul(x, tf.transpose(x, [0, 2, 1]))", [[4, 3]], {}),
    ("lambda x: x * (2.0 if 3 > 2 else 1.0)", [[4]], {}),
    ("lambda t: K.sum(t[0] * t[1], axis=-1) / (K.sqrt(K.sum(K.square(t[0]), axis=-1)) * K.sqrt(K.sum(K.square(t[1]), axis=-1)))", [[4], [4]], {}),
    ("lambda t: tf.norm(t[0] - t[1], axis=1, keepdims=True)", [[4], [4]], {}),
    ("lambda t: tf.math.squared_difference(t[0], t[1])", [[4], [4]], {}),
    ("def f(x):\n    import tensorflow as tf\n    y = x * 2.0\n    y += 1\n    return tf.nn.relu(y)", [[4]], {}),
    ("def f(t):\n    a, b = t\n    return tf.abs(a - b)", [[4], [4]], {}),
    ("def f(x):\n    from tensorflow import math as m\n    return m.sqrt(x)", [[4]], {}),
    ("lambda x: x[..., ::-1] - [0.1, 0.2, 0.3]", [[4, 3]], {}),
    ("lambda x: (x - np.array([0.1, 0.2, 0.3])) / np.array([2, 3, 4])", [[4, 3]], {}),
    ("lambda x: [1.0, 2.0, 3.0] - x", [[4, 3]], {}),
    ("lambda x: tf.split(x, 2, axis=-1)[1]", [[4]], {}),
    ("lambda x: tf.split(x, [1, 3], axis=1)[1]", [[4]], {}),
    ("lambda x: tf.unstack(x, axis=1)[2] * 2", [[4, 3]], {}),
    ("lambda x: tf.gather(x, [2, 0], axis=1)", [[4, 3]], {}),
    ("lambda x: tf.gather(x, 1, axis=2)", [[4, 3]], {}),
    ("lambda x: tf.repeat(x, 2, axis=1)", [[4, 3]], {}),
    ("lambda x: K.repeat_elements(x, 2, axis=2)", [[4, 3]], {}),
    ("lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 1]])", [[4, 3]], {}),
    ("lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 1]], mode='REFLECT')", [[4, 3]], {}),
    ("lambda x: tf.cumsum(x, axis=1) + tf.atan(x) + tf.math.erf(x) + tf.math.expm1(x)", [[4]], {}),
    ("lambda x: tf.nn.gelu(x) + tf.nn.gelu(x, approximate=True)", [[4]], {}),
    ("lambda x: tf.stop_gradient(x) * tf.ones_like(x) + tf.zeros_like(x)", [[4]], {}),
    ("lambda x: tf.reduce_logsumexp(x, axis=1)", [[4]], {}),
    ("lambda x: tf.cast(tf.reduce_any(x > 0.9, axis=1), 'float32') + tf.cast(tf.reduce_all(x > 0.1, axis=1), 'float32')", [[4]], {}),
    ("lambda x: tf.cast(tf.logical_and(x > 0.2, tf.logical_not(x > 0.7)), 'float32')", [[4]], {}),
    ("lambda t: tf.matmul(t[0], t[1], transpose_b=True)", [[4, 3], [2, 3]], {}),
    ("lambda t: tf.matmul(t[0], t[1], transpose_a=True)", [[4, 3], [4, 2]], {}),
    ("lambda t: K.batch_dot(t[0], t[1], axes=1)", [[4], [4]], {}),
    ("lambda t: K.batch_dot(t[0], t[1], axes=[1, 2])", [[4, 3], [2, 4]], {}),
    ("lambda t: tf.add_n(t)", [[4], [4], [4]], {}),
    ("lambda x: tf.nn.depth_to_space(x, 2)", [[3, 4, 8]], {}),
    ("lambda x: tf.nn.space_to_depth(x, 2)", [[2, 4, 3]], {}),
    ("lambda x: tf.nn.max_pool2d(x, 2, 2, 'VALID')", [[4, 4, 3]], {}),
    ("lambda x: tf.nn.avg_pool2d(x, [1, 2, 2, 1], [1, 1, 1, 1], 'SAME')", [[4, 4, 3]], {}),
    ("lambda x: tf.image.rgb_to_grayscale(x)", [[4, 4, 3]], {}),
    ("lambda x: tf.image.grayscale_to_rgb(x)", [[4, 4, 1]], {}),
    ("lambda x: tf.image.flip_up_down(tf.image.flip_left_right(x))", [[4, 4, 3]], {}),
    ("lambda x: tf.image.central_crop(x, 0.6)", [[7, 8, 3]], {}),
    ("lambda x: tf.image.adjust_contrast(tf.image.adjust_brightness(x, 0.1), 1.5)", [[4, 4, 3]], {}),
    ("lambda x: tf.image.per_image_standardization(x)", [[4, 4, 3]], {}),
    ("lambda x: K.resize_images(x, 2, 3, 'channels_last')", [[4, 4, 3]], {}),
    ("lambda x: K.batch_flatten(x)", [[4, 3]], {}),
    ("lambda x: K.repeat(x, 3)", [[4]], {}),
    ("lambda x: K.hard_sigmoid(x * 4 - 2)", [[4]], {}),
    ("lambda x: x * np.sqrt(2.0) + np.log(10) + math.pi", [[4]], {}),
    ("def f(x, training=None):\n    return x * 3.0", [[4]], {}),
    ("lambda t: tf.einsum('bqd, bkd -> bqk', t[0], t[1])", [[4, 5], [3, 5]], {}),
    ("lambda x: tf.einsum('bhc->bc', x) * 2.0", [[4, 3]], {}),
]

# what is not understood
REFUSED = [
    ("lambda x: x + tf.random.normal((4,))", [[4]], {}),
    ("lambda x: x if x[0, 0] > 0 else -x", [[4]], {}),
    ("lambda x: __import__('os').system('true') or x", [[4]], {}),
    ("lambda x: tf.io.read_file('f')", [[4]], {}),
    ("lambda x: [x, x]", [[4]], {}),
    ("lambda x: unknown(x)", [[4]], {}),
    ("lambda x, mask=None: x * mask", [[4]], {}),
    ("lambda x: tf.py_function(print, [x], 'float32')", [[4]], {}),
    ("lambda x: x.numpy()", [[4]], {}),
    ("lambda x: tf.reshape(x, [tf.shape(x * 2)[0], -1])", [[4, 3]], {}),
    ("lambda x: tf.tile(x, [tf.shape(x)[0], 1])", [[4]], {}),
    ("lambda x: np.array([1.0, 2.0]) + np.array([3.0, 4.0]) + x", [[2]], {}),
    ("lambda x: K.random_normal((4,)) + x", [[4]], {}),
    ("lambda x: tf.nn.dropout(x, 0.5)", [[4]], {}),
    ("lambda x: tf.split(x, 3, axis=1)[0]", [[4]], {}),
    ("lambda x: tf.zeros_like(x, dtype='int32')", [[4]], {}),
    ("lambda x, rate: x * rate", [[4]], {}),
    ("lambda *a: a[0]", [[4]], {}),
    ("lambda x: (exec('pass'), x)[1]", [[4]], {}),
    ("lambda x: tf.nn.relu(x, name='n') + open('f')", [[4]], {}),
    ("lambda x: tf.einsum('...c->...', x)", [[4, 3]], {}),
    ("lambda x: tf.einsum('bii->b', x)", [[4, 4]], {}),
    ("lambda x: tf.einsum('bi,bj->bij', x)", [[4]], {}),
    ("lambda x: tf.einsum('bi->bj', x)", [[4]], {}),
    ("def f(x):\n    print(x)\n    return x", [[4]], {}),
    ("def f(x):\n    global g\n    g = x\n    return x", [[4]], {}),
]


def function(source):
    module = compile(source, "<source>", "exec")
    return [c for c in module.co_consts if isinstance(c, types.CodeType)][0]


def defaults(source):
    space = {}
    if source.startswith("lambda"):
        return eval(source).__defaults__
    exec(source, space)
    return space["f"].__defaults__


if __name__ == "__main__":
    for understood, cases in ((True, CASES), (False, REFUSED)):
        for source, shapes, arguments in cases:
            print(json.dumps({
                "source": source, "understood": understood, "shapes": shapes, "arguments": arguments,
                "defaults": list(defaults(source) or ()),
                "code": base64.b64encode(marshal.dumps(function(source))).decode(),
            }, separators=(",", ":")))
