"""Decides which names are harmless, and writes the list.

    judge.py OUTDIR FACTS.json...

reads what collect.py noted and writes OUTDIR/PACKAGE.txt for each top-level package.
What the lists there hold of versions that were read before stays, unless a class
turns out not to be harmless in one that is read now; --anew forgets it.
A class is listed only if every method that loading could run is one that Python's own
builtins give it, or one that reviewed.py names, by the digest of its source, with the
reason why it is harmless. What is not listed is printed, with the method that is in
the way.
"""
import _compat_pickle
import collections
import glob
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import reviewed  # noqa: E402

# What loading can run of a class that is made by __new__ and given a dict.
LOAD = ["__new__", "__setstate__", "__getattr__", "__getattribute__", "__del__"]
# What a dict or set can run of its keys.
KEYS = ["__hash__", "__eq__"]
# Methods of builtins that do what a plain object needs.
BUILTIN = {"builtins.dict", "builtins.list", "builtins.tuple", "collections.OrderedDict", "collections.defaultdict", "typing.Generic", "abc.ABC", "enum.Enum", "builtins.int", "builtins.str", "typing.Protocol", "enum.ReprEnum", "enum.StrEnum", "enum.IntEnum"}
METAS = {"builtins.type", "abc.ABCMeta", "enum.EnumMeta", "enum.EnumType", "typing.GenericMeta", "typing._ProtocolMeta", "sklearn.metrics._dist_metrics.ABCMeta", "torch.distributions.distribution.DistributionMeta", "transformers.utils.generic._ModelOutputMeta", "transformers.utils.generic._BCCacheNameMeta", "shap._explanation.MetaExplanation", "river.base.estimator.EstimatorMeta", "pyro.distributions.distribution.DistributionMeta", "kornia.constants._KORNIA_EnumMeta"}

HELD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "held.txt")


def load(paths):
    runs = []
    for p in paths:
        for f in sorted(glob.glob(p)):
            runs.append((f, json.load(open(f))))
    return runs


def resolved(module, name):
    """The name that find_class looks up; below protocol 3 pickles hold Python 2's."""
    if (module, name) in _compat_pickle.NAME_MAPPING:
        return _compat_pickle.NAME_MAPPING[module, name]
    return _compat_pickle.IMPORT_MAPPING.get(module, module), name


class Rejected(Exception):
    pass


def reason_of(where, method, facts, run):
    """The reason code for one method of one base, or Rejected."""
    f = facts["run"][method]
    if f["py"] in ("none",):
        return None
    full = "%s.%s" % (where, method)
    if f["py"] == "c":
        if where in BUILTIN or method in KEYS and not facts["heap"]:
            return None
        raise Rejected("%s is native" % full)
    named = f.get("where", full)
    if method in KEYS and not reviewed.EFFECT.search(" ".join(f.get("calls", []))):
        return None
    if reviewed.ACCEPT:
        for key in (full, named):
            if key in reviewed.REASONS:
                reviewed.ACCEPT[key].add(f["sha"])
                return key
    for key in (full, named):
        if f.get("sha") in reviewed.METHODS.get(key, (None, ()))[1]:
            return key
    raise Rejected("%s %s calls %s" % (full if full == named else full + "=" + named, f.get("sha"), " ".join(f.get("calls", ["?"]))[:200]))


def effective(method, mro, classes):
    """The base that gives a class the method, or None if it is object's."""
    for b in mro:
        f = classes.get(b)
        if f and method in f["run"]:
            return b
    return None


