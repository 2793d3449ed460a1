"""Writes a distributed checkpoint: python distributed.py DIRECTORY."""

import sys

import torch
import torch.distributed.checkpoint as dcp

module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
module(torch.randn(2, 4)).sum().backward()
optimizer.step()
dcp.save({"model": module.state_dict(), "optim": optimizer.state_dict(), "epoch": 3, "half": torch.ones(3, dtype=torch.bfloat16)}, checkpoint_id=sys.argv[1])
