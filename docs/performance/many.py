"""Writes files of very many small things: many.py KIND NUMBER FILE.

KIND is own (tensors with a storage each), views (tensors of one storage), scalars
(a dict of words and numpy scalars) or safetensors. The first two need torch, the
others numpy, the last one safetensors.
"""

import pickle
import sys

kind, n, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
if kind in ("own", "views"):
    import torch

    base = torch.arange(2 * n, dtype=torch.float32)
    tensors = (base[2 * i : 2 * i + 2] for i in range(n))
    torch.save({f"layer.{i}.w": t.clone() if kind == "own" else t for i, t in enumerate(tensors)}, out)
else:
    import numpy

    if kind == "scalars":
        with open(out, "wb") as f:
            pickle.dump({f"k{i}": numpy.float64(i) for i in range(n)}, f, 4)
    else:
        from safetensors.numpy import save_file

        base = numpy.arange(2 * n, dtype=numpy.float32)
        save_file({f"layer.{i}.w": base[2 * i : 2 * i + 2] for i in range(n)}, out)
