"""Saves every torch case into the folder argv[1]; answers what was saved."""

import pathlib
import sys

import common

sys.path.insert(0, str(common.FIXTURES / "torch"))

import cases  # noqa: E402
import make  # noqa: E402


def entry(case, kind, path):
    return {"name": f"{kind}/{case.name}", "source": str(path), "weights": list(case.weights), "expect": case.expect}


def main(root):
    made = []
    for kind in ("zip", "legacy"):
        (root / kind).mkdir(parents=True)
        for case in cases.cases():
            if kind in case.kinds:
                path = root / kind / case.file
                make.save(case, path, kind == "legacy")
                made.append(entry(case, kind, path))
    for case in make.big_endian_cases() if make.NEW else ():
        path = root / "zip" / case.file
        make.save(case, path, False)
        make.big_endian(case, path)
        made.append(entry(case, "zip", path))
    return made


common.answer(main(pathlib.Path(sys.argv[1])))
