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
    torch.save(torch.nn.DataParallel(torch.compile(model)).state_dict(), folder + "/parallel.pt")


def network():
    torch.manual_seed(2)
    return torch.nn.Sequential(torch.nn.Linear(30, 20), torch.nn.BatchNorm1d(20), torch.nn.Linear(20, 60), torch.nn.Linear(60, 4))


def check_cast(source, results):
    """Every element is what .to(dtype) gives; a NaN is any NaN."""
    from safetensors.torch import load_file

    before = torch.load(source, weights_only=True)
    for dtype, path in results.items():
        after = torch.load(path, weights_only=True) if path.endswith(".pt") else load_file(path)
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


def check_torch(folder):
    """Shards of torch, read as a loader reads them, have every tensor where the index says."""
    want = network().state_dict()
    index = json.load(open(folder + "/pytorch_model.bin.index.json"))
    files = {f: torch.load(folder + "/" + f, weights_only=True) for f in set(index["weight_map"].values())}
    if len(files) < 2 or set(index["weight_map"]) != set(want) or sum(len(f) for f in files.values()) != len(want):
        return f"{index}"
    for name, file in index["weight_map"].items():
        if not torch.equal(files[file][name], want[name]):
            return f"{name} differs"
    return "" if index["metadata"]["total_size"] == sum(v.nbytes for v in want.values()) else f"{index['metadata']}"


def check_names(path):
    """A state_dict that was wrapped twice loads strictly without its prefixes."""
    got = torch.load(path, weights_only=True)
    model = network()
    if dict(got._metadata) != dict(model.state_dict()._metadata):
        return f"{got._metadata}"
    model.load_state_dict(got, strict=True)
    return ""


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2])
        print("{}")
    else:
        asked = json.load(sys.stdin)
        print(json.dumps({"cast": check_cast(asked["source"], asked["cast"]), "cast_back": check_cast(asked["source"], asked["cast_back"]), "shards": check_shards(asked["shards"]), "torch": check_torch(asked["shards"]), "names": check_names(asked["names"])}))
