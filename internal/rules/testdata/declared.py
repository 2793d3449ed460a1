"""Writes ordinary/declared-TAG-pN.pkl: declared.py TAG PROTOCOL...

Configurations of OmegaConf, annotations, loggers, contexts and errors, as checkpoints and
logs of trainings hold them. What a version lacks is left out. TAG names the versions.
"""
import collections
import decimal
import http
import json
import logging
import operator
import os
import pathlib
import pickle
import sys
import typing
import uuid
import warnings

warnings.simplefilter("ignore")


def configs():
    import omegaconf as oc
    from omegaconf import OmegaConf
    yield "dict", lambda: OmegaConf.create({"model": {"layers": [1, 2, {"a": None}], "name": "x", "lr": 0.1, "on": True, "same": "${model.lr}", "missing": "???"}})
    yield "list", lambda: OmegaConf.create([1, "a", [True]])
    yield "part", lambda: OmegaConf.create({"a": {"b": 1}}).a
    yield "read only", lambda: OmegaConf.create({"a": 1}, flags={"readonly": True})
    yield "path", lambda: OmegaConf.create({"p": pathlib.Path("x"), "b": b"ab"})
    yield "tuple", lambda: OmegaConf.create({"t": (1, 2)})
    yield "enumeration", lambda: oc.EnumNode(http.HTTPStatus, http.HTTPStatus.OK)
    yield "typed", lambda: oc.DictConfig({"a": 1}, key_type=str, element_type=int)
    yield "typed list", lambda: oc.ListConfig([1], element_type=typing.Optional[int])
    yield "union", lambda: oc.UnionNode(1, typing.Union[int, str])
    yield "result", lambda: oc.nodes.InterpolationResultNode("x")
    for n, v in dict(AnyNode=1, NoneNode=None, StringNode="a", PathNode=pathlib.Path("x"), IntegerNode=1, FloatNode=1.5, BooleanNode=True, BytesNode=b"a").items():
        yield n, lambda n=n, v=v: getattr(oc.nodes, n)(v)


def python():
    yield "annotations", lambda: [typing.List[int], typing.Dict[str, typing.Any], typing.Optional[str], typing.Tuple[int, ...], typing.Callable[[int], str], list[int], typing.Literal["a", 1]]
    yield "loggers", lambda: [logging.getLogger("a.b"), logging.getLogger()]
    yield "contexts", lambda: [decimal.Context(prec=5), decimal.getcontext()]
    for n in "Clamped DecimalException DivisionByZero FloatOperation Inexact InvalidOperation Overflow Rounded Subnormal Underflow".split():
        yield n, lambda n=n: getattr(decimal, n)("x")
    yield "ids", lambda: uuid.SafeUUID.safe
    yield "text", lambda: collections.UserString("abc")
    yield "errors", lambda: [json.JSONDecodeError("m", "doc", 0), ModuleNotFoundError("x", name="y"), ConnectionResetError(), GeneratorExit()]
    yield "noted", _noted
    yield "operators", lambda: [operator.add, operator.mul, operator.lt]


def _noted():
    e = ValueError("x")
    e.code = 3
    e.add_note("n")
    return e


def sklearn():
    from sklearn import exceptions
    for n in "NotFittedError ConvergenceWarning DataConversionWarning DataDimensionalityWarning EfficiencyWarning FitFailedWarning UndefinedMetricWarning PositiveSpectrumWarning".split():
        yield n, lambda n=n: getattr(exceptions, n)("x")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    for protocol in map(int, sys.argv[2:]):
        objects = {}
        for lib in (configs, python, sklearn):
            try:
                for name, make in lib():
                    try:
                        o = make()
                        pickle.dumps(o, protocol)
                        objects["%s %s" % (lib.__name__, name)] = o
                    except Exception as e:
                        print(name, "left out:", e, file=sys.stderr)
            except ImportError as e:
                print(lib.__name__, e, file=sys.stderr)
        with open(os.path.join(here, "ordinary", "declared-%s-p%d.pkl" % (sys.argv[1], protocol)), "wb") as f:
            pickle.dump(objects, f, protocol)


if __name__ == "__main__":
    main()
