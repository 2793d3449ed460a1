"""Writes HDF5 files with h5py and says of each what h5py finds in it.

usage: h5py_files.py FOLDER; prints a JSON list of {"name", "objects"}.
       h5py_files.py --describe FILE...; the same for files that are there.
"""
import ctypes
import hashlib
import json
import os
import re
import sys

import h5py
import numpy as np

OUT = sys.argv[1]


def spell(t):
    """Spells a datatype as internal/hdf5 does, from the low-level interface."""
    size, cls = t.get_size(), t.get_class()
    order = "|" if size == 1 else "<"
    if cls in (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.BITFIELD):
        if t.get_order() == h5py.h5t.ORDER_BE:
            order = ">"
    if cls == h5py.h5t.INTEGER or cls == h5py.h5t.BITFIELD:
        kind = "b" if cls == h5py.h5t.BITFIELD else "u" if t.get_sign() == h5py.h5t.SGN_NONE else "i"
        odd = kind != "b" and t.get_precision() != 8 * size
        bits = "(%d:%d)" % (t.get_offset(), t.get_precision()) if odd else ""
        return "%s%s%d%s" % (order, kind, size, bits)
    if cls == h5py.h5t.FLOAT:
        exponent, mantissa = t.get_fields()[2], t.get_fields()[4]
        names = {(5, 10): "f2", (8, 23): "f4", (11, 52): "f8", (8, 7): "bf16", (15, 64): "f10", (15, 112): "f16", (4, 3): "f8e4m3", (5, 2): "f8e5m2"}
        return order + names[exponent, mantissa]
    if cls == h5py.h5t.STRING:
        return "str" if t.is_variable_str() else "S%d" % size
    if cls == h5py.h5t.OPAQUE:
        return "V%d(%s)" % (size, t.get_tag().decode())
    if cls == h5py.h5t.COMPOUND:
        members = ["%s:%s@%d" % (t.get_member_name(i).decode(), spell(t.get_member_type(i)), t.get_member_offset(i)) for i in range(t.get_nmembers())]
        out = "{%s;%d}" % (",".join(members), size)
        # h5py gives the size that a pointer has in memory: leave out what depends on it.
        return out if plain_text(out) else re.sub("@[0-9]+|;[0-9]+", "", out)
    if cls == h5py.h5t.REFERENCE:
        return "ref" if t == h5py.h5t.STD_REF_OBJ else "regref"
    if cls == h5py.h5t.ENUM:
        base = t.get_super()
        signed = base.get_sign() != h5py.h5t.SGN_NONE
        values = sorted((t.get_member_value(i), t.get_member_name(i).decode()) for i in range(t.get_nmembers()))
        values = [(t.get_member_name(i).decode(), t.get_member_value(i)) for i in range(t.get_nmembers())]
        big = "big" if base.get_order() == h5py.h5t.ORDER_BE else "little"
        return "enum<%s>" % spell(base) + "".join(" %s=%s" % (n, int(v).to_bytes(size, big, signed=signed).hex()) for n, v in values)
    if cls == h5py.h5t.VLEN:
        return "vlen<%s>" % spell(t.get_super())
    if cls == h5py.h5t.ARRAY:
        return "[%s]<%s>" % (",".join(map(str, t.get_array_dims())), spell(t.get_super()))
    if cls == getattr(h5py.h5t, "COMPLEX", -1):
        return "complex<%s>" % spell(t.get_super())
    raise ValueError("class %d" % cls)


def space(s):
    if s.get_simple_extent_type() == h5py.h5s.NULL:
        return {"kind": 2, "dims": []}
    return {"kind": s.get_simple_extent_type(), "dims": list(s.shape)}


def plain(t):
    """Whether the elements are bytes and no pointers."""
    return plain_text(spell(t))


def plain_text(text):
    return not any(x in text for x in ("vlen<", "str", "ref"))


def texts(t, a):
    """What strings an attribute holds, for comparison with Strings."""
    if t.get_class() != h5py.h5t.STRING or a is None:
        return None
    flat = np.asarray(a).reshape(-1).tolist()
    return [(x if isinstance(x, bytes) else x.encode("utf8", "surrogateescape")).hex() for x in flat]


