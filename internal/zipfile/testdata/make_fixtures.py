"""Writes the fixtures beside this file.

    python make_fixtures.py PREFIX

PREFIX names the torch version in the file names (torch113, torch2). zipfile
fixtures are written as well; they do not depend on the version of Python.
"""
import io
import pathlib
import sys
import zipfile

import torch

HERE = pathlib.Path(__file__).parent
PREFIX = sys.argv[1]


def tiny():
    """A module from text: its debug records then name no file."""
    module = torch.jit.ScriptModule()
    module.define("def forward(self, x):\n    return x + 1\n")
    return module


class Pipe(io.RawIOBase):
    """A file that cannot seek, so that zipfile writes data descriptors."""

    def __init__(self, path):
        self.file = open(path, "wb")

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)

    def close(self):
        self.file.close()
        super().close()


def torch_files():
    state = {"w": torch.arange(6.0).reshape(2, 3), "empty": torch.empty(0)}
    torch.save(state, HERE / f"{PREFIX}_state.pt")
    torch.jit.save(tiny(), str(HERE / f"{PREFIX}_jit.pt"))
    options = getattr(torch.serialization, "set_crc32_options", None)
    if options:
        options(False)
        torch.save(state, HERE / f"{PREFIX}_nocrc.pt")


def python_files():
    for name, method in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)):
        for kind in ("file", "stream"):
            path = HERE / f"python_{name}_{kind}.zip"
            with zipfile.ZipFile(Pipe(path) if kind == "stream" else path, "w", method) as z:
                add = lambda n, data: z.writestr(zipfile.ZipInfo(n), data, method)
                add("a/data.pkl", b"payload " * 100)
                add("a/empty", b"")
                add("a/dir/", b"")
                add("a/caf\u00e9", bytes(range(256)))
                with z.open(zipfile.ZipInfo("a/zip64"), "w", force_zip64=True) as f:
                    f.write(b"y" * 5000)
                z.comment = b"a comment" if kind == "file" else b""


torch_files()
python_files()
