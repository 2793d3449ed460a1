"""Pickle opcodes as text, and crafted streams built from them.

STREAMS maps a name to (stream, callable): callable is the dotted name that a
finding must show, or "" where a scanner cannot be asked to compute it. Each
stream is a technique that hides a call from some analyser; the call is
counter.tick or another call that changes nothing.
"""

import itertools
import struct

PROTO4, STOP = b"\x80\x04", b"."
REDUCE0 = b")R"  # call with no argument
CALLED = "counter.tick"


def s(text):  # SHORT_BINUNICODE
    return b"\x8c" + bytes([len(text)]) + text.encode()


def glob(module, name):  # GLOBAL
    return b"c%s\n%s\n" % (module.encode(), name.encode())


def stack(module, name):  # STACK_GLOBAL
    return s(module) + s(name) + b"\x93"


def call(module, name, *args):
    """REDUCE of a global on a tuple of streams."""
    return stack(module, name) + b"(" + b"".join(args) + b"tR"


def made(module, name):  # NEWOBJ without arguments
    return stack(module, name) + b")\x81"


TICK = glob("counter", "tick")
PAYLOAD = TICK + REDUCE0 + b"0"  # call, then drop the result
STRING_OPCODES = {
    "STRING": lambda t: b"S'%s'\n" % t, "UNICODE": lambda t: b"V%s\n" % t,
    "SHORT_BINSTRING": lambda t: b"U" + bytes([len(t)]) + t, "BINSTRING": lambda t: b"T" + struct.pack("<i", len(t)) + t,
    "SHORT_BINUNICODE": lambda t: b"\x8c" + bytes([len(t)]) + t, "BINUNICODE": lambda t: b"X" + struct.pack("<I", len(t)) + t,
    "BINUNICODE8": lambda t: b"\x8d" + struct.pack("<Q", len(t)) + t,
}


def nested_legacy():
    """A legacy torch file whose object is the payload."""
    magic = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
    version = b"\x80\x02M\xe9\x03."
    system = b"\x80\x02}(X\x0d\x00\x00\x00little_endian\x88u."
    return magic + version + system + b"\x80\x02" + TICK + REDUCE0 + b"." + b"\x80\x02]."


def short_bytes(data):
    return b"B" + struct.pack("<I", len(data)) + data


def basic():
    obj = b"(" + stack("counter", "tick")
    yield "reduce_protocol0", b"ccounter\ntick\n(tR.", CALLED
    yield "reduce_protocol2", b"\x80\x02" + TICK + REDUCE0 + STOP, CALLED
    yield "stack_global", PROTO4 + stack("counter", "tick") + REDUCE0 + STOP, CALLED
    yield "inst", b"(icounter\ntick\n.", CALLED
    yield "obj", PROTO4 + obj + b"o.", CALLED
    yield "obj_pop", PROTO4 + obj + b"o0N.", CALLED
    yield "newobj", PROTO4 + made("counter", "Made") + STOP, "counter.Made"
    yield "newobj_ex", PROTO4 + stack("counter", "Made") + b")}\x92.", "counter.Made"
    yield "build_setstate", PROTO4 + made("counter", "Sink") + b"}b.", "counter.Sink"
    yield "append", PROTO4 + made("counter", "Sink") + b"Na.", "counter.Sink"
    yield "appends", PROTO4 + made("counter", "Sink") + b"(NNe.", "counter.Sink"
    yield "additems", PROTO4 + made("counter", "Sink") + b"(NN\x90.", "counter.Sink"
    yield "setitem", PROTO4 + made("counter", "Sink") + b"NNs.", "counter.Sink"
    yield "setitems", PROTO4 + made("counter", "Sink") + b"(NNu.", "counter.Sink"
    yield "in_dict_value", PROTO4 + b"}" + s("w") + stack("counter", "tick") + REDUCE0 + b"s.", CALLED
    yield "global_only", PROTO4 + stack("counter", "tick") + STOP, CALLED
    yield "known_module", b"cos\ngetpid\n)R.", "os.getpid"
    yield "known_builtin", b"c__builtin__\nlen\n(]tR.", "builtins.len"