def judge_class(full, classes, run):
    """Returns (kind, reasons) of a class in one set of versions."""
    c = classes[full]
    if not c["heap"]:
        raise Rejected("native class")
    if c["meta"] not in METAS:
        raise Rejected("metaclass " + c["meta"])
    if "<locals>" in full:
        raise Rejected("local class")
    if any(c["module"] == p or c["module"].startswith(p + ".") for p in reviewed.OFF_PREFIX):
        raise Rejected("stays off")
    if "dump_patches" in c["data"] and full != "torch.nn.modules.module.Module":
        raise Rejected("torch writes a patch of its source")
    kind, reasons = "plain", set()
    for b in c["mro"]:
        f = classes.get(b)
        if f is None:
            raise Rejected("unknown base " + b)
        if not f["heap"] and b not in BUILTIN:
            raise Rejected("native base " + b)
        if b in ("builtins.dict", "collections.OrderedDict", "collections.defaultdict"):
            kind = "mapping"
        elif b == "builtins.list":
            kind = "sequence"
        elif b == "builtins.tuple":
            kind = "record"
        elif b == "enum.Enum":
            kind = "enum"
    look = list(LOAD)
    if kind == "enum":
        look = ["_missing_"]
    elif kind == "record":
        if "_make" not in c["methods"] and not any("_make" in classes[b]["methods"] for b in c["mro"] if b in classes):
            raise Rejected("tuple that is no named tuple")
        look.remove("__new__")
        for b in c["mro"]:
            if "__new__" in classes[b]["run"] and classes[b]["run"]["__new__"]["py"] not in ("c", "no source"):
                reasons.add(reason_of(b, "__new__", classes[b], run))
        if effective("__setstate__", c["mro"], classes):
            raise Rejected("named tuple with a state")
    elif kind == "mapping":
        look += ["__setitem__", "update"]
    elif kind == "sequence":
        look += ["append", "extend", "__setitem__"]
    if kind == "mapping" and any(b in classes and "__setitem__" in classes[b]["run"] and classes[b]["run"]["__setitem__"]["py"] != "c" for b in c["mro"]):
        kind = "table"
        look.remove("__setitem__")
        look.remove("update")
    at = effective("__hash__", c["mro"], classes)
    if kind != "enum" and at and classes[at]["run"]["__hash__"]["py"] != "none":
        look += KEYS
    for m in look:
        b = effective(m, c["mro"], classes)
        # super() may go on to every base that has one.
        for b in [b for b in c["mro"] if b in classes and m in classes[b]["run"]] if m in ("__setstate__", "__getattr__", "__del__") else [b] if b else []:
            r = reason_of(b, m, classes[b], run)
            if r:
                reasons.add(r)
    return kind, reasons


def listed(before, full):
    module, name = full.rsplit(".", 1)
    return (module, name) in before and before[module, name].kind != "base"


def harmless_later(full, classes, before):
    """Rejects a class that no list had if its methods might open, start or import
    something when they are used: an attribute could say what."""
    for b in classes[full]["mro"]:
        if b in classes and classes[b].get("effects") and b not in reviewed.LATER and not listed(before, b):
            raise Rejected("%s uses %s" % (b, " ".join(classes[b]["effects"])[:100]))


def direct(mro, classes):
    """The bases of a class whose bases are all the others."""
    out, covered = [], set()
    for b in mro[1:]:
        if b in covered or b not in classes or b == "builtins.object":
            continue
        out.append(b)
        covered.update(classes[b]["mro"])
    return out


class Line:
    def __init__(self):
        self.kind, self.bases, self.defined, self.rules, self.reasons, self.where = "base", {}, set(), set(), set(), set()


def split(full, classes_all):
    f = classes_all[full]
    return f["module"], f["name"]