def read_attribute(aid):
    t, s = aid.get_type(), aid.get_space()
    out = {"name": aid.name.decode("utf8", "surrogateescape"), "type": spell(t), "space": space(s)}
    if s.get_simple_extent_type() == h5py.h5s.NULL:
        return out
    if plain(t):
        buf = np.zeros(s.shape, dtype="V%d" % t.get_size())
        aid.read(buf, mtype=t)
        out["sha256"] = hashlib.sha256(buf.tobytes()).hexdigest()
    if t.get_class() == h5py.h5t.STRING:
        if t.is_variable_str():
            a = h5py.Dataset  # silence linters
            value = np.empty(s.shape, dtype=h5py.string_dtype("ascii" if t.get_cset() == 0 else "utf-8"))
            aid.read(value)
            flat = value.reshape(-1).tolist()
            out["strings"] = [(x if isinstance(x, bytes) else x.encode("utf8", "surrogateescape")).hex() for x in flat]
        else:
            buf = np.zeros(s.shape, dtype="S%d" % max(t.get_size(), 1))
            aid.read(buf)
            out["strings"] = [x.hex() for x in buf.reshape(-1).tolist()]
    return out


def attributes(oid):
    tracked = not isinstance(oid, h5py.h5t.TypeID) and oid.get_create_plist().get_attr_creation_order() & h5py.h5p.CRT_ORDER_TRACKED
    kind = h5py.h5.INDEX_CRT_ORDER if tracked else h5py.h5.INDEX_NAME
    return [read_attribute(h5py.h5a.open(oid, index=i, index_type=kind)) for i in range(h5py.h5a.get_num_attrs(oid))]


def read_dataset(d):
    t, s = d.get_type(), d.get_space()
    out = {"type": spell(t), "space": space(s), "attributes": attributes(d), "kind": 2}
    p = d.get_create_plist()
    out["layout"] = p.get_layout()
    out["external"] = [p.get_external(i)[0].decode() for i in range(p.get_external_count())]
    out["filters"] = [p.get_filter(i)[0] for i in range(p.get_nfilters())]
    if s.get_simple_extent_type() == h5py.h5s.NULL or not plain(t) or out["external"] or out["layout"] == h5py.h5d.VIRTUAL:
        return out
    if any(f in (4, 5, 6) for f in out["filters"]):
        return out
    buf = np.zeros(s.shape, dtype="V%d" % t.get_size())
    d.read(h5py.h5s.ALL, h5py.h5s.ALL, buf, mtype=t)
    out["sha256"] = hashlib.sha256(buf.tobytes()).hexdigest()
    return out


def visit(g, path, seen, out):
    info = h5py.h5o.get_info(g)
    key = (info.fileno, info.addr)
    if key in seen:
        return seen[key]
    seen[key] = path
    if isinstance(g, h5py.h5d.DatasetID):
        o = read_dataset(g)
    elif isinstance(g, h5py.h5t.TypeID):
        o = {"kind": 3, "type": spell(g), "attributes": attributes(g)}
    else:
        o = {"kind": 1, "attributes": attributes(g), "links": []}
        names = list(g)
        tracked = g.get_create_plist().get_link_creation_order() & h5py.h5p.CRT_ORDER_TRACKED
        if not tracked:
            names.sort()
        for name in names:
            link = g.links.get_info(name)
            text = name.decode("utf8", "surrogateescape")
            entry = {"name": text, "kind": {h5py.h5l.TYPE_HARD: 0, h5py.h5l.TYPE_SOFT: 1, h5py.h5l.TYPE_EXTERNAL: 2}[link.type]}
            if entry["kind"] == 1:
                entry["target"] = g.links.get_val(name).decode()
            elif entry["kind"] == 2:
                file, target = g.links.get_val(name)
                entry["file"], entry["target"] = file.decode(), target.decode()
            else:
                entry["object"] = visit(h5py.h5o.open(g, name), path + "/" + text, seen, out)
            o["links"].append(entry)
    o["path"] = path
    out.append(o)
    return path


def describe(path):
    out = []
    with h5py.File(path, "r") as f:
        visit(f["/"].id, "", {}, out)
    return out


