package rules

import "github.com/modelaudit/action/audit"

const since = "0.1.0"

func executionRules() []audit.Rule {
	return []audit.Rule{
		{ID: "MA101", Title: "call of a dangerous global", Severity: audit.Critical, CWE: "CWE-502", Since: since,
			Text: "Opening the file calls a function or class that runs commands or code, or reaches files or the network. The call happens while the file is being loaded, whatever the program does with the result.",
			Bad:  "GLOBAL 'os system', UNICODE 'id', TUPLE1, REDUCE", Good: "GLOBAL 'collections OrderedDict', EMPTY_TUPLE, REDUCE"},
		{ID: "MA102", Title: "call of a global that is not on the list", Severity: audit.High, CWE: "CWE-502", Since: since,
			Text: "Opening the file imports a name and calls it, and the name is not one of those known to be harmless. It may be your own class: if its code was reviewed, name it under trust in the policy.",
			Bad:  "GLOBAL 'acme.models Net', EMPTY_TUPLE, NEWOBJ", Good: "the state_dict of the model instead of the model"},
		{ID: "MA103", Title: "import of a global that is not on the list", Severity: audit.High, CWE: "CWE-502", Since: since,
			Text: "Opening the file imports a module that is not known to be harmless. Importing runs the module's code, even if what was imported is not called.",
			Bad:  "GLOBAL 'antigravity x'", Good: "GLOBAL 'torch float32'"},
		{ID: "MA104", Title: "listed global used in another way than listed", Severity: audit.High, CWE: "CWE-502", Since: since,
			Text: "A name that is harmless in the way its library uses it is used in another way: with arguments or a state of another shape. Several library functions call what they are given, so the shape is part of what makes them harmless.",
			Bad:  "torch._tensor._rebuild_from_type_v2 called with os.system as its first argument", Good: "torch._utils._rebuild_tensor_v2 called with a storage, numbers and an empty OrderedDict"},
		{ID: "MA105", Title: "callable or name that the file does not show", Severity: audit.High, CWE: "CWE-502", Since: since,
			Text: "What would be imported or called is computed while loading, or stands in a registry of the loading process. It cannot be judged from the file, and no ordinary writer produces it.",
			Bad:  "the result of ''.join(['o', 's']) as the module of a STACK_GLOBAL; EXT1", Good: "a module and a name as plain strings"},
		{ID: "MA106", Title: "method call on an object", Severity: audit.High, CWE: "CWE-502", Since: since,
			Text: "APPEND, SETITEM, ADDITEMS and BUILD look a method up on the object they change. On anything but the exact builtin, or a listed class in its listed form, that is a call of code that the file can choose.",
			Bad:  "BUILD {'__setstate__': f} on an OrderedDict, then a second BUILD", Good: "SETITEMS on a dict"},
		{ID: "MA107", Title: "change of a class, function or module", Severity: audit.Critical, CWE: "CWE-915", Since: since,
			Text: "BUILD or SETITEM on an imported name changes it for the whole process: a later, innocent-looking import gets what the file planted.",
			Bad:  "GLOBAL 'json decoder', BUILD (None, {'loads': f})", Good: "BUILD on an object that the file constructed"},
		{ID: "MA108", Title: "persistent id without a known meaning", Severity: audit.Medium, CWE: "CWE-502", Since: since,
			Text: "The stream asks the loading program for an object by an id that is not a tensor storage of this container. What comes back is the program's business, and cannot be judged here.",
			Bad:  "BINPERSID ('module', cls, file, source)", Good: "BINPERSID ('storage', torch.FloatStorage, '0', 'cpu', 4)"},
		{ID: "MA109", Title: "out-of-band buffer", Severity: audit.Medium, CWE: "CWE-502", Since: since,
			Text: "The stream takes bytes from buffers that are not part of the file.",
			Bad:  "NEXT_BUFFER", Good: "BINBYTES8 with the bytes in the stream"},
	}
}

func integrityRules() []audit.Rule {
	return []audit.Rule{
		{ID: "MA201", Title: "stream that ends in an error", Severity: audit.Medium, CWE: "CWE-20", Since: since,
			Text: "Loading the stream fails part of the way through. Everything before that point would still have been executed; what follows could not be judged.",
			Bad:  "a payload, then end of file without STOP", Good: "a stream that ends with STOP"},
		{ID: "MA202", Title: "stream that readers understand differently", Severity: audit.High, CWE: "CWE-436", Since: since,
			Text: "Two readers of the format decode these bytes to different opcodes, so that a scanner that follows one of them does not see what the other executes.",
			Bad:  "an argument that crosses the end of its FRAME", Good: "frames as the pickle module writes them"},
		{ID: "MA203", Title: "archive that readers understand differently", Severity: audit.High, CWE: "CWE-436", Since: since,
			Text: "The zip archive means different things to different readers: duplicate or differently spelled names, flag bits that one reader refuses, a checksum that is wrong, data before the archive, members that only one directory lists.",
			Bad:  "two members named archive/data.pkl", Good: "an archive as torch.save or zipfile writes it"},
		{ID: "MA204", Title: "name and content disagree", Severity: audit.Medium, CWE: "CWE-646", Since: since,
			Text: "The file's extension promises a format that cannot run code, and its content is one that can.",
			Bad:  "a pickle named model.safetensors", Good: "a safetensors file named model.safetensors"},
		{ID: "MA205", Title: "tensor outside its storage", Severity: audit.High, CWE: "CWE-125", Since: since,
			Text: "A tensor's shape, strides and offset reach beyond the bytes of its storage, or a storage claims another size than its record has. Some readers take the bytes of another record, or of no record at all.",
			Bad:  "a tensor of 1,000 elements in a storage of 10", Good: "size, stride and offset that stay inside the storage"},
		{ID: "MA206", Title: "tensor storage described in two ways", Severity: audit.High, CWE: "CWE-436", Since: since,
			Text: "The same storage is named with different types, sizes or places, or by a type that torch and pickle resolve differently. Which one counts depends on the reader.",
			Bad:  "BINPERSID ('storage', evil.FloatStorage, '0', 'cpu', 4)", Good: "one type, size and location for each key"},
		{ID: "MA207", Title: "two equal keys", Severity: audit.Medium, CWE: "CWE-436", Since: since,
			Text: "A mapping is given the same key twice (1, True and 1.0 are the same key). No ordinary writer does so, and readers differ in which value they keep.",
			Bad:  "{'weight': a, 'weight': b}", Good: "each key once"},
		{ID: "MA208", Title: "content that checkout changes", Severity: audit.Medium, CWE: "CWE-436", Since: since,
			Text: "The repository's attributes make git write other bytes into the work tree than the ones that are stored and were audited.",
			Bad:  "*.pkl working-tree-encoding=UTF-16", Good: "*.pkl -text"},
	}
}

func resourceRules() []audit.Rule {
	return []audit.Rule{
		{ID: "MA501", Title: "limit exceeded", Severity: audit.Medium, CWE: "CWE-400", Since: since,
			Text: "The file asks for more opcodes, members, nesting or memory than the limits allow: whoever reads it, or walks the object that it makes, may run out of memory or stack. Where reading stopped at a limit, what lies beyond is unread.",
			Bad:  "a million nested archives", Good: "an ordinary checkpoint"},
		{ID: "MA502", Title: "expansion bomb", Severity: audit.High, CWE: "CWE-409", Since: since,
			Text: "A compressed member expands to far more than the limits allow, so that opening it can exhaust memory or disk.",
			Bad:  "1 MB that inflates to 10 GB", Good: "members that are stored, as torch writes them"},
	}
}
