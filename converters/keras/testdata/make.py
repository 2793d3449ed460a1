"""Writes the config.json of models with a Lambda, as the installed Keras saves them.

    python make.py
"""
import os
import zipfile

import keras

version = keras.__version__[0]
L = keras.layers


def save(name, model):
    model.save("model.keras")
    with zipfile.ZipFile("model.keras") as archive, open(f"{name}-{version}.json", "wb") as out:
        out.write(archive.read("config.json"))
    os.remove("model.keras")


given = keras.Input((4,), name="in")
x = L.Lambda(lambda x, k: x / 255.0 * k, name="lam", arguments={"k": 2.0})(L.Dense(3, name="d")(given))
save("functional", keras.Model(given, L.Dense(2, name="e")(x)))
if version == "2":
    save("sequential", keras.Sequential([keras.Input((4,)), L.Dense(3), L.Lambda(lambda x: x / 255.0), L.Dense(1)]))
