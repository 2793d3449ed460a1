"""Runs the reference library for the interop tests. Each line of standard input is a
JSON object, answered by one line:

    {"write": [[name, dtype, shape, hex], ...], "metadata": {...} or null} -> {"file": hex}
    {"read": hex} -> {"tensors": {name: [dtype, shape, hex]}} or {"error": text}
"""

import ctypes
import json
import sys

from safetensors import SafetensorError, TensorSpec, deserialize, serialize


def write(tensors, metadata):
    specs, keep = {}, []
    for name, dtype, shape, data in tensors:
        raw = bytes.fromhex(data)
        buffer = ctypes.create_string_buffer(raw, max(len(raw), 1))
        keep.append(buffer)
        specs[name] = TensorSpec(dtype=dtype, shape=shape, data_ptr=ctypes.addressof(buffer), data_len=len(raw))
    return {"file": serialize(specs, metadata).hex()}


def read(data):
    try:
        tensors = deserialize(bytes.fromhex(data))
    except SafetensorError as e:
        return {"error": str(e)}
    return {"tensors": {n: [t["dtype"], t["shape"], bytes(t["data"]).hex()] for n, t in tensors}}


for line in sys.stdin:
    request = json.loads(line)
    answer = write(request["write"], request["metadata"]) if "write" in request else read(request["read"])
    print(json.dumps(answer), flush=True)