def kerasish(f):
    f.attrs["model_config"] = '{"class_name": "Sequential", "x": "%s"}' % ("a" * 3000)
    f.attrs["training_config"] = b'{"loss": "mse"}'
    f.attrs["keras_version"] = "3.15.0"
    w = f.create_group("model_weights")
    w.attrs["layer_names"] = np.array([b"dense", b"dense_1", b"lambda"])
    for name in ("dense", "dense_1", "lambda"):
        g = w.create_group(name)
        names = [] if name == "lambda" else [name + "/kernel:0", name + "/bias:0"]
        g.attrs["weight_names"] = np.array([n.encode() for n in names])
        for i, n in enumerate(names):
            g.create_dataset(n, data=np.arange(24, dtype="f4").reshape(4, 6) + i)


def big_config(f):
    f.attrs["model_config"] = "x" * 200_000
    f.attrs["fixed"] = np.bytes_("y" * 60_000)


def many(f, n=300):
    for i in range(n):
        g = f.create_group("layer_%03d" % i)
        g.create_dataset("kernel", data=np.full((3, 2), i, "f4"))


def dense_attributes(f):
    for i in range(40):
        f.attrs["attribute_%d" % i] = "value %d" % i
    f.attrs["large"] = np.arange(7000, dtype="i4")
    f.attrs.create("empty", h5py.Empty("f8"))


def huge_attribute(f):
    for i in range(20):
        f.attrs["a%d" % i] = i
    f.attrs["huge"] = np.arange(40_000, dtype="f8")
    f.attrs["huge2"] = np.bytes_(b"z" * 70_000)


def types(f):
    rng = np.random.default_rng(1)
    for t in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "c8", "c16"):
        for order in "<>":
            a = rng.integers(0, 100, (3, 5)).astype(order + t)
            f.create_dataset("n_" + order + t, data=a)
            f["n_" + order + t].attrs["a"] = a[0]
    f["bool"] = np.array([True, False])
    f["longdouble"] = np.array([1.5, 2.5], dtype=np.longdouble)
    f["S"] = np.array([b"a", b"bcd", b""])
    f["U"] = np.array(["ä", "b"], dtype=h5py.string_dtype())
    f["vS"] = np.array([b"x", b"yy"], dtype=h5py.string_dtype("ascii"))
    f["fixed_utf8"] = np.array(["é".encode()], dtype=h5py.string_dtype("utf-8", 7))
    f.create_dataset("vlen", (3,), dtype=h5py.vlen_dtype("i4"))
    f["vlen"][0] = [1, 2, 3]
    f["vlen"][2] = [7]
    f["enum"] = np.array([1, 2, -1], dtype=h5py.enum_dtype({"ONE": 1, "TWO": 2, "MINUS": -1}, basetype="i2"))
    dt = np.dtype([("a", "<i4"), ("b", ">f8", (2, 3)), ("c", "S3"), ("d", [("x", "u1"), ("y", "<f2")])])
    f["compound"] = np.zeros(4, dtype=dt)
    f["aligned"] = np.zeros(4, dtype=np.dtype([("a", "i1"), ("b", "f8")], align=True))
    f["compound_vlen"] = np.array([(1, "one"), (2, "two")], dtype=[("n", "i4"), ("s", h5py.string_dtype())])
    f["opaque"] = np.array([b"abc", b"def"], dtype="V3")
    f["time"] = np.array(["2020-01-01"], dtype="M8[D]").astype(h5py.opaque_dtype("M8[D]"))
    f["array_type"] = np.zeros((2,), dtype=np.dtype(("f4", (2, 3)))) if False else 1
    tid = h5py.h5t.array_create(h5py.h5t.IEEE_F32LE, (2, 3))
    h5py.h5d.create(f.id, b"array", tid, h5py.h5s.create_simple((2,)))
    h5py.h5d.create(f.id, b"bitfield", h5py.h5t.STD_B16LE, h5py.h5s.create_simple((2,)))
    odd = h5py.h5t.STD_I32LE.copy()
    odd.set_precision(17)
    odd.set_offset(3)
    h5py.h5d.create(f.id, b"odd_bits", odd, h5py.h5s.create_simple((2,)))
    h5py.h5d.create(f.id, b"bfloat16", bfloat16(), h5py.h5s.create_simple((2,)))
    f.create_dataset("ref", (2,), dtype=h5py.ref_dtype)
    f["ref"][0] = f["bool"].ref
    f.create_dataset("regref", (2,), dtype=h5py.regionref_dtype)
    f["regref"][0] = f["n_<i4"].regionref[0:2, 1:3]
    f["scalar"] = 3.5
    f["empty"] = h5py.Empty("f4")
    f["zero"] = np.zeros((0, 4))
    f["named"] = np.dtype("f4")
    f["named"].attrs["a"] = 1
    f.create_dataset("uses_named", (2,), dtype=f["named"])
    f["uses_named"].attrs.create("also", np.float32(1), dtype=f["named"])
    f.attrs["vlen_array"] = np.array(["one", "", "three"], dtype=h5py.string_dtype())
    f.attrs["S_array"] = np.array([[b"a", b"bb"], [b"ccc", b""]])
    f.attrs["reference"] = f["bool"].ref
    f.attrs["ünicode"] = "ü"


