"""What every script here begins with: the paths, and JSON in and out."""

import json
import pathlib
import sys
import warnings

sys.dont_write_bytecode = True
warnings.simplefilter("ignore")
HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parents[1] / "testdata"
sys.path.insert(0, str(FIXTURES))


def read():
    return json.load(sys.stdin)


def answer(value):
    json.dump(value, sys.stdout)
