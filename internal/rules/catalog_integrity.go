package rules

import "github.com/modelaudit/action/audit"

const integrity = "Integrity of containers and streams"

// integrityRules: files that mean different things to different readers.
func integrityRules() []audit.Rule {
	return []audit.Rule{
		{
			ID: "MA201", Family: integrity, Title: "stream that ends in an error", Severity: audit.Medium, CWE: "CWE-20", Since: since,
			Text:       "Loading the stream fails part of the way through. A file that is only cut off, as half a download is, has no such finding: what is missing is unread.",
			Why:        "Everything before that point is executed all the same, and what follows could not be judged: a broken end is a way to make scanners give up on a payload.",
			Bad:        pickled("PROTO 2", "EMPTY_DICT", "TUPLE2  # of two values, where there is one", "STOP"),
			Good:       pickled("PROTO 2", "EMPTY_DICT", "STOP"),
			References: []string{"https://cwe.mitre.org/data/definitions/20.html"},
		},
		{
			ID: "MA202", Family: integrity, Title: "stream that readers understand differently", Severity: audit.High, CWE: "CWE-436", Since: since,
			Text:       "Two readers of the format decode these bytes to different opcodes.",
			Why:        "A scanner that follows one of them does not see what the other executes.",
			Bad:        pickled("PROTO 4", "RAW 950300000000000000  # a frame of 3 bytes", "BININT 1                # of 5 bytes", "STOP"),
			Good:       pickled("PROTO 4", "FRAME auto", "BININT 1", "STOP"),
			References: []string{"https://github.com/python/cpython/issues/154848", "https://peps.python.org/pep-3154/#framing"},
		},
		{
			ID: "MA203", Family: integrity, Title: "archive that readers understand differently", Severity: audit.High, CWE: "CWE-436", Since: since,
			Text:       "The zip archive means different things to different readers: duplicate or differently spelled names, flag bits that one reader refuses, a checksum that is wrong, data before the archive, members that only one directory lists.",
			Why:        "A scanner that reads the one version does not see what torch or Python loads from the other.",
			Bad:        archived("member model/data.pkl", "PROTO 2", "EMPTY_DICT", "STOP", "member model/data.pkl", "PROTO 2", "EMPTY_LIST", "STOP", "member model/version", `RAW "3\n"`),
			Good:       archived("member model/data.pkl", "PROTO 2", "EMPTY_DICT", "STOP", "member model/version", `RAW "3\n"`),
			References: []string{"CVE-2025-1944", "CVE-2025-1945", "CVE-2025-10156"},
		},
		{
			ID: "MA204", Family: integrity, Title: "name and content disagree", Severity: audit.Medium, CWE: "CWE-646", Since: since,
			Text:       "The file's extension promises a format that cannot run code, and its content is one that can.",
			Why:        "People and tools handle a file by its name. Loaders often go by its content.",
			Bad:        audit.Example{Name: "model.safetensors", Text: lines("PROTO 2", "EMPTY_DICT", "STOP")},
			Good:       audit.Example{Name: "model.safetensors", Text: lines(`RAW 0800000000000000 "{}      "`)},
			References: []string{"CVE-2025-10155", "CVE-2025-1889"},
		},
		{
			ID: "MA205", Family: integrity, Title: "tensor outside its storage", Severity: audit.High, CWE: "CWE-125", Since: since,
			Text:       "A tensor's shape, strides and offset reach beyond the bytes of its storage, or a storage claims another size than its record has.",
			Why:        "Some readers take the bytes of another record, or of no record at all.",
			Bad:        checkpoint(tensorOf(1000)...),
			Good:       checkpoint(tensorOf(4)...),
			References: []string{"https://cwe.mitre.org/data/definitions/125.html"},
		},
		{
			ID: "MA206", Family: integrity, Title: "tensor storage described in two ways", Severity: audit.High, CWE: "CWE-436", Since: since,
			Text:       "The same storage is named with different types, sizes or places, or by a type that torch and pickle resolve differently.",
			Why:        "Which one counts depends on the reader, so that a scanner, a converter and torch may each see another tensor.",
			Bad:        checkpoint(twoStorages("FloatStorage", "IntStorage")...),
			Good:       checkpoint(twoStorages("FloatStorage", "FloatStorage")...),
			References: []string{"https://cwe.mitre.org/data/definitions/436.html"},
		},
		{
			ID: "MA207", Family: integrity, Title: "two equal keys", Severity: audit.Medium, CWE: "CWE-436", Since: since,
			Text:       "A mapping is given the same key twice (1, True and 1.0 are the same key).",
			Why:        "No ordinary writer does so, and readers differ in which value they keep.",
			Bad:        pickled("PROTO 2", "EMPTY_DICT", "MARK", "BININT1 1", "NONE", "NEWTRUE", "NONE", "SETITEMS", "STOP"),
			Good:       pickled("PROTO 2", "EMPTY_DICT", "MARK", "BININT1 1", "NONE", "BININT1 2", "NONE", "SETITEMS", "STOP"),
			References: []string{"https://docs.python.org/3/library/stdtypes.html#mapping-types-dict"},
		},
		{
			ID: "MA208", Family: integrity, Title: "content that checkout changes", Severity: audit.Medium, CWE: "CWE-436", Since: since,
			Text:       "The repository's attributes make git write other bytes into the work tree than the ones that are stored and were audited.",
			Why:        "A blob that is harmless as it is stored can become a live pickle when somebody checks it out.",
			Bad:        audit.Example{Name: ".gitattributes", Text: lines("*.pkl working-tree-encoding=UTF-16")},
			Good:       audit.Example{Name: ".gitattributes", Text: lines("*.pkl -text")},
			References: []string{"https://git-scm.com/docs/gitattributes"},
		},
	}
}