def bfloat16():
    t = h5py.h5t.IEEE_F32LE.copy()
    t.set_fields(15, 7, 8, 0, 7)
    t.set_size(2) if False else None
    t.set_precision(16)
    t.set_size(2)
    t.set_ebias(127)
    return t


def layouts(f):
    a = np.arange(50 * 33, dtype="<i4").reshape(50, 33)
    p = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    p.set_layout(h5py.h5d.COMPACT)
    d = h5py.h5d.create(f.id, b"compact", h5py.h5t.STD_I32LE, h5py.h5s.create_simple((5,)), p)
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(5, dtype="<i4"))
    f["contiguous"] = a
    f.create_dataset("unwritten", (10, 10), "f4")
    f.create_dataset("fill", (10, 10), "f4", fillvalue=2.5)
    f.create_dataset("chunked", data=a, chunks=(7, 5))
    f.create_dataset("single", data=a, chunks=a.shape)
    f.create_dataset("single_gzip", data=a, chunks=a.shape, compression="gzip")
    f.create_dataset("larger_chunk", data=a, chunks=(64, 64), maxshape=(None, None))
    f.create_dataset("gzip", data=a, chunks=(7, 5), compression="gzip", shuffle=True)
    f.create_dataset("lzf", data=a, chunks=(7, 5), compression="lzf")
    f.create_dataset("lzf_random", data=np.random.default_rng(0).integers(0, 1 << 30, (100, 9)), chunks=(10, 9), compression="lzf")
    f.create_dataset("lzf_long", data=np.zeros(100_000, "u1"), chunks=(50_000,), compression="lzf", shuffle=True)
    f.create_dataset("fletcher", data=a, chunks=(7, 5), fletcher32=True)
    f.create_dataset("fletcher_odd", data=np.arange(77, dtype="u1"), chunks=(11,), fletcher32=True)
    f.create_dataset("all", data=a, chunks=(7, 5), compression="gzip", shuffle=True, fletcher32=True)
    f.create_dataset("scaleoffset", data=a, chunks=(7, 5), scaleoffset=12)
    f.create_dataset("sparse", (1000, 1000), "i2", chunks=(100, 100), fillvalue=-3)
    f["sparse"][450:460, 120:720] = 7
    f.create_dataset("fixed_max", data=a, chunks=(7, 5), maxshape=(100, 80))
    f.create_dataset("fixed_many", data=np.arange(5000, dtype="i2"), chunks=(2,), maxshape=(6000,))
    f.create_dataset("fixed_many_gzip", data=np.arange(5000, dtype="i2"), chunks=(2,), compression="gzip")
    f.create_dataset("fixed_holes", (40_000,), "i2", chunks=(4,))
    f["fixed_holes"][30_000:30_100] = 5
    f.create_dataset("extensible", data=a, chunks=(7, 5), maxshape=(None, 33))
    f.create_dataset("extensible1", data=a, chunks=(7, 5), maxshape=(50, None))
    f.create_dataset("extensible_gzip", data=a, chunks=(7, 5), maxshape=(None, 40), compression="gzip")
    f.create_dataset("extensible_many", data=np.arange(60_000, dtype="i4"), chunks=(3,), maxshape=(None,))
    f.create_dataset("extensible_many_gzip", data=np.arange(9_000, dtype="i4"), chunks=(3,), maxshape=(None,), compression="gzip")
    f.create_dataset("tree", data=a, chunks=(7, 5), maxshape=(None, None))
    f.create_dataset("tree_many", data=np.arange(90_000, dtype="i4").reshape(300, 300), chunks=(3, 3), maxshape=(None, None))
    f.create_dataset("tree_gzip", data=a, chunks=(7, 5), maxshape=(None, None), compression="gzip")
    f.create_dataset("shrunk", data=a, chunks=(7, 5), maxshape=(None, None))
    f["shrunk"].resize((20, 11))
    f.create_dataset("shrunk_fixed", data=a, chunks=(7, 5), maxshape=(70, 70))
    f["shrunk_fixed"].resize((20, 11))
    f.create_dataset("three", data=np.arange(5 * 6 * 7, dtype="u2").reshape(5, 6, 7), chunks=(2, 4, 3))
    f.create_dataset("vlen_chunked", data=np.array(["s%d" % i for i in range(100)], dtype=h5py.string_dtype()), chunks=(9,), compression="gzip")
    early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    early.set_chunk((7, 5))
    early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    d = h5py.h5d.create(f.id, b"implicit", h5py.h5t.STD_I32LE, h5py.h5s.create_simple((50, 33)), early)
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, a)
    if hasattr(h5py.h5p.PropDCID, "set_chunk_opts"):
        pass