def main():
    args = sys.argv[1:]
    if args[0] == "--accept":
        reviewed.ACCEPT = collections.defaultdict(set)
        reviewed.ACCEPT[""] = set()
        args = args[1:]
    anew = args[0] == "--anew"
    args = args[anew:]
    outdir, paths = args[0], args[1:]
    runs = load(paths)
    before, versions = ({}, collections.defaultdict(set)) if anew else lists(outdir)
    lines = collections.defaultdict(Line)  # (module, name)
    rejected, functions, clashes = {}, collections.defaultdict(set), collections.defaultdict(set)
    taken_away = collections.defaultdict(set)  # base -> names that its heirs assign
    # What objects really have in their state is no name that the class keeps to
    # itself: one version's attribute can be another's property.
    observed = collections.defaultdict(set)
    for f, run in runs:
        for lib, v in run["versions"].items():
            versions[lib].add(v)
        for full, c in run["classes"].items():
            for b in c["mro"]:
                taken_away[b].update(c["assigned"])
        for key, states in run["keys"].items():
            full = run["names"].get(key, {}).get("class")
            for b in run["classes"].get(full, {}).get("mro", ()):
                taken_away[b].update(states)
                observed[b].update(states)
    remember(observed, before, runs)
    reviewed.NOT_DEFINED.update({b: reviewed.NOT_DEFINED.get(b, set()) | names for b, names in observed.items()})
    kept = {}
    for f, run in runs:
        classes = run["classes"]
        wanted = {}
        for key, e in run["names"].items():
            module, name = resolved(*key.split(" ", 1))
            if "class" in e:
                wanted[module, name] = e["class"]
            else:
                functions[module, name].update(set(e["uses"]) - {"name"} or {"name"})
        for full, c in classes.items():
            if c["exported"] and "<locals>" not in full:
                wanted.setdefault((c["module"], c["name"]), full)
        for (module, name), full in wanted.items():
            if full not in classes:
                continue
            if not reviewed.wanted(module, name, (module + " " + name) in {" ".join(resolved(*k.split(" ", 1))) for k in run["names"]} if module.startswith("builtins") else True):
                continue
            try:
                kind, reasons = judge_class(full, classes, run)
                if not listed(before, full):
                    harmless_later(full, classes, before)
            except Rejected as r:
                if (module, name) not in reviewed.BY_HAND:
                    rejected.setdefault((module, name), {}).setdefault(str(r), os.path.basename(f))
                continue
            if (module, name) in reviewed.BY_HAND or (module, name) in reviewed.OFF:
                continue
            kept[module, name] = full
            add(lines, module, name, full, classes, kind, reasons, taken_away)
            for k, states in ((k, s) for k, s in run["keys"].items() if resolved(*k.split(" ", 1)) == (module, name)):
                note_clashes(clashes, (module, name), full, classes, states, taken_away)
    for at, old in before.items():
        keep(lines[at], at, old, at in rejected, observed)
    hold(lines, runs)
    for at in list(kept):
        if at in rejected:  # harmless in one version and not in another
            print("off, for another version's sake:", ".".join(at), dict(rejected[at]), file=sys.stderr)
            lines[at].kind = "base"
    for module, names in reviewed.values(functions):
        for n in names:
            lines[module, n].kind = "value"
    for at, full in reviewed.NAMED_CLASSES(runs, lines):
        lines[at].kind = "value"
    if reviewed.ACCEPT:
        with open(reviewed.DIGESTS, "w") as f:
            for k, (_, shas) in sorted(reviewed.METHODS.items()):
                shas = shas | reviewed.ACCEPT.get(k, set())
                if shas:
                    f.write(" ".join([k] + sorted(shas)) + "\n")
    write(outdir, lines, versions)
    report(rejected, functions, clashes, lines)


def remember(observed, before, runs):
    """Adds to the observed names those of earlier runs, and keeps the ones that a version of
    the class defines: a later run, which does not see the old versions, needs them."""
    with open(HELD) as f:
        for line in f:
            full, names = line.split()[0], line.split()[1:]
            observed[full].update(names)
    defined = collections.defaultdict(set)
    for at, line in before.items():
        defined[".".join(at)] |= line.defined
    for _, run in runs:
        for full, c in run["classes"].items():
            defined[full].update(c["methods"])
    with open(HELD) as f:
        held = {line.split()[0]: set(line.split()[1:]) for line in f}
    for full, names in observed.items():
        if names & defined[full]:
            held[full] = held.get(full, set()) | names & defined[full]
    with open(HELD, "w") as f:
        for full, names in sorted(held.items()):
            f.write(" ".join([full] + sorted(names)) + "\n")


def hold(lines, runs):
    """Lets a class hold what its real states do though a base that another version gave it
    defines the name: bases are those of all versions together."""
    for _, run in runs:
        for key, states in run["keys"].items():
            at = resolved(*key.split(" ", 1))
            if at in lines and "class" in run["names"].get(key, {}):
                for b in above(at, lines):
                    lines[at].rules |= {k + "=held" for k in lines[b].defined & set(states) if not k.startswith("__")}


def above(at, lines):
    """The bases of a class, and theirs."""
    out, todo = set(), list(lines[at].bases.values())
    while todo:
        b = todo.pop()
        if b not in out and b in lines:
            out.add(b)
            todo += lines[b].bases.values()
    return out


def lists(outdir):
    """The lines of the lists that are there, and the versions that they come from."""
    out, versions = {}, collections.defaultdict(set)
    for path in glob.glob(os.path.join(outdir, "*.txt")):
        codes, module = {}, None
        for text in open(path):
            text = text.rstrip("\n")
            if text.startswith("# Read in: "):
                for part in text[len("# Read in: "):].split("; "):
                    lib, _, found = part.partition(" ")
                    versions[lib].update(found.split(", "))
            elif text.startswith("# r"):
                code, method = text[2:].split(": ")[:2]
                codes[code] = method
            elif text.startswith("@"):
                module = text[1:]
            elif module:
                name, kind, bases, defined, rules, why = (text + "\t" * 5).split("\t")[:6]
                l = out[module, name] = Line()
                l.kind, l.bases = kind, {b: tuple(b.rsplit(":", 1)) for b in bases.split()}
                l.defined, l.rules, l.reasons = set(defined.split()), set(rules.split()), {codes[c] for c in why.split()}
    return out, versions


