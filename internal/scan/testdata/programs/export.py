"""Writes small programs of torch.export.save: python export.py DIRECTORY."""

import os
import sys

import torch

OUT = sys.argv[1]


class Tied(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = torch.nn.Linear(4, 4), torch.nn.Linear(4, 4)
        self.b.weight = self.a.weight
        self.register_buffer("kept", torch.arange(4.0))
        self.register_buffer("passing", torch.arange(4.0), persistent=False)
        self.constant = torch.ones(4)
        self.bn = torch.nn.BatchNorm1d(4)

    def forward(self, x):
        return self.bn(self.b(self.a(x))) + self.kept + self.constant + self.passing


class Branches(torch.nn.Module):
    def forward(self, x):
        return torch.cond(x.sum() > 0, lambda x: x.sin(), lambda x: x.cos(), (x,))


class Dynamic(torch.nn.Module):
    def forward(self, x, y):
        return x.reshape(x.shape[0] // 2, -1) + max(x.shape[0], 3) * y.shape[0], torch.nonzero(x), x[x > 0].mean() + float("inf")


def save(name, module, args, **more):
    torch.export.save(torch.export.export(module.eval(), args, **more), os.path.join(OUT, name), extra_files={"note.txt": "hello"})


os.makedirs(OUT, exist_ok=True)
torch.manual_seed(0)
save("tied.pt2", Tied(), (torch.randn(2, 4),), dynamic_shapes=({0: torch.export.Dim("batch")},))
save("branches.pt2", Branches(), (torch.randn(3),))
save("dynamic.pt2", Dynamic(), (torch.randn(8, 4), torch.randn(4)), dynamic_shapes=({0: torch.export.Dim("half", min=2, max=64) * 2}, None))
