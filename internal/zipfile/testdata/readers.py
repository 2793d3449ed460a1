"""Prints, as one JSON line per archive of a directory, what torch and zipfile see.

    python readers.py DIRECTORY
"""
import json
import pathlib
import sys
import zipfile

import torch

RECORDS = ["data.pkl", "version", "data/0", "byteorder", "DATA.PKL"]


def limit_memory():
    """A size that a file claims must not take the machine's memory."""
    try:
        import resource
    except ImportError:
        return
    used = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 30),) * 2)


def attempt(read):
    try:
        return read().hex()
    except Exception:
        return None


def torch_view(path):
    try:
        reader = torch._C.PyTorchFileReader(str(path))
    except Exception:
        return None
    return {name: attempt(lambda: reader.get_record(name)) for name in RECORDS}


def python_view(path):
    try:
        with zipfile.ZipFile(path) as z:
            return [(i.filename, attempt(lambda: z.read(i))) for i in z.infolist()]
    except Exception:
        return None


limit_memory()
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    print(json.dumps({"file": path.name, "torch": torch_view(path), "python": python_view(path)}))