def keep(line, at, old, rejected, observed):
    """Adds to a line what the list had."""
    if at in reviewed.BY_HAND or at in reviewed.OFF:
        old.kind = "base"
    if rejected and old.kind not in ("base", "value"):
        print("off, though it was listed:", ".".join(at), file=sys.stderr)
    elif line.kind == "base":
        line.kind = old.kind
    line.bases.update({".".join(b): b for b in old.bases.values()})
    lists = reviewed.MODEL_LISTS if at[0].startswith("transformers.") else set()
    line.defined |= old.defined - observed[".".join(at)] - reviewed.NOT_DEFINED.get(".".join(at), set()) - lists
    line.rules |= old.rules
    line.reasons |= old.reasons


def own_names(full, classes, taken_away):
    c = classes[full]
    names = set(c["methods"]) - reviewed.NOT_DEFINED.get(full, set())
    lists = reviewed.MODEL_LISTS if full.startswith("transformers.") else set()
    return names | (set(c["data"]) - taken_away[full] - lists) | reviewed.DEFINED.get(full, set())


def add(lines, module, name, full, classes, kind, reasons, taken_away):
    line = lines[module, name]
    if kind is not None:
        line.kind = kind
    c = classes[full]
    line.reasons |= reasons
    line.defined |= own_names(full, classes, taken_away)
    line.rules |= {s + "=slot" for s in c["slots"]} | reviewed.rules(full, c)
    for b in direct(c["mro"], classes):
        line.bases[b] = split(b, classes)
        at = split(b, classes)
        if full != b:
            add(lines, at[0], at[1], b, classes, None, set(), taken_away)


def note_clashes(clashes, at, full, classes, keys, taken_away):
    for b in classes[full]["mro"]:
        if b in classes:
            for k in keys:
                if k in own_names(b, classes, taken_away):
                    clashes[at].add("%s of %s" % (k, b))


def write(outdir, lines, versions):
    for old in glob.glob(os.path.join(outdir, "*.txt")):
        os.remove(old)
    tops = collections.defaultdict(lambda: collections.defaultdict(dict))
    for (module, name), line in lines.items():
        tops[module.split(".")[0]][module][name] = line
    for top, modules in sorted(tops.items()):
        codes, body = {}, []
        for module in sorted(modules):
            body.append("@" + module)
            for name in sorted(modules[module]):
                l = modules[module][name]
                why = []
                for r in sorted(l.reasons):
                    why.append(codes.setdefault(r, "r%d" % (len(codes) + 1)))
                bases = " ".join("%s:%s" % b for b in sorted(l.bases.values(), key=str))
                body.append("\t".join([name, l.kind, bases, " ".join(sorted(l.defined)), " ".join(sorted(l.rules)), " ".join(why)]).rstrip("\t"))
        head = ["# Written by internal/rules/gen/judge.py; see the package's documentation.",
                "# Read in: " + "; ".join("%s %s" % (k, ", ".join(sorted(v, key=version_key))) for k, v in sorted(versions.items()) if reviewed.package(k) == top or k == "python")]
        for r, code in codes.items():
            head.append("# %s: %s: %s" % (code, r, reviewed.METHODS[r][0]))
        with open(os.path.join(outdir, top + ".txt"), "w") as f:
            f.write("\n".join(head + body) + "\n")


def version_key(v):
    return [int(x) for x in re.findall(r"\d+", v)]


def report(rejected, functions, clashes, lines):
    reasons = collections.defaultdict(list)
    for at, why in rejected.items():
        if lines[at].kind != "base":
            continue
        for w in why:
            reasons[w].append(".".join(at))
    for w, at in sorted(reasons.items(), key=lambda x: -len(x[1])):
        print("OFF %3d %s: %s" % (len(at), w, " ".join(at)[:300]))
    for at, c in sorted(clashes.items()):
        print("CLASH", ".".join(at), sorted(c))
    for at, uses in sorted(functions.items()):
        if at not in lines or lines[at].kind != "value":
            if at not in reviewed.BY_HAND:
                print("FUNCTION", ".".join(at), sorted(uses)[:5])
    print(sum(l.kind != "base" for l in lines.values()), "listed", file=sys.stderr)


if __name__ == "__main__":
    main()
