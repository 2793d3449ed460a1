"""Writes checkpoint.pt: the state dict of a small untrained classifier.

    python make.py           needs the newest torch
"""

import pathlib

import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(
    nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(4),
    nn.Flatten(), nn.Linear(4 * 4, 10),
)
torch.save(model.state_dict(), pathlib.Path(__file__).with_name("checkpoint.pt"))
