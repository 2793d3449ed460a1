"""Writes the files of this directory with Python's own modules, py7zr and the
programs zstd and lz4. All decompress to content.raw, NAME-twice.* to two of it;
in NAME.7z it is the file "dir/content.dat" beside an empty and a short one."""
import bz2
import gzip
import lzma
import random
import struct
import subprocess
import zlib
from pathlib import Path

import py7zr

here = Path(__file__).parent
rng = random.Random(7)
words = [rng.randbytes(rng.randint(1, 9)) for _ in range(200)]
text = b" ".join(rng.choice(words) for _ in range(900))
# Calls of x86, for the filter that looks for them.
calls = bytes(rng.choice(b"\xe8\xe9\x00\xff\x10") for _ in range(1500))
content = text + rng.randbytes(1500) + bytes(3000) + calls + text[:2000]
(here / "content.raw").write_bytes(content)


def write(name, data):
    (here / name).write_bytes(data)


write("plain.gz", gzip.compress(content, mtime=0))
write("named.gz", b"\x1f\x8b\x08\x1e" + bytes(6) + struct.pack("<H", 3) + b"abc" + b"n" * 2000 + b"\0comment\0??"
      + gzip.compress(content, mtime=0)[10:])
write("padded-twice.gz", gzip.compress(content, mtime=0) + bytes(700) + gzip.compress(content, mtime=0))
write("plain.z", zlib.compress(content))
write("small-window.z", (lambda c: c.compress(content) + c.flush())(zlib.compressobj(9, zlib.DEFLATED, 9)))
write("twice.z", zlib.compress(content) * 2)
write("old.zf", b"ZF" + hex(len(content)).encode().ljust(19) + zlib.compress(content))
write("older.zf", b"ZF" + (hex(len(content)) + "L").encode().ljust(19) + b" " + zlib.compress(content))
write("plain.bz2", bz2.compress(content))
write("twice.bz2", bz2.compress(content) * 2)
for i, (lc, lp, pb, check) in enumerate([(3, 0, 2, lzma.CHECK_NONE), (0, 0, 0, lzma.CHECK_CRC32), (4, 0, 0, lzma.CHECK_CRC64),
                                         (0, 4, 4, lzma.CHECK_SHA256), (2, 2, 1, lzma.CHECK_CRC64)]):
    options = {"preset": 6, "lc": lc, "lp": lp, "pb": pb, "dict_size": 1 << (12 + 3 * i)}
    write(f"filter-{i}.xz", lzma.compress(content, check=check, filters=[{"id": lzma.FILTER_LZMA2, **options}]))
    write(f"filter-{i}.lzma", lzma.compress(content, format=lzma.FORMAT_ALONE, filters=[{"id": lzma.FILTER_LZMA1, **options}]))
last = {"id": lzma.FILTER_LZMA2, "preset": 1}
write("delta.xz", lzma.compress(content, filters=[{"id": lzma.FILTER_DELTA, "dist": 4}, last]))
write("x86.xz", lzma.compress(content, filters=[{"id": lzma.FILTER_X86, "start_offset": 4096}, {"id": lzma.FILTER_DELTA, "dist": 3}, last]))
alone = lzma.compress(content, format=lzma.FORMAT_ALONE)
write("sized.lzma", alone[:5] + struct.pack("<Q", len(content)) + alone[13:])
write("padded-twice.xz", lzma.compress(content) + bytes(36) + alone)
for name, command in {"plain.zst": ["zstd", "-c"], "best.zst": ["zstd", "-19", "-c"], "no-check.zst": ["zstd", "-1", "--no-check", "-c"],
                      "plain.lz4": ["lz4", "-qc"], "linked.lz4": ["lz4", "-qcB4BD"], "checked.lz4": ["lz4", "-qc9BX", "--content-size"]}.items():
    data = subprocess.run(command, input=content, stdout=subprocess.PIPE, check=True).stdout
    write(name, data)
    skipped = struct.pack("<II", 0x184D2A53, 5) + b"abcde"
    write(name.replace(".", "-twice."), skipped + data + skipped + data)
for name, filters in {"default": None, "lzma": [py7zr.FILTER_LZMA], "bzip2": [py7zr.FILTER_BZIP2], "deflate": [py7zr.FILTER_DEFLATE],
                      "copy": [py7zr.FILTER_COPY], "zstd": [py7zr.FILTER_ZSTD], "delta": [py7zr.FILTER_DELTA, py7zr.FILTER_LZMA2],
                      "ppmd": [py7zr.FILTER_PPMD], "encrypted": [py7zr.FILTER_LZMA2, py7zr.FILTER_CRYPTO_AES256_SHA256]}.items():
    options = {"filters": [{"id": f, **({"order": 6, "mem": 24} if f == py7zr.FILTER_PPMD else {})} for f in filters]} if filters else {}
    with py7zr.SevenZipFile(here / f"{name}.7z", "w", password="x" if name == "encrypted" else None, **options) as z:
        z.writestr(b"hello\n", "a.txt")
        z.writestr(b"", "empty")
        z.writestr(content, "dir/content.dat")
with py7zr.SevenZipFile(here / "encrypted-names.7z", "w", password="x", header_encryption=True) as z:
    z.writestr(b"hello\n", "a.txt")
