"""Converts as one does without modelaudit: torch_convert.py SOURCE RESULT."""

import sys

import safetensors.torch
import torch

state = torch.load(sys.argv[1], map_location="cpu", weights_only=True)
safetensors.torch.save_file(state, sys.argv[2])
