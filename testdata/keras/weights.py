"""Writes what h5py finds in the files of a folder, and more files with weights.

    python weights.py FOLDER

nested.h5 has a model in a model, with one name in both; half.keras, of Keras 3, has
weights of bfloat16; types.h5 has a dataset of each type and layout. The oracle,
FOLDER/../weights-VERSION.json, has the SHA-256 of the bytes of every dataset in C
order, little-endian.
"""
import hashlib
import json
import os
import sys
import zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import h5py
import keras
import numpy as np

L = keras.layers
folder = sys.argv[1].rstrip("/")
version = ".".join(keras.__version__.split(".")[:2])
keras.utils.set_random_seed(7)

inner = keras.Sequential([keras.Input((3,)), L.Dense(2, name="dense"), L.BatchNormalization(name="norm")], name="inner")
given = keras.Input((3,), name="given")
keras.Model(given, L.Dense(1, name="dense")(inner(given)), name="outer").save(os.path.join(folder, "nested.h5"))
if version[0] == "3":
    given = keras.Input((2,))
    keras.Model(given, L.Dense(3, dtype="bfloat16", name="low", bias_initializer="ones")(given)).save(os.path.join(folder, "half.keras"))
    with h5py.File(os.path.join(folder, "types.h5"), "w") as f:
        numbers = np.arange(60).reshape(5, 12)
        for kind in ["u1", "i1", ">u2", "<i2", "<u4", ">i4", "<u8", "<i8", "<f2", "<f4", ">f4", "<f8", "<c8", ">c16", "?"]:
            f["plain/" + kind.replace("<", "le_").replace(">", "be_").replace("?", "bool")] = numbers.astype(kind)
        f["text"] = np.array([b"one", b"three"])
        f["one"] = np.float32(7)
        f["none"] = np.zeros((0, 3), "f4")
        f.create_dataset("chunks/raw", data=numbers.astype("f4"), chunks=(2, 5))
        f.create_dataset("chunks/deflate", data=numbers.astype(">f8"), chunks=(2, 5), compression="gzip", shuffle=True, fletcher32=True)
        f.create_dataset("chunks/lzf", data=numbers.astype("i2"), chunks=(3, 4), compression="lzf")
        hole = f.create_dataset("chunks/hole", (5, 12), "i4", chunks=(2, 5), fillvalue=9)
        hole[0, 0] = 1
        f.create_dataset("empty", (4,), "f4", fillvalue=2.5)

oracle = {}
for name in sorted(os.listdir(folder)):
    if name.endswith(".keras"):
        file = zipfile.ZipFile(os.path.join(folder, name)).open("model.weights.h5")
    elif name.endswith(".h5"):
        file = open(os.path.join(folder, name), "rb")
    else:
        continue
    found = oracle[name] = {}

    def note(path, item):
        if isinstance(item, h5py.Dataset):
            value = item[()]
            value = value.astype(value.dtype.newbyteorder("<"))
            found[path] = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()

    h5py.File(file, "r").visititems(note)
with open(os.path.join(os.path.dirname(os.path.abspath(folder)), "weights-" + version + ".json"), "w") as out:
    json.dump(oracle, out, indent=1, sort_keys=True)
    out.write("\n")
