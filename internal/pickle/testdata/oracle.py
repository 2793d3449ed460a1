"""Answers how CPython's unpicklers read pickles, without loading anything they name.

Standard input: a JSON list of hexadecimal pickles. Standard output: a JSON
object with the Python version and, for each pickle, the answer of the C and
of the Python unpickler. A global becomes a recorder that holds its name.
"""
import io
import json
import pickle
import struct
import sys
import warnings

import _pickle

warnings.simplefilter("ignore")


class Recorder:
    def __init__(self, kind, *names):
        self.kind, self.names = kind, names

    def __call__(self, *args):
        return self


def unpickler(base):
    class Inert(base):
        def find_class(self, module, name):
            return Recorder("global", module, name)

        def persistent_load(self, pid):
            return Recorder("persid", pid)

    return Inert


def plain(value):
    if isinstance(value, Recorder):
        return [value.kind, *(n.encode("utf-8", "surrogatepass").hex() for n in value.names)]
    if isinstance(value, bool):
        return ["bool", str(int(value))]
    if isinstance(value, int):
        return ["int", format(value, "x")]
    if isinstance(value, float):
        return ["float", struct.pack(">d", value).hex()]
    if isinstance(value, str):
        return ["text", value.encode("utf-8", "surrogatepass").hex()]
    if isinstance(value, (bytes, bytearray)):
        return ["text", value.hex()]
    return [type(value).__name__]


def answer(base, data):
    file = io.BytesIO(data)
    try:
        value = unpickler(base)(file, encoding="bytes").load()
    except Exception:
        return None
    return {"value": plain(value), "end": file.tell()}


def main():
    cases = []
    for text in json.load(sys.stdin):
        data = bytes.fromhex(text)
        cases.append({"hex": text, "c": answer(_pickle.Unpickler, data), "python": answer(pickle._Unpickler, data)})
    json.dump({"version": sys.version.split()[0], "cases": cases}, sys.stdout, indent=1)
    print()


main()