def planted():
    """State changes that make an innocent name mean something else."""
    slots = b"N}" + s("planted") + stack("counter", "tick") + b"s\x86b0"
    yield "build_module_attribute", PROTO4 + stack("json", "decoder") + slots + stack("json.decoder", "planted") + REDUCE0 + STOP, ""
    modules = stack("sys", "modules") + s("innocent") + stack("counter", "this") + b"s0"
    yield "setitem_sys_modules", PROTO4 + modules + stack("innocent", "tick") + REDUCE0 + STOP, ""
    register = call("copyreg", "add_extension", s("counter"), s("tick"), b"K\xf0") + b"0"
    yield "add_extension_ext1", PROTO4 + register + b"\x82\xf0" + REDUCE0 + STOP, ""
    yield "defaultdict_factory", PROTO4 + call("collections", "defaultdict", stack("counter", "tick")) + STOP, CALLED


def memo():
    module, name = s("counter"), s("tick")
    yield "memoize_after_pop", PROTO4 + module + s("math") + b"0\x940" + b"h\x00" + name + b"\x93)R.", CALLED
    decoys = s("math") + b"q\x020" + module + b"q\x000" + s("floor") + b"q\x030" + name + b"q\x010"
    yield "decoy_put_pop", PROTO4 + decoys + b"h\x00h\x01\x93)R.", CALLED
    overwritten = s("math") + b"q\x000" + module + b"q\x000" + s("floor") + b"q\x010" + name + b"q\x010"
    yield "memo_overwrite", PROTO4 + overwritten + b"h\x00h\x01\x93)R.", CALLED
    yield "memo_of_none", PROTO4 + b"N\x940" + module + b"\x940" + name + b"\x940" + b"h\x01h\x02\x93)R.", CALLED
    yield "memo_sparse", PROTO4 + module + b"r\x00\x01\x00\x000" + name + b"\x940" + b"j\x00\x01\x00\x00h\x01\x93)R.", CALLED
    yield "dup_pop_gap", PROTO4 + module + b"20" + name + b"20\x93)R.", CALLED
    yield "mark_gap", PROTO4 + module + b"(NN1" + name + b"(1\x93)R.", CALLED
    yield "missing_memo_after", PROTO4 + PAYLOAD + b"h\x63.", CALLED
    yield "type_confusion_after", PROTO4 + PAYLOAD + b"K\x01" + s("x") + b"\x93.", CALLED


def operands():
    for (a, first), (b, second) in itertools.product(STRING_OPCODES.items(), repeat=2):
        yield f"operands_{a}_{b}", PROTO4 + first(b"counter") + second(b"tick") + b"\x93)R.", CALLED
    yield "escape_unicode", PROTO4 + b"V\\u0063ounter\n" + b"Vt\\u0069ck\n\x93)R.", CALLED
    yield "escape_string", PROTO4 + b"S'\\x63ounter'\n" + b'S"t\\151ck"\n\x93)R.', CALLED
    joined = call("builtins", "str.join", s(""), b"](" + s("cou") + s("nter") + b"e")
    yield "computed_join", PROTO4 + joined + s("tick") + b"\x93)R.", ""
    decoded = call("_codecs", "decode", b"C\x07counter")
    yield "computed_decode", PROTO4 + decoded + s("tick") + b"\x93)R.", ""
    yield "computed_str", PROTO4 + call("builtins", "str", s("counter")) + s("tick") + b"\x93)R.", ""