def chunks(f):
    """Every index and filter, small."""
    a = np.arange(12 * 7, dtype="<i2").reshape(12, 7)
    for name, most in {"fixed": (12, 7), "grows": (None, 7), "grows_last": (12, None), "grows_both": (None, None)}.items():
        f.create_dataset(name, data=a, chunks=(5, 3), maxshape=most)
        f.create_dataset(name + "_gzip", data=a, chunks=(5, 3), maxshape=most, compression="gzip", shuffle=True, fletcher32=True)
    f.create_dataset("single", data=a, chunks=(12, 7), compression="lzf")
    f.create_dataset("sparse", (40, 40), "f4", chunks=(10, 10), fillvalue=1.5)
    f["sparse"][21:23, 5:15] = 3
    f.create_dataset("unwritten", (5, 5), "f4", fillvalue=2.5)
    f.create_dataset("texts", data=np.array(["s%d" % i for i in range(20)], dtype=h5py.string_dtype()), chunks=(9,), compression="gzip")


def bomb(f):
    d = f.create_dataset("bomb", (1 << 40,), "u1", chunks=(1 << 20,), compression="gzip")
    d[: 1 << 20] = 0
    f.create_dataset("nothing", (1 << 50,), "f4", chunks=(1 << 20,))


def links(f):
    g = f.create_group("g")
    g["d"] = [1, 2]
    f["hard"] = g
    f["soft"] = h5py.SoftLink("/g/d")
    f["dangling"] = h5py.SoftLink("/nowhere")
    f["external"] = h5py.ExternalLink("other.h5", "/x/y")
    g["loop"] = f["/"]
    t = f.create_group("tracked", track_order=True)
    for n in "zebra", "apple", "mango":
        t[n] = 1
    t2 = f.create_group("tracked_many", track_order=True)
    for i in range(30):
        t2["n%d" % (i * 7 % 30)] = i
    for i in range(5):
        f.create_group("/".join("deep" for _ in range(i + 1)) if i else "deep_0")
    f.create_group("/".join(["down"] * 60))


def elsewhere(f):
    f.create_dataset("external", (10,), "f4", external=[("raw.bin", 0, 20), ("raw2.bin", 8, h5py.h5f.UNLIMITED)])
    layout = h5py.VirtualLayout(shape=(2, 5), dtype="i4")
    layout[0] = h5py.VirtualSource("a.h5", "data", shape=(5,))
    layout[1] = h5py.VirtualSource("b.h5", "data", shape=(5,))
    f.create_virtual_dataset("virtual", layout)


def deleted(f):
    for i in range(30):
        f.create_dataset("d%d" % i, data=np.arange(100 + i))
        f["d%d" % i].attrs["s"] = "text" * i
    for i in range(0, 30, 3):
        del f["d%d" % i]
    for i in range(1, 30, 3):
        del f["d%d" % i].attrs["s"]
        f["d%d" % i].attrs["t"] = "longer text" * 30


BODIES = {"keras": kerasish, "big_config": big_config, "many": many, "dense_attributes": dense_attributes, "types": types,
          "layouts": layouts, "chunks": chunks, "links": links, "elsewhere": elsewhere, "deleted": deleted}


