"""The payload of every crafted pickle: it counts its calls and does no more."""

import sys

ticks = 0
this = sys.modules[__name__]


def tick(*args, **kwargs):
    global ticks
    ticks += 1
    return this


class Made:
    """Counts when an object is made."""

    def __new__(cls, *args, **kwargs):
        tick()
        return object.__new__(cls)


class Sink:
    """Counts when something is stored into it."""

    def __setstate__(self, state):
        tick()

    def __setitem__(self, key, value):
        tick()

    def append(self, item):
        tick()

    extend = add = append
