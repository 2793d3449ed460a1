"""Writes every crafted file into the folder argv[1]; answers what was written.

The files exist only while a test runs.
"""

import io
import pathlib
import sys
import warnings
import zipfile

import common

import torch

import opcodes


def saved(legacy=False):
    buffer = io.BytesIO()
    torch.save({"w": torch.arange(4.0)}, buffer, _use_new_zipfile_serialization=not legacy)
    return buffer.getvalue()


def with_payload(stream):
    """stream with the payload behind its PROTO opcode."""
    return stream[:2] + opcodes.PAYLOAD + stream[2:]


def archive(*records, method=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as z:
        warnings.simplefilter("ignore")
        for name, data in records:
            z.writestr(zipfile.ZipInfo(name), data, method)
    return buffer.getvalue()


def containers():
    with zipfile.ZipFile(io.BytesIO(saved())) as z:
        records = [(n, z.read(n)) for n in z.namelist()]
    (root, good), rest = records[0], records[1:]
    upper, evil = root.replace("data.pkl", "DATA.PKL"), with_payload(good)
    yield "zip_payload", archive((root, evil), *rest), "counter.tick"
    yield "zip_deflated", archive((root, evil), *rest, method=zipfile.ZIP_DEFLATED), "counter.tick"
    yield "zip_upper_case", archive((upper, evil), *rest), "counter.tick"
    yield "zip_duplicate", archive((root, good), *rest, (root, evil)), "counter.tick"
    yield "zip_duplicate_case", archive((root, good), *rest, (upper, evil)), "counter.tick"
    trailing = archive((root, evil), *rest) + b"\x00" * 7
    yield "zip_trailing", trailing, "counter.tick"
    bad_crc = bytearray(archive((root, evil), *rest))
    central = bad_crc.index(b"PK\x01\x02")
    bad_crc[central + 16] ^= 0xFF
    yield "zip_bad_crc", bytes(bad_crc), "counter.tick"
    func = good.replace(b"ctorch._utils\n_rebuild_tensor_v2\n", b"ccounter\ntick\n")
    yield "zip_rebuild_swapped", archive((root, func), *rest), "counter.tick"
    from_type = opcodes.glob("torch._tensor", "_rebuild_from_type_v2") + b"(" + opcodes.TICK
    from_type += opcodes.glob("torch", "Tensor") + b")}tR0"
    yield "zip_rebuild_from_type", archive((root, good[:2] + from_type + good[2:]), *rest), "counter.tick"
    legacy = saved(legacy=True)
    yield "legacy_magic", b"\x80\x02" + opcodes.PAYLOAD + legacy[2:], "counter.tick"
    at = legacy.index(b"\x80\x02", legacy.index(b"little_endian"))
    yield "legacy_object", legacy[:at] + with_payload(legacy[at:]), "counter.tick"
    keys = legacy.rindex(b"\x80\x02]")
    yield "legacy_keys", legacy[:keys] + with_payload(legacy[keys:]), "counter.tick"
    yield "zip_behind_junk", opcodes.TICK + b")R." + saved(), "counter.tick"


def main(root):
    made = []
    plain = ((name, data, wanted, ".pkl") for name, (data, wanted) in opcodes.STREAMS.items())
    boxed = ((name, data, wanted, ".pt") for name, data, wanted in containers())
    for group in (plain, boxed):
        for name, data, wanted, extension in group:
            path = root / (name + extension)
            path.write_bytes(data)
            made.append({"name": name, "source": str(path), "callable": wanted})
    return made


common.answer(main(pathlib.Path(sys.argv[1])))
