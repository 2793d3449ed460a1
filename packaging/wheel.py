#!/usr/bin/env python3
"""Packs built programs into wheels, so that `pip install modelaudit-gate` puts them on PATH.

    wheel.py VERSION OS ARCH FOLDER OUTPUT

FOLDER holds modelaudit and modelaudit-hook (with .exe for windows), as Go built them for OS
and ARCH. The programs are static: one wheel serves every Linux. It needs Python alone, and the
same programs give the same bytes.
"""

import base64
import hashlib
import os
import sys
import zipfile

TAGS = {
    ("linux", "amd64"): "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
    ("linux", "arm64"): "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
    ("darwin", "amd64"): "macosx_12_0_x86_64",
    ("darwin", "arm64"): "macosx_12_0_arm64",
    ("windows", "amd64"): "win_amd64",
    ("windows", "arm64"): "win_arm64",
}
PROGRAMS = ("modelaudit", "modelaudit-hook")
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

METADATA = """Metadata-Version: 2.1
Name: modelaudit-gate
Version: {version}
Summary: Tells what a machine-learning model file would run when opened, without opening it, and makes it safe
License: Apache-2.0
Requires-Python: >=3.8
Description-Content-Type: text/markdown

"""


def read(*parts):
    with open(os.path.join(ROOT, *parts), "rb") as f:
        return f.read()


def entries(version, system, arch, folder):
    """Yields the name, mode and bytes of each member, RECORD left out."""
    info = f"modelaudit_gate-{version}.dist-info"
    scripts = f"modelaudit_gate-{version}.data/scripts"
    suffix = ".exe" if system == "windows" else ""
    for program in PROGRAMS:
        with open(os.path.join(folder, program + suffix), "rb") as f:
            yield f"{scripts}/{program}{suffix}", 0o755, f.read()
    tags = "".join(f"Tag: py3-none-{t}\n" for t in TAGS[system, arch].split("."))
    yield f"{info}/METADATA", 0o644, METADATA.format(version=version).encode() + read("README.md")
    yield f"{info}/WHEEL", 0o644, f"Wheel-Version: 1.0\nGenerator: modelaudit\nRoot-Is-Purelib: false\n{tags}".encode()
    yield f"{info}/licenses/LICENSE", 0o644, read("LICENSE")
    yield f"{info}/licenses/THIRD_PARTY_NOTICES.txt", 0o644, read("internal", "notices", "notices.txt")


def build(version, system, arch, folder, output):
    name = f"modelaudit_gate-{version}-py3-none-{TAGS[system, arch]}.whl"
    record, members = [], list(entries(version, system, arch, folder))
    for path, _, data in members:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record.append(f"{path},sha256={digest},{len(data)}\n")
    path = f"modelaudit_gate-{version}.dist-info/RECORD"
    members.append((path, 0o644, "".join(record + [f"{path},,\n"]).encode()))
    os.makedirs(output, exist_ok=True)
    target = os.path.join(output, name)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as wheel:
        for path, mode, data in members:
            member = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            member.create_system, member.external_attr, member.compress_type = 3, (0o100000 | mode) << 16, zipfile.ZIP_DEFLATED
            wheel.writestr(member, data)
    return target


if __name__ == "__main__":
    if len(sys.argv) != 6 or tuple(sys.argv[2:4]) not in TAGS:
        sys.exit(__doc__)
    print(build(*sys.argv[1:]))
