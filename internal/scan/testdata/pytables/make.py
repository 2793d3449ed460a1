"""Writes files with PyTables (3.11.1, Python 3.11): objects.h5 with objects of a
class that is on no list, plain.h5 with plain values. PyTables pickles both.
text.h5, by h5py 3.16, has a pickle as a text, as hickle had them once."""
import os
import pickle
import string

import h5py
import tables

os.chdir(os.path.dirname(os.path.abspath(__file__)))


def write(name, values):
    with tables.open_file(name, "w") as f:
        group = f.create_group("/", "g")
        group._v_attrs.value = values[0]
        group._v_attrs.text = "a text that ends in a point."
        array = f.create_vlarray("/", "o", tables.ObjectAtom(), chunkshape=(4,))
        for v in values:
            array.append(v)


write("objects.h5", [string.Template("x"), {"a": [1, 2]}])
write("plain.h5", [{"a": [1, 2]}, ("x", 2.5, None)])

with h5py.File("text.h5", "w") as f:
    f["data"] = pickle.dumps(string.Template("x"), 0).decode()
