"""Writes the folder that is named after the installed h5py and HDF5.

usage: python make.py. Each .h5 has its oracle in oracle.json: what h5py itself
finds in the file, in the form of h5py_files.py, which has the bodies.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

import h5py

KEEP = """keras-earliest keras-latest types-earliest links-latest chunks-earliest chunks-latest
dense_attributes-latest deleted-earliest elsewhere-latest userblock-0 userblock-3 tracked
bomb""".split()

here = os.path.dirname(os.path.abspath(__file__))
out = os.path.join(here, "h5py-%s-hdf5-%s" % (h5py.version.version, h5py.version.hdf5_version))
os.makedirs(out, exist_ok=True)
with tempfile.TemporaryDirectory() as tmp:
    text = subprocess.run([sys.executable, "-W", "ignore", os.path.join(here, "h5py_files.py"), tmp], check=True, stdout=subprocess.PIPE).stdout
    cases = [c for c in json.loads(text) if c["name"][:-3] in KEEP]
    for name in KEEP:
        shutil.copy(os.path.join(tmp, name + ".h5"), out)
with open(os.path.join(out, "oracle.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c, sort_keys=True) for c in cases) + "\n]\n")
