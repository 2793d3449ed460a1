"""Writes what torchscript.py does not: python torchscript_older.py DIRECTORY.

Runs with torch 1.4 and 1.5 under Python 3.7 and 3.8, whose storages have ids of
six parts (1.4) and whose classes name no buffers, and with 1.13 and 2.15, whose
quantised modules call methods of native classes. Run in an empty directory: the
archives hold the path of this file.
"""
import sys

import torch

try:
    import torch.ao.quantization as quantization
except ImportError:
    import torch.quantization as quantization

OUT = sys.argv[1]
torch.manual_seed(0)


def views():
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4)).eval()
    net[0].weight.data = torch.randn(3, 4).t()
    return torch.jit.trace(net, torch.ones(1, 3))


def static():
    net = torch.nn.Sequential(quantization.QuantStub(), torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), quantization.DeQuantStub()).eval()
    net.qconfig = quantization.get_default_qconfig("fbgemm")
    prepared = quantization.prepare(net)
    x = torch.randn(1, 1, 8, 8)
    prepared(x)
    return torch.jit.trace(quantization.convert(prepared), x)


OLD = torch.__version__.startswith(("1.4.", "1.5."))
torch.jit.save(views() if OLD else static(), OUT + ("/views.pt" if OLD else "/static.pt"))