def build(name, body, only_if=True, **kw):
    path = os.path.join(OUT, name + ".h5")
    try:
        f = h5py.File(path, "w", **kw)
    except (ValueError, TypeError, KeyError):  # this h5py lacks the version
        return None
    with f:
        body(f)
    return {"name": name + ".h5", "objects": describe(path)}


def main():
    cases = []
    for lib in ("default", "earliest", "v108", "v110", "v112", "v114", "v200", "latest"):
        kw = {} if lib == "default" else {"libver": lib if lib in ("earliest", "latest") else (lib, "latest")}
        for name, body in BODIES.items():
            if name == "big_config" and False:
                continue
            cases.append(build(name + "-" + lib, body, **kw))
        if lib not in ("default", "earliest"):
            cases.append(build("huge-" + lib, huge_attribute, **kw))
    cases.append(build("userblock-0", kerasish, userblock_size=512))
    cases.append(build("userblock-3", kerasish, userblock_size=2048, libver="latest"))
    cases.append(build("tracked", types, track_order=True))
    cases.append(build("paged", layouts, fs_strategy="page", fs_persist=True, libver="latest"))
    cases.append(build("persist", deleted, fs_strategy="fsm", fs_persist=True, libver="latest"))
    cases.append(build("aggregate", deleted, fs_strategy="aggregate"))
    cases.append(build("thousands", lambda f: many(f, 3000), libver="earliest"))
    cases.append(build("thousands_dense", lambda f: many(f, 3000), libver="latest"))
    cases.extend(low_level())
    with h5py.File(os.path.join(OUT, "bomb.h5"), "w") as f:  # h5py had better not read it
        bomb(f)
    json.dump([c for c in cases if c], sys.stdout)


def library():
    """The HDF5 library that h5py has loaded, for calls that it does not wrap."""
    with open("/proc/self/maps") as maps:
        for line in maps:
            path = line.split()[-1]
            if "libhdf5" in path and "_hl" not in path:
                return ctypes.CDLL(path)
    return None


def share(lib, p):
    lib.H5Pset_shared_mesg_nindexes(p, 2)
    lib.H5Pset_shared_mesg_index(p, 0, 1 << 12, 10)  # attributes
    lib.H5Pset_shared_mesg_index(p, 1, 1 << 1 | 1 << 3 | 1 << 5 | 1 << 11, 10)  # all others


def share_list(lib, p):
    share(lib, p)
    lib.H5Pset_shared_mesg_phase_change(p, 5000, 0)


def low_level():
    """Forms that need creation properties of the file that h5py does not know."""
    lib = library()
    if lib is None:
        return
    size = ctypes.c_size_t
    for name, options in {
        "sizes_4": lambda p: lib.H5Pset_sizes(p, size(4), size(4)),
        "sizes_4_8": lambda p: lib.H5Pset_sizes(p, size(4), size(8)),
        "sym_k": lambda p: lib.H5Pset_sym_k(p, 2, 1),
        "istore_k": lambda p: lib.H5Pset_istore_k(p, 2),
        "shared": lambda p: share(lib, p),
        "shared_list": lambda p: share_list(lib, p),
    }.items():
        for low in (h5py.h5f.LIBVER_EARLIEST, h5py.h5f.LIBVER_LATEST):
            create = h5py.h5p.create(h5py.h5p.FILE_CREATE)
            assert options(ctypes.c_int64(create.id)) in (0, None)
            access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
            access.set_libver_bounds(low, h5py.h5f.LIBVER_LATEST)
            file = "%s-%d.h5" % (name, low)
            path = os.path.join(OUT, file)
            with h5py.File(h5py.h5f.create(path.encode(), h5py.h5f.ACC_TRUNC, create, access)) as f:
                kerasish(f)
                many(f, 100)
                # HDF5 itself does not read all that it writes with other sizes, nor a
                # shared shape that changed.
                if name.endswith("_k"):
                    layouts(f)
                elif name.startswith("shared"):
                    types(f)
                dense_attributes(f)
            yield {"name": file, "objects": describe(path)}


if OUT == "--describe":
    json.dump([{"name": p, "objects": describe(p)} for p in sys.argv[2:]], sys.stdout)
else:
    main()
