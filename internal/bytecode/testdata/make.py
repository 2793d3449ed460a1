"""Writes the functions below as the running Python compiles them: one JSON line
each with the source, the marshalled code in base64, and what dis makes of it.

    python3.N make.py > python-3.N.jsonl
"""
import base64
import dis
import json
import marshal
import sys
import types

SOURCES = r'''
lambda x: x
lambda x: x / 255.0
lambda x: x * 2 + 1
lambda x: (x - 127.5) / 127.5
lambda x: -x ** 2
lambda x: (-x) ** -2
lambda x: x[:, 0]
lambda x: x[:, :, 1:3]
lambda x: x[..., ::2]
lambda x: x[0]
lambda x: x[:, -1, :]
lambda x: x[1:]
lambda x: x[a:b]
lambda x: tf.expand_dims(x, -1)
lambda x: tf.expand_dims(x, axis=-1)
lambda x: K.l2_normalize(x, axis=1)
lambda x: tf.math.l2_normalize(x, 1)
lambda x: keras.ops.mean(x, axis=[1, 2], keepdims=True)
lambda t: t[0] * t[1]
lambda xs: tf.concat([xs[0], xs[1]], axis=-1)
lambda x: tf.image.resize(x, (224, 224))
lambda x: tf.reshape(x, [-1, 28 * 28])
lambda x: K.abs(x[0] - x[1])
lambda x, scale=2.0: x * scale
lambda inputs, scale: inputs[0] + inputs[1] * scale
lambda x: tf.cast(x, 'float32') / 255.
lambda x: x if x is not None else 0
lambda x: a and x or b
lambda x: not x
lambda x: 0 < x < 1
lambda x: x in (1, 2, 3)
lambda x: x not in y
lambda x: x is y
lambda x: f(*x)
lambda x: f(*x, **kw)
lambda x: f(a, *x, k=1, **kw)
lambda x: f(1, 2, k=x, j=None)
lambda *a, **k: g(a, k)
lambda x, *, y=3: x + y
lambda x, *args, y, **kw: (x, args, y, kw)
lambda x: [x, (x,), {x}, {'a': x, 'b': 1}]
lambda x: [1, 2, 3, x, *y]
lambda x: {**x, 'k': 1}
lambda x: f"{x}"
lambda x: f"a{x!r:>{w}}b{{}}"
lambda x: (lambda y: y + x)(3)
lambda x: [i * 2 for i in x]
lambda x: x @ w << 2 | 3 ^ ~x & 5 >> 1 // 7 % 2
lambda x: __import__('os').system('id')
lambda x: (exec("import os"), x)[1]
lambda x: x.shape[0].foo.bar()(1)
lambda x: 'it\'s "q" \n \u00e9 \u2028 \U0001f600'
lambda x: b'\x00\xff\'' + x
lambda x: 1e300 * 1e-7 + 1.5j + 10**30 + True + None + ...
lambda x: (1).real + 1.5.real
lambda: None
lambda x: tf.nn.relu(x) + tf.sigmoid(x)
lambda x: x == 1 or x != 2 or x >= 3
lambda x: (yield x)
lambda x: K.sqrt(K.maximum(K.sum(K.square(x[0] - x[1]), axis=1, keepdims=True), K.epsilon()))
---
def f(x):
    y = x * 2
    return y + 1
---
def f(x):
    import os
    os.system("id")
    return x
---
def f(x):
    from subprocess import call as c
    c(["id"])
    return x
---
def f(x):
    mean, var = tf.nn.moments(x, axes=[0])
    return (x - mean) / tf.sqrt(var + 1e-5)
---
def f(x, training=False):
    if training:
        x = x * 0.5
    return x
---
def f(x):
    for i in range(3):
        x = x + i
    return x
---
def f(x):
    try:
        return g(x)
    except Exception:
        return None
---
def f(x):
    x += 1
    x[0] = 2
    x.a = 3
    x[1:2] = 4
    del x[0], x.a
    return x
---
def f(x):
    global z
    z = x
    a = b = g(x)
    return a, b
---
def f(x):
    assert x, "no"
    if x > 1:
        raise ValueError(x)
    elif x < 0:
        raise ValueError("neg") from z
    return -x
---
def f(x):
    def g(y):
        z = y + x
        return z
    return g(1)
---
def f(x):
    with open("/tmp/x") as h:
        return h.read()
---
def f(x):
    a, b = b, a = x
    x, y, z = 1, a, b
    return x, y, z
---
def f(x):
    while x:
        x -= 1
    return x
---
def f(x):
    return x if x else (1 if y else 2) + 3
---
def f(x):
    y = g(x) + (h(x) if x else 1)
    return y
'''


def codes():
    head, *rest = SOURCES.strip().split("\n---\n")
    for source in head.split("\n") + rest:
        try:
            module = compile(source, "<source>", "exec")
        except SyntaxError:
            continue
        yield source, [c for c in module.co_consts if isinstance(c, types.CodeType)][0]


def instructions(code):
    return [[i.offset, i.opname, i.arg or 0] for i in dis.get_instructions(code) if i.opname not in ("EXTENDED_ARG", "CACHE")]


if __name__ == "__main__":
    for source, code in codes():
        print(json.dumps({
            "source": source,
            "code": base64.b64encode(marshal.dumps(code)).decode(),
            "dis": instructions(code),
        }, separators=(",", ":")))