def names():
    yield "dotted", PROTO4 + stack("counter", "this.tick") + REDUCE0 + STOP, "counter.this.tick"
    yield "dotted_other_module", PROTO4 + stack("pathlib", "os.getpid") + REDUCE0 + STOP, "pathlib.os.getpid"
    yield "private_alias", PROTO4 + stack("random", "_os.getpid") + REDUCE0 + STOP, "random._os.getpid"
    yield "torch_reexport", PROTO4 + stack("torch.serialization", "os.getpid") + REDUCE0 + STOP, "torch.serialization.os.getpid"
    yield "tempfile_alias", PROTO4 + stack("tempfile", "_os.getpid") + REDUCE0 + STOP, "tempfile._os.getpid"
    table = stack("random", "__builtins__")
    yield "builtins_table", PROTO4 + call("builtins", "dict.get", table, s("len")) + b"(]tR.", ""
    yield "python2_module", b"cthread\nget_ident\n)R.", "_thread.get_ident"
    yield "python2_getoutput", b"ccommands\ngetoutput\n.", "subprocess.getoutput"
    yield "getattr", PROTO4 + call("builtins", "getattr", stack("counter", "this"), s("tick")) + REDUCE0 + STOP, "builtins.getattr"
    yield "import", PROTO4 + call("builtins", "__import__", s("counter")) + STOP, "builtins.__import__"
    yield "import_module", PROTO4 + call("importlib", "import_module", s("counter")) + STOP, "importlib.import_module"
    yield "partial", PROTO4 + call("functools", "partial", stack("counter", "tick")) + REDUCE0 + STOP, CALLED
    methodcaller = call("operator", "methodcaller", s("tick"))
    yield "methodcaller", PROTO4 + methodcaller + b"(" + stack("counter", "this") + b"tR.", "operator.methodcaller"
    mapped = call("builtins", "map", stack("counter", "tick"), b"](K\x01e")
    yield "map_list", PROTO4 + call("builtins", "list", mapped) + STOP, CALLED
    yield "sorted_key", PROTO4 + call("functools", "reduce", stack("counter", "tick"), b"](K\x01K\x02e") + STOP, CALLED


def streams():
    yield "second_proto", PROTO4 + b"N0\x80\x02" + TICK + REDUCE0 + STOP, CALLED
    yield "no_proto_binary", b"K\x010" + TICK + REDUCE0 + STOP, CALLED
    yield "frame_too_short", PROTO4 + b"\x95" + struct.pack("<Q", 3) + TICK + REDUCE0 + STOP, CALLED
    yield "frame_in_frame", PROTO4 + b"\x95" + struct.pack("<Q", 12) + b"N0\x95" + struct.pack("<Q", 2) + TICK + REDUCE0 + STOP, CALLED
    yield "base0_int", b"I0x10\n0" + TICK + REDUCE0 + STOP, CALLED
    yield "underscore_long", b"L1_000L\n0" + TICK + REDUCE0 + STOP, CALLED
    yield "unknown_opcode_after", PROTO4 + PAYLOAD + b"\xff.", CALLED
    yield "truncated_after", PROTO4 + PAYLOAD + b"X\xff\xff", CALLED
    yield "stack_underflow_after", PROTO4 + PAYLOAD + b"R.", CALLED
    yield "next_buffer_after", PROTO4 + PAYLOAD + b"\x97.", CALLED
    yield "no_stop", PROTO4 + TICK + REDUCE0, CALLED
    yield "second_stream", b"\x80\x04N." + b"\x80\x04" + TICK + REDUCE0 + STOP, CALLED
    yield "nested_loads", PROTO4 + call("pickle", "loads", short_bytes(b"ccounter\ntick\n)R.")) + STOP, "pickle.loads"
    yield "nested_torch", PROTO4 + call("torch.storage", "_load_from_bytes", short_bytes(nested_legacy())) + STOP, CALLED
    yield "unhashable_after", PROTO4 + PAYLOAD + b"}]Ns.", CALLED


STREAMS = {name: (data, wanted) for make in (basic, planted, memo, operands, names, streams) for name, data, wanted in make()}
