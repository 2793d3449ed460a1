"""Writes the files of this directory with the program xz and py7zr. All hold
content.raw, in which much looks like a branch of some processor."""
import random
import subprocess
from pathlib import Path

import py7zr

here = Path(__file__).parent
rng = random.Random(5)


def bundle():
    """Three instructions of IA-64, of which most look like branches."""
    b = rng.getrandbits(128) & ~31 | rng.choice(range(16, 30))
    for at in (5, 46, 87):
        if rng.random() < 0.8:
            b = b & ~(15 << at + 37) & ~(7 << at + 9) | 5 << at + 37
    return b.to_bytes(16, "little")


def instruction():
    a = rng.randbytes(4)
    near = rng.choice([a, bytes([0, 0]) + a[:2], bytes([255, 255]) + a[:2]])
    page = rng.choice([0, 0x3FFFC, a[1], 0x1FFFFF - a[1]]) << 3 & 0xFFFFE0 | rng.randrange(4) << 29
    return rng.choice([
        rng.choice([b"\xe8", b"\xe9"]) + near,  # x86
        bytes([0x48 | a[0] & 3, a[1], a[2], a[3] & 0xFC | 1]),  # PowerPC
        near[1:] + b"\xeb",  # ARM
        bytes([a[0], 0xF0 | a[1] & 7, a[2], 0xF8 | a[3] & 7]),  # ARM-Thumb
        bytes([0x40, a[1] & 0x3F, a[2], a[3]]), bytes([0x7F, a[1] | 0xC0, a[2], a[3]]),  # SPARC
        a[:3] + bytes([0x94 | a[3] & 3]), (0x90000000 | a[0] & 31 | page).to_bytes(4, "little"),  # ARM64
    ])


content = b"".join(bundle() if rng.random() < 0.3 else b"".join(instruction() for _ in range(4))[:16] for _ in range(190)) + b"end"
(here / "content.raw").write_bytes(content)
for name, start in {"x86": 0, "powerpc": 0, "ia64": 65536, "arm": 65536, "armthumb": 2, "arm64": 65536, "sparc": 4}.items():
    command = ["xz", "-c", f"--{name}=start={start}", "--lzma2=preset=1"]
    (here / f"{name}.xz").write_bytes(subprocess.run(command, input=content, stdout=subprocess.PIPE, check=True).stdout)
for name in ("X86", "POWERPC", "IA64", "ARM", "ARMTHUMB", "SPARC"):
    filters = [{"id": getattr(py7zr, "FILTER_" + name)}, {"id": py7zr.FILTER_LZMA2, "preset": 1}]
    with py7zr.SevenZipFile(here / f"{name.lower()}.7z", "w", filters=filters) as z:
        z.writestr(content, "content.dat")
