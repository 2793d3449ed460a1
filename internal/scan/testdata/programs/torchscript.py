"""Writes small TorchScript archives: python torchscript.py DIRECTORY.

Run in an empty directory: the archives hold the path of this file.
"""

import os
import sys
from enum import Enum
from typing import Dict, List, Optional, Tuple

import torch

OUT = sys.argv[1]


class Color(Enum):
    RED = 1
    GREEN = 2


@torch.jit.script
class Pair(object):
    def __init__(self, a: int, b: torch.Tensor):
        self.a = a
        self.b = b

    def total(self) -> torch.Tensor:
        return self.b + self.a


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 2, 3)
        self.bn = torch.nn.BatchNorm2d(2)
        self.seq = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Dropout(0.1))
        self.fc = torch.nn.Linear(2, 2)

    def forward(self, x):
        x = self.seq(self.bn(self.conv(x)))
        return self.fc(torch.nn.functional.adaptive_avg_pool2d(x, (1, 1)).flatten(1))


class Attributes(torch.nn.Module):
    names: List[str]
    table: Dict[str, int]
    floats: List[float]
    bools: List[bool]
    tensors: List[torch.Tensor]
    by_number: Dict[int, torch.Tensor]
    maybe: Optional[torch.Tensor]
    pair: Tuple[int, str]
    nested: Dict[str, List[Tuple[int, float]]]

    def __init__(self):
        super().__init__()
        self.names, self.table, self.floats, self.bools = ["a", "b"], {"x": 1}, [1.0, 2.5], [True, False]
        self.tensors, self.by_number, self.maybe = [torch.ones(2), torch.zeros(3)], {1: torch.ones(1)}, None
        self.pair, self.nested = (1, "x"), {"k": [(1, 2.0)]}
        self.text, self.big, self.where, self.what, self.z = "os.system('true') \u00e9", 2**62, torch.device("cpu"), torch.float32, 1 + 2j
        self.register_buffer("buf", torch.arange(5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for n in self.names:
            if n in self.table:
                x = x + self.table[n]
        for t in self.tensors:
            x = x + t.sum()
        if self.maybe is not None:
            x = x + 1
        assert x.dim() > 0, "message {}".format(x.dim())
        p = Pair(3, x)
        return p.total().to(self.what) + self.floats[0] + self.pair[0] + self.nested["k"][0][1]


class Colored(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.color = Color.RED

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 1 if self.color == Color.RED else x


class Saves(torch.nn.Module):
    """Writes and maps files: what no model does."""

    def forward(self, x: torch.Tensor, path: str) -> torch.Tensor:
        torch.save(x, path)
        return torch.from_file(path, False, 1)


def inner(x: torch.Tensor) -> torch.Tensor:
    return x.relu()


class Forks(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.jit.wait(torch.jit.fork(inner, x))


def main():
    os.makedirs(OUT, exist_ok=True)
    torch.manual_seed(0)
    net, image = Net().eval(), torch.rand(1, 1, 4, 4)

    def save(name, module, **more):
        torch.jit.save(module, os.path.join(OUT, name), **more)

    save("scripted.pt", torch.jit.script(net), _extra_files={"info.json": b'{"a": 1}'})
    save("traced.pt", torch.jit.trace(net, image))
    save("frozen.pt", torch.jit.freeze(torch.jit.script(net)))
    save("attributes.pt", torch.jit.script(Attributes()))
    save("forks.pt", torch.jit.script(Forks()))
    save("saves.pt", torch.jit.script(Saves()))
    linear = torch.ao.quantization.quantize_dynamic(torch.nn.Sequential(torch.nn.Linear(2, 2)), {torch.nn.Linear}, dtype=torch.qint8)
    save("quantized.pt", torch.jit.script(linear))
    if torch.__version__ >= "2":
        save("colored.pt", torch.jit.script(Colored()))  # 1.13 knows no enum of Python 3.11
    torch.jit.freeze(torch.jit.trace(net, image))._c._save_for_mobile(os.path.join(OUT, "mobile.ptl"), {}, True, False)
    torch.jit.script(net)._save_for_lite_interpreter(os.path.join(OUT, "lite.ptl"))


main()
