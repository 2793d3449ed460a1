"""Pickles every numpy and plain torch case into argv[1]; answers what was saved."""

import importlib.util
import pathlib
import sys

import common

spec = importlib.util.spec_from_file_location("pickles", common.FIXTURES / "pickle" / "make.py")
pickles = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pickles)


def main(root):
    pickles.make(root)
    made = []
    for path in sorted(root.rglob("*.pkl")):
        case = path.stem.rsplit("-p", 1)[0]
        if path.parent.name == "python":
            continue  # no arrays, nothing to convert
        made.append({
            "name": f"{path.parent.name}/{path.stem}", "source": str(path), "weights": pickles.WEIGHTS.get(case, []),
            "expect": "either" if case == "objects" else "convert",
        })
    return made


common.answer(main(pathlib.Path(sys.argv[1])))
