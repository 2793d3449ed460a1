"""Answers, for each given file, whether torch loads it with weights_only=True."""

import common

import torch


def loads(path):
    try:
        torch.load(path, map_location="cpu", weights_only=True)
        return True
    except Exception:
        return False


common.answer({case["name"]: loads(case["source"]) for case in common.read()})
