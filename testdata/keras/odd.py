"""Writes a model with a Lambda that is not understood, and an activation that is a lambda.

    python odd.py FOLDER
"""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import tensorflow as tf

L = keras.layers
version = ".".join(keras.__version__.split(".")[:2])
keras.utils.set_random_seed(1)
x = keras.Input((4,))
y = L.Dense(4, name="bent", activation=lambda t: tf.nn.relu(t))(x)
y = L.Lambda(lambda t: t * len(str(t.shape)), output_shape=(4,), name="odd")(y)
keras.Model(x, L.Dense(2)(y)).save(os.path.join(sys.argv[1], f"odd-{version}.h5"))
