"""Writes the weights of one model in shards, and in one file, with Keras 3.

    python shards.py FOLDER
"""
import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras

L = keras.layers
os.chdir(sys.argv[1])
keras.utils.set_random_seed(1)
model = keras.Sequential([keras.Input((4,)), L.Dense(3, name="low"), L.Dropout(0.1), L.Dense(5)])
model.save_weights("cut.weights.json", max_shard_size=90 / 1024**3)
model.save_weights("whole.weights.h5")
