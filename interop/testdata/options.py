"""Makes checkpoints, and compares what the options of convert made of them with
what torch and huggingface_hub do."""
import json
import sys

import torch


def make(folder):
    torch.manual_seed(1)
    bits = torch.randint(-(2**31), 2**31 - 1, (60_000,), dtype=torch.int64).to(torch.int32)
    every = torch.arange(-(2**15), 2**15, dtype=torch.int64).to(torch.int16)
    tensors = {
        "any32": bits.view(torch.float32),
        "any64": torch.cat([torch.randn(20_000, dtype=torch.float64) * 10.0 ** torch.randint(-50, 50, (20_000,)), bits.view(torch.float32).double()]),
        "any16": every.view(torch.float16),
        "anyb16": every.clone().view(torch.bfloat16),
        "weights": torch.randn(64, 33).t(),
        "one": torch.tensor(1 / 3),
        "none": torch.empty(0, 4),
        "count": torch.tensor(7),
        "small": torch.randn(50).to(torch.float8_e5m2),
    }
    torch.save(tensors, folder + "/any.pt")
    model = network()
    torch.save({"module._orig_mod." + k: v for k, v in model.state_dict().items()}, folder + "/wrapped.pt")


def network():
    torch.manual_seed(2)
    return torch.nn.Sequential(torch.nn.Linear(30, 20), torch.nn.BatchNorm1d(20), torch.nn.Linear(20, 60), torch.nn.Linear(60, 4))


def check_cast(source, results):
    """Every element is what .to(dtype) gives; a NaN is any NaN."""
    from safetensors.torch import load_file

    before = torch.load(source, weights_only=True)
    for dtype, path in results.items():
        after = load_file(path)
        if set(before) != set(after):
            return f"{dtype}: {sorted(set(before) ^ set(after))}"
        for name, was in before.items():
            cast = was.dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16)
            want = was.to(getattr(torch, dtype)) if cast else was
            got = after[name]
            if got.dtype != want.dtype or got.shape != want.shape:
                return f"{dtype}: {name} is {got.dtype} {got.shape}"
            if got.element_size() == 1 or not cast:
                equal = torch.equal(got.reshape(-1).view(torch.uint8), want.reshape(-1).view(torch.uint8))
            else:
                a, b = got.contiguous().view(torch.int16), want.contiguous().view(torch.int16)
                equal = bool(((a == b) | (got.isnan() & want.isnan())).all())
            if not equal:
                return f"{dtype}: {name} differs"
    return ""


def check_shards(folder):
    """huggingface_hub loads the shards strictly, and split them as we did."""
    from huggingface_hub import load_torch_model, split_torch_state_dict_into_shards

    model = network()
    want = {k: v.clone() for k, v in model.state_dict().items()}
    split = split_torch_state_dict_into_shards(want, max_shard_size="2KB")
    index = json.load(open(folder + "/model.safetensors.index.json"))
    if index["weight_map"] != split.tensor_to_filename or index["metadata"] != split.metadata:
        return f"{index} is not {split}"
    for p in model.parameters():
        torch.nn.init.zeros_(p)
    load_torch_model(model, folder, strict=True)
    for name, value in model.state_dict().items():
        if not torch.equal(value, want[name]):
            return f"{name} differs"
    return ""


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2])
        print("{}")
    else:
        asked = json.load(sys.stdin)
        print(json.dumps({"cast": check_cast(asked["source"], asked["cast"]), "shards": check_shards(asked["shards"])}))
