"""Writes the folder's fixtures with the torch that runs it.

    python make.py           into zip-VERSION and legacy-VERSION beside this file
    python make.py --check   into a temporary folder, and compares the .json files

A .pt file differs from run to run where torch itself does: the legacy
container names storages by their address in memory.
"""

import filecmp
import io
import os
import pathlib
import sys
import tempfile
import warnings

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import torch  # noqa: E402

import cases  # noqa: E402
import oracle  # noqa: E402

VERSION = ".".join(torch.__version__.split(".")[:2])
NEW = not VERSION.startswith("1.")
# What an old torch writes no differently is kept once.
ONLY_NEW = "bare list gan ema lightning nested names odd_file_name torch_values sparse meta protocol3 protocol5".split()


def save(case, path, legacy):
    options = dict(pickle_protocol=case.protocol, _use_new_zipfile_serialization=not legacy)
    tag = torch.serialization.location_tag
    if case.location:  # what a machine with a GPU would write
        torch.serialization.location_tag = lambda storage: case.location
    try:
        if case.buffer:
            buffer = io.BytesIO()
            torch.save(case.obj, buffer, **options)
            path.write_bytes(buffer.getvalue())
        else:
            torch.save(case.obj, str(path), **options)
    finally:
        torch.serialization.location_tag = tag


def load(path, **options):
    return torch.load(str(path), map_location="cpu", **options)


def loads_weights_only(path):
    try:
        load(path, weights_only=True)
        return True
    except Exception:
        return False


def describe(case, path, legacy):
    """The .json beside path, from the object that torch loads back."""
    obj = load(path, weights_only=False)
    head = {"file": path.name, "versions": oracle.versions(), "container": "legacy" if legacy else "zip"}
    head["protocol"] = case.protocol
    head["weights_only"] = loads_weights_only(path)
    if case.weights:
        head["weights"] = case.weights
    oracle.write_json(path.with_suffix(".json"), head, oracle.describe(obj))


def big_endian(case, path):
    """Rewrites path as a big-endian machine would have written it."""
    reader = torch._C.PyTorchFileReader(str(path))
    storages = {}
    for t in (x for _, x in oracle.walk(case.obj) if oracle.is_tensor(x)):
        storages[oracle.storage_of(t)._cdata] = t  # first-seen order, as torch numbers them
    records = {"data.pkl": reader.get_record("data.pkl"), "byteorder": b"big"}
    for i, t in enumerate(storages.values()):
        unit = t.element_size() // (2 if t.dtype.is_complex else 1)
        raw = reader.get_record(f"data/{i}")
        records[f"data/{i}"] = b"".join(raw[j : j + unit][::-1] for j in range(0, len(raw), unit))
    del reader
    writer = torch._C.PyTorchFileWriter(str(path))
    for name, data in records.items():
        writer.write_record(name, data, len(data))
    writer.write_end_of_file()


def big_endian_cases():
    every = {n: cases.bits(n, 2, 3) for n in cases.DTYPES if n not in cases.NOT_LEGACY}
    every["complex128"] = cases.bits("complex128", 2)
    every["transposed"] = cases.f32(3, 4).t()
    every["conj"] = cases.bits("complex64", 3).conj()
    yield cases.Case("big_endian", every)
    # Torch swaps by the storage's type, and these have untyped storages: it
    # loads them without a swap. The .json holds what torch makes of the file.
    yield cases.Case("big_endian_untyped", {n: cases.bits(n, 2, 3) for n in ("uint16", "uint32", "uint64", "float8_e5m2")})


def legacy_flag(path):
    """Sets little_endian to False in a legacy header, which torch ignores."""
    data = path.read_bytes()
    at = data.index(b"little_endian")
    flag = data.index(b"\x88", at)
    path.write_bytes(data[:flag] + b"\x89" + data[flag + 1 :])


def make(root):
    for kind in ("zip", "legacy"):
        folder = root / f"{kind}-{VERSION}"
        folder.mkdir(parents=True, exist_ok=True)
        for case in cases.cases():
            skip = not NEW and (case.name in ONLY_NEW or case.name.startswith("name_"))
            if kind in case.kinds and not skip:
                path = folder / case.file
                save(case, path, kind == "legacy")
                describe(case, path, kind == "legacy")
    for case in big_endian_cases() if NEW else ():
        path = root / f"zip-{VERSION}" / case.file
        save(case, path, False)
        big_endian(case, path)
        describe(case, path, False)
    flagged = cases.Case("little_endian_false", {"w": cases.f32(2, 3), "i": cases.bits("int64", 2)})
    path = root / f"legacy-{VERSION}" / flagged.file
    save(flagged, path, True)
    legacy_flag(path)
    describe(flagged, path, True)


def check():
    with tempfile.TemporaryDirectory() as tmp:
        make(pathlib.Path(tmp))
        wrong = []
        for made in sorted(pathlib.Path(tmp).rglob("*.json")):
            kept = HERE / made.relative_to(tmp)
            if not kept.exists() or not filecmp.cmp(made, kept, shallow=False):
                wrong.append(str(made.relative_to(tmp)))
    print("differ: " + ", ".join(wrong) if wrong else "all .json files are as committed")
    return 1 if wrong else 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:] == ["--check"]:
        sys.exit(check())
    make(HERE)
