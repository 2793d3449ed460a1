"""Writes files with PyTables (3.11.1, Python 3.11): objects.h5 with objects of a
class that is on no list, plain.h5 with plain values. PyTables pickles both."""
import os
import string

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
