import opcode, sys
v = "%d.%d" % sys.version_info[:2]
caches = getattr(opcode, "_inline_cache_entries", None)
def ncache(op, name):
    if caches is None: return 0
    if isinstance(caches, dict): return caches.get(name, 0)
    return caches[op] if op < len(caches) else 0
print("# CPython %s: number, name, words of inline cache behind it (module opcode)" % v)
spec = set()
for n in ("_specialized_instructions",):
    s = getattr(opcode, n, None)
    if s: spec = set(s)
seen = []
for op, name in enumerate(opcode.opname):
    if op > 255 or name.startswith("<") or name in spec or name.startswith("INSTRUMENTED"): continue
    if v >= "3.13" and name not in opcode.opmap: continue
    seen.append((op, name))
    print(op, name, ncache(op, name))
