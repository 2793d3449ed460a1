"""Builds a model of each line of a file with the steps that take a Lambda's place,
opens it in safe mode, and compares what it computes with the function itself.

    python check.py STEPS.jsonl
"""
import json
import math
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import keras
import numpy as np
import tensorflow as tf

THREE = keras.__version__.startswith("3")
if THREE:
    from keras.src.legacy import backend as K

    K.epsilon = keras.backend.epsilon
else:
    K = keras.backend


def original(case):
    space = {"tf": tf, "K": K, "np": np, "keras": keras, "math": math}
    if case["source"].startswith("lambda"):
        function = eval(case["source"], space)
    else:
        exec(case["source"], space)
        function = space["f"]
    data = [np.random.RandomState(i).rand(2, *shape).astype("f4") for i, shape in enumerate(case["shapes"])]
    tensors = [tf.constant(d) for d in data]
    return data, np.asarray(function(tensors if len(tensors) > 1 else tensors[0], **case["arguments"]))


def model(case, entries):
    layers = []
    for i, shape in enumerate(case["shapes"]):
        name = "in%d" % i
        layers.append({"module": "keras.layers", "class_name": "InputLayer", "registered_name": None, "name": name, "inbound_nodes": [],
                       "config": {"batch_shape" if THREE else "batch_input_shape": [None] + shape, "dtype": "float32", "name": name}})
    config = {"name": "m", "trainable": True, "layers": layers + entries,
              "input_layers": [[l["name"], 0, 0] for l in layers], "output_layers": [[entries[-1]["name"], 0, 0]]}
    if THREE:
        return keras.saving.deserialize_keras_object(
            {"module": "keras.src.models.functional", "class_name": "Functional", "config": config, "registered_name": "Functional"}, safe_mode=True)
    return keras.Model.from_config(config)


def same(data, want, m):
    got = np.asarray(m(data if len(data) > 1 else data[0]))
    return got.shape == want.shape and np.allclose(got, want, rtol=1e-6, atol=1e-6)


def main(path):
    compared = 0
    for line in open(path):
        case = json.loads(line)
        data, want = original(case)
        for kind in ("keras3", "layers3") if THREE else ("keras2", "layers2"):
            entries = case[kind]
            if isinstance(entries, str):
                continue
            try:
                good = same(data, want, model(case, entries))
            except Exception as e:
                print("FAIL", kind, case["source"], repr(e)[:300])
                continue
            if not good:
                print("DIFFERENT", kind, case["source"])
            compared += good
    print("compared", compared)


main(sys.argv[1])
