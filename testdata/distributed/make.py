"""Makes the distributed checkpoints in this directory: python3 make.py [DIRECTORY]

Four processes on one machine write "dist"; the others are written without a
process group. Run it with torch 2.15.
"""

import os
import sys
import warnings

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
import torch.multiprocessing as mp
from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageWriter

warnings.filterwarnings("ignore")


def nested():
    torch.manual_seed(1)
    m = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    o = torch.optim.Adam(m.parameters())
    m(torch.randn(5, 3)).sum().backward()
    o.step()
    return {
        "model": m.state_dict(), "optim": o.state_dict(), "epoch": 3, "name": "x", "nothing": None, "tuple": (1, 2.5),
        "list": [torch.arange(3), {"lr": 0.1}], "plain": [1, "two", [3]], "size": torch.Size([1, 2]),
        "half": torch.arange(6).half().view(2, 3).t(), "bf": torch.ones(2, dtype=torch.bfloat16), "scalar": torch.tensor(5),
        "empty": torch.empty(0, 3), "u16": torch.tensor([1, 2, 65535], dtype=torch.uint16), "c": torch.randn(2, dtype=torch.complex64),
    }


def flat():
    return {"a": torch.arange(12.0).view(3, 4), "b.c": torch.arange(5, dtype=torch.int64)}


def worker(rank, n, to):
    os.chdir(to)
    os.environ["MASTER_ADDR"] = "127.0.0.1"
    os.environ["MASTER_PORT"] = os.environ.get("PORT", "29631")
    dist.init_process_group("gloo", rank=rank, world_size=n)
    from torch.distributed.tensor import Replicate, Shard, distribute_tensor, init_device_mesh
    mesh = init_device_mesh("cpu", (2, 2))
    full = torch.arange(7 * 6, dtype=torch.float32).view(7, 6)
    three = torch.arange(4 * 5 * 6, dtype=torch.int32).view(4, 5, 6)
    put = lambda t, *how: distribute_tensor(t, mesh, list(how))
    state = {
        "rows": put(full, Shard(0), Shard(0)), "columns": put(full + 100, Shard(1), Replicate()), "grid": put(full + 200, Shard(0), Shard(1)),
        "three": put(three, Shard(2), Shard(1)), "replicated": torch.ones(3), "nested": {"k": 7, "t": put(full.double() + 1, Shard(1), Shard(1))},
        "tiny": put(torch.arange(3.0), Shard(0), Shard(0)),
    }
    dcp.save(state, checkpoint_id="dist")
    line = init_device_mesh("cpu", (n,))
    half = {"rows": distribute_tensor(full[:4], line, [Shard(0)]), "whole": torch.ones(3)}
    dcp.save(half, storage_writer=HuggingFaceStorageWriter(path="hf", save_distributed=True))
    dist.destroy_process_group()


if __name__ == "__main__":
    to = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    os.chdir(to)  # the metadata keeps the path that it was given
    dcp.save(nested(), checkpoint_id="nested", no_dist=True)
    dcp.save(flat(), checkpoint_id="flat", no_dist=True)
    mp.spawn(worker, args=(4, to), nprocs=4)
