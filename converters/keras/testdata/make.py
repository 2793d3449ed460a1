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

# what takes this Lambda's place must not change how deep the layers around it lie
a, b = (keras.Input((4,), name=name) for name in "ab")
x = L.Lambda(lambda t: t[0] + t[1] * 0.5, name="lam")([L.Dense(3, name="da")(a), L.Dense(3, name="db")(b)])
save("branches", keras.Model([a, b], L.Dense(2, name="e")(x)))

# nor the number of the model behind it among those of its class
inner = keras.Input((3,))
inner = keras.Model(inner, L.Dense(3)(inner), name="inner")
pixels = keras.Input((3,), name="in")
scaled = L.Lambda(lambda x: x * x + 1.0, name="lam")(pixels)
save("before-model", keras.Model(pixels, L.Add(name="sum")([inner(scaled), L.Dense(3, name="beside")(pixels)])))

save("chain", keras.Sequential([keras.Input((4, 5)), L.Dense(5, name="d"), L.TimeDistributed(L.Lambda(lambda x: x[:, :3], name="lam")),
                                L.Lambda(lambda x: x * x, name="lam2"), L.Flatten(), L.Dense(2)]))
model = keras.Model(given, L.Dense(2, name="e")(given))
model.compile("adam", loss=lambda y, p: p, metrics=["mae", lambda y, p: p - y])
save("compiled", model)
