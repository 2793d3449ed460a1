"""models.py make DIR: saves state dicts of real models; answers their files.

models.py check: reads {file: safetensors file}, loads each strictly into a
fresh model of its class, and answers {file: what went wrong, or ""}.
"""

import pathlib
import sys

import common

import torch
from torch import nn


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(7, 4)
        self.head = nn.Linear(4, 7, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, x):
        return self.head(self.embed(x.long().abs() % 7))


MODELS = {
    "mlp": (lambda: nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 2)), (3, 6)),
    "conv": (lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.PReLU(), nn.Flatten()), (2, 2, 5, 5)),
    "channels_last": (lambda: nn.Conv2d(2, 3, 3).to(memory_format=torch.channels_last), (2, 2, 5, 5)),
    "lstm": (lambda: nn.LSTM(3, 4, num_layers=2, bidirectional=True), (5, 3)),
    "attention": (lambda: nn.TransformerEncoderLayer(8, 2, 16), (3, 8)),
    "half": (lambda: nn.LayerNorm(6).to(torch.bfloat16), (3, 6)),
    "tied": (Tied, (3,)),
}


def build(name, seed):
    torch.manual_seed(seed)
    model = MODELS[name][0]().eval()
    with torch.no_grad():
        for t in list(model.parameters()) + [b for b in model.buffers() if b.is_floating_point()]:
            t.copy_(torch.rand(t.shape))
    return model


def run(model, name):
    torch.manual_seed(9)
    shape = MODELS[name][1]
    x = torch.rand(shape).to(next(model.parameters()).dtype)
    with torch.no_grad():
        y = model(x)
    return y[0] if isinstance(y, tuple) else y


def make(folder):
    files = []
    for name in MODELS:
        for kind in ("zip", "legacy", "checkpoint", "compiled"):
            path = folder / f"{name}-{kind}.pt"
            model = build(name, 1)
            obj = model.state_dict()
            if kind == "checkpoint":
                obj = {"epoch": 1, "state_dict": obj}
            elif kind == "compiled":
                obj = torch.compile(model)
            torch.save(obj, str(path), _use_new_zipfile_serialization=kind != "legacy")
            files.append(str(path))
    return files


def check(file, converted):
    from safetensors.torch import load_file

    name = pathlib.Path(file).stem.rsplit("-", 1)[0]
    want, fresh = run(build(name, 1), name), build(name, 2)
    if torch.equal(run(fresh, name), want):
        return "the fresh model is no different model"
    try:
        target = torch.compile(fresh) if "-compiled" in file else fresh
        target.load_state_dict(load_file(converted), strict=True)
    except Exception as e:
        return f"{type(e).__name__}: {e}"
    return "" if torch.equal(run(fresh, name), want) else "the loaded model computes something else"


if __name__ == "__main__":
    if sys.argv[1] == "make":
        common.answer(make(pathlib.Path(sys.argv[2])))
    else:
        common.answer({f: check(f, c) for f, c in common.read().items()})
