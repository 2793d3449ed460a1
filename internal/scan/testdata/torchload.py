"""Says what torch.load unpickles from each file of a directory.

    python torchload.py DIRECTORY

Each line of the answer is a JSON object: the file, and for each time that an
unpickler was made the bytes it was given, the names it imported and called.
What is imported is a recorder, so that nothing happens.
"""

import io
import json
import pathlib
import pickle
import resource
import sys
import types
import warnings

import torch

log = []


class Recorder:
    def __init__(self, *args, **kwargs):
        pass

    def __setstate__(self, state):
        pass

    def __call__(self, *args, **kwargs):
        return self


def recorder(module, name, calls):
    def new(cls, *args, **kwargs):
        calls.append(module + "." + name)
        return object.__new__(cls)

    return type("Recorder", (Recorder,), {"__new__": new})


class Unpickler(pickle.Unpickler):
    def __init__(self, file, **kwargs):
        at = file.tell()
        self.entry = {"bytes": file.read(1 << 20).hex(), "imports": [], "calls": []}
        file.seek(at)
        log.append(self.entry)
        super().__init__(file, **kwargs)

    def find_class(self, module, name):
        self.entry["imports"].append(module + "." + name)
        return recorder(module, name, self.entry["calls"])


recording = types.ModuleType("recording")
recording.Unpickler = Unpickler
recording.load = lambda file, **kwargs: Unpickler(file, **kwargs).load()
recording.loads = lambda data, **kwargs: Unpickler(io.BytesIO(data), **kwargs).load()
recording.UnpicklingError = pickle.UnpicklingError
torch.serialization.pickle = recording  # torch 1.13 takes no other, whatever it is given

warnings.simplefilter("ignore")
used = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 30),) * 2)
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    log.clear()
    error = ""
    try:
        torch.load(path, map_location="cpu", pickle_module=recording, weights_only=False)
    except BaseException as e:
        error = type(e).__name__
    print(json.dumps({"file": path.name, "loads": log, "error": error}), flush=True)
