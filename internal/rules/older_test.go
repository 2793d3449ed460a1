package rules

import (
	"strings"
	"testing"
)

// Files that older versions of libraries, and Python 2, wrote are still opened.
func TestOlderFiles(t *testing.T) {
	const (
		parameter = `GLOBAL "torch.nn.parameter" "Parameter"; ` + aTensor + `TUPLE1; REDUCE; `
		graph     = `PROTO 2; GLOBAL "networkx.classes.digraph" "DiGraph"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "node_dict_factory"; `
		frame     = `PROTO 2; GLOBAL "pandas.core.frame" "DataFrame"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_data"; `
		blocks    = `GLOBAL "pandas.core.internals" "BlockManager"; EMPTY_TUPLE; NEWOBJ; `
		words     = `PROTO 2; GLOBAL "gensim.corpora.dictionary" "Dictionary"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "token2id"; EMPTY_DICT; SETITEM; `
		optimizer = `PROTO 2; GLOBAL "torch.optim.sgd" "SGD"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "state"; GLOBAL "collections" "defaultdict"; GLOBAL "builtins" "dict"; TUPLE1; REDUCE; `
		bunch     = `PROTO 4; GLOBAL "statsmodels.tools.tools" "Bunch"; EMPTY_TUPLE; NEWOBJ; BINPUT 0; `
		partial   = `GLOBAL "functools" "partial"; GLOBAL "gensim.models.tfidfmodel" "smartirs_wlocal"; TUPLE1; REDUCE; MARK; GLOBAL "gensim.models.tfidfmodel" "smartirs_wlocal"; EMPTY_TUPLE; EMPTY_DICT; UNICODE "local_scheme"; UNICODE "n"; SETITEM; NONE; TUPLE; BUILD; STOP`
		i1        = `GLOBAL "numpy" "dtype"; UNICODE "i1"; BININT1 0; BININT1 1; TUPLE3; REDUCE; MARK; BININT1 3; UNICODE "|"; NONE; NONE; NONE; BININT -1; BININT -1; BININT1 0; TUPLE; BUILD; `
	)
	// A tensor that pickle alone wrote, with its storage in it.
	tensor := `GLOBAL "torch._utils" "_rebuild_tensor_v2"; MARK; GLOBAL "torch.storage" "_load_from_bytes"; BINBYTES "` + strings.Repeat("x", 5000) + `"; TUPLE1; REDUCE; BININT1 0; ` + twoByTwo + strides + `NEWFALSE; ` + anOrdered + `TUPLE; REDUCE; `
	check(t, []sample{
		{"no dict of hooks", `GLOBAL "torch._utils" "_rebuild_tensor_v2"; MARK; ` + aStorage + `BININT1 0; ` + twoByTwo + strides + `NEWFALSE; NONE; TUPLE; REDUCE; STOP`, ""},
		{"a parameter that is called", parameter + `NEWTRUE; NEWFALSE; NONE; TUPLE3; BUILD; STOP`, ""},
		{"a parameter with other data", parameter + `MARK; ` + aStorage + `BININT1 0; ` + twoByTwo + strides + `TUPLE; BUILD; STOP`, "MA106 torch.nn.parameter.Parameter"},
		{"a parameter with a hook", parameter + `NEWTRUE; NEWFALSE; EMPTY_DICT; BININT1 0; ` + evil + `SETITEM; TUPLE3; BUILD; STOP`, "MA106 torch.nn.parameter.Parameter"},
		{"a parameter of no tensor", `GLOBAL "torch.nn.parameter" "Parameter"; EMPTY_DICT; TUPLE1; REDUCE; STOP`, "MA104 torch.nn.parameter.Parameter"},
		{"an array of Python 2", newArray + `MARK; BININT1 1; BININT1 3; TUPLE1; ` + i1 + `NEWFALSE; SHORT_BINSTRING "abc"; TUPLE; BUILD; STOP`, ""},
		{"a number of Python 2", `GLOBAL "numpy.core.multiarray" "scalar"; ` + i1 + `SHORT_BINSTRING "a"; TUPLE2; REDUCE; STOP`, ""},
		{"objects of Python 2 that are bytes", newArray + `MARK; BININT1 1; BININT1 1; TUPLE1; ` + objects + `NEWFALSE; SHORT_BINSTRING "abcdefgh"; TUPLE; BUILD; STOP`, "MA106 numpy.core.multiarray._reconstruct"},
		{"a graph that keeps the class of its dicts", graph + `GLOBAL "builtins" "dict"; SETITEM; BUILD; STOP`, ""},
		{"a graph that keeps another class", graph + `GLOBAL "builtins" "eval"; SETITEM; BUILD; STOP`, "MA106 networkx.classes.digraph.DiGraph"},
		{"the columns of a frame under their old name", frame + blocks + `SETITEM; BUILD; STOP`, ""},
		{"what is no columns under that name", frame + `GLOBAL "builtins" "len"; SETITEM; BUILD; STOP`, "MA106 pandas.core.frame.DataFrame"},
		{"what a model of gensim stored elsewhere", words + `UNICODE "__numpys"; EMPTY_LIST; SETITEM; BUILD; STOP`, ""},
		{"a method of Python's protocols", words + `UNICODE "__setstate__"; GLOBAL "builtins" "len"; SETITEM; BUILD; STOP`, "MA106 gensim.corpora.dictionary.Dictionary"},
		{"attributes that are the items", bunch + `UNICODE "a"; BININT1 1; SETITEM; BINGET 0; BUILD; STOP`, ""},
		{"such that hide a method", bunch + `UNICODE "__setstate__"; GLOBAL "builtins" "len"; SETITEM; BINGET 0; BUILD; STOP`, "MA106 statsmodels.tools.tools.Bunch"},
		{"a function that weighs words", partial, ""},
		{"a machine of scikit-learn 0.22", `PROTO 4; GLOBAL "sklearn.svm._classes" "SVC"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "probA_"; NONE; SETITEM; UNICODE "probB_"; NONE; SETITEM; BUILD; STOP`, ""},
		{"one that hides what it predicts with", `PROTO 4; GLOBAL "sklearn.svm._classes" "SVC"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "probA_"; GLOBAL "builtins" "len"; SETITEM; BUILD; STOP`, "MA106 sklearn.svm._classes.SVC"},
		{"one of 0.19", `PROTO 2; GLOBAL "sklearn.svm.classes" "NuSVR"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_impl"; UNICODE "nu_svr"; SETITEM; BUILD; STOP`, ""},
		{"a sparse matrix of scipy 0.19", `PROTO 2; GLOBAL "scipy.sparse.csr" "csr_matrix"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "format"; UNICODE "csr"; SETITEM; BUILD; STOP`, ""},
		{"a tree of scikit-learn 0.19", `PROTO 2; GLOBAL "sklearn.neighbors.kd_tree" "newObj"; GLOBAL "sklearn.neighbors.kd_tree" "BinaryTree"; TUPLE1; REDUCE; BININT1 30; TUPLE1; BUILD; STOP`, ""},
		{"what an optimizer knows of a parameter", optimizer + `GLOBAL "torch._utils" "_rebuild_parameter"; ` + tensor + `NEWFALSE; ` + anOrdered + `TUPLE3; REDUCE; EMPTY_DICT; SETITEM; SETITEM; BUILD; STOP`, ""},
		{"what it knows of a method", optimizer + `UNICODE "__array_interface__"; EMPTY_DICT; SETITEM; SETITEM; BUILD; STOP`, "MA106 torch.optim.sgd.SGD"},
		{"a geometry", `GLOBAL "shapely.geometry.point" "Point"; EMPTY_TUPLE; REDUCE; SHORT_BINBYTES "\x01\x01\x00\x00\x00"; BUILD; STOP`, ""},
	})
}
