package rules

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/modelaudit/action/audit"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// ordinary judges the pickles of testdata/ordinary, which hold objects of real
// libraries (testdata/bundle.py), and returns what they call.
func ordinary(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("testdata/ordinary/*.pkl")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	called := map[string]bool{}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		tr := sym.Run(bytes.NewReader(data), 0, int64(len(data)), sym.Options{})
		for _, f := range Pickle(tr, PickleContext{}).Findings {
			t.Errorf("%s: %s %s at %#x", filepath.Base(path), f.Rule, f.Message, f.Location.Start)
		}
		for i := range tr.Events {
			if e := &tr.Events[i]; e.Kind == sym.EventCall {
				called[calledName(e.Node.Call().Func)] = true
				if class := classOf(e.Node.Call()); class != nil {
					called[class.FullName()] = true
				}
			}
		}
	}
	return called
}

func TestOrdinaryObjects(t *testing.T) {
	if called := ordinary(t); len(called) < 300 {
		t.Errorf("the files call %d names only", len(called))
	}
}

// A class that the libraries keep private, or had under another path, is
// listed as its own pickles name it.
func TestListedPaths(t *testing.T) {
	check(t, []sample{
		{"a class of today", `PROTO 2; GLOBAL "sklearn.linear_model._base" "LinearRegression"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "coef_"; NONE; SETITEM; BUILD; STOP`, ""},
		{"before 0.22", `PROTO 2; GLOBAL "sklearn.linear_model.base" "LinearRegression"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "coef_"; NONE; SETITEM; BUILD; STOP`, ""},
		{"by a path that has none", `PROTO 2; GLOBAL "sklearn.linear_model" "LinearRegressions"; EMPTY_TUPLE; NEWOBJ; STOP`, "MA110 sklearn.linear_model.LinearRegressions"},
		{"called", `GLOBAL "sklearn.linear_model._base" "LinearRegression"; EMPTY_TUPLE; REDUCE; STOP`, "MA104 sklearn.linear_model._base.LinearRegression"},
		{"a method of it", `PROTO 4; GLOBAL "sklearn.linear_model._base" "LinearRegression.fit"; EMPTY_TUPLE; REDUCE; STOP`, "MA104 sklearn.linear_model._base.LinearRegression.fit"},
		{"a base that is none's class", `PROTO 2; GLOBAL "sklearn.base" "BaseEstimators"; EMPTY_TUPLE; NEWOBJ; STOP`, "MA110 sklearn.base.BaseEstimators"},
	})
}

// A state may not hide a method of its class, set what Python looks up, or
// hold a path or a function where the class would act on it.
func TestListedStates(t *testing.T) {
	state := func(module, name, set string) string {
		return `PROTO 2; GLOBAL "` + module + `" "` + name + `"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; ` + set + `SETITEM; BUILD; STOP`
	}
	pipeline := func(set string) string { return state("sklearn.pipeline", "Pipeline", set) }
	linear := func(set string) string { return state("torch.nn.modules.linear", "Linear", set) }
	words := func(set string) string { return state("sklearn.feature_extraction.text", "TfidfVectorizer", set) }
	const inPipeline, inLinear, inWords = "MA106 sklearn.pipeline.Pipeline", "MA106 torch.nn.modules.linear.Linear", "MA106 sklearn.feature_extraction.text.TfidfVectorizer"
	check(t, []sample{
		{"steps", pipeline(`UNICODE "steps"; EMPTY_LIST; `), ""},
		{"no cache", pipeline(`UNICODE "memory"; NONE; `), ""},
		{"a cache", pipeline(`UNICODE "memory"; UNICODE "cache"; `), inPipeline},
		{"a method", pipeline(`UNICODE "fit"; NONE; `), inPipeline},
		{"a method of a base", pipeline(`UNICODE "get_params"; NONE; `), inPipeline},
		{"the class", pipeline(`UNICODE "__class__"; NONE; `), inPipeline},
		{"another key", pipeline(`BININT1 1; NONE; `), inPipeline},
		{"content", words(`UNICODE "input"; UNICODE "content"; `), ""},
		{"file names", words(`UNICODE "input"; UNICODE "filename"; `), inWords},
		{"width", linear(`UNICODE "in_features"; BININT1 4; `), ""},
		{"no hooks", linear(`UNICODE "_forward_hooks"; ` + anOrdered), ""},
		{"a hook", linear(`UNICODE "_forward_hooks"; ` + anOrdered + `BININT1 1; GLOBAL "torch" "relu"; SETITEM; `), inLinear},
		{"forward", linear(`UNICODE "forward"; GLOBAL "torch" "relu"; `), inLinear},
		{"compiled", linear(`UNICODE "_compiled_call_impl"; GLOBAL "torch" "relu"; `), inLinear},
		{"parameters of another kind", linear(`UNICODE "_parameters"; GLOBAL "torch" "relu"; `), inLinear},
		{"an item that is an attribute", `PROTO 2; GLOBAL "scipy.optimize._optimize" "OptimizeResult"; EMPTY_TUPLE; NEWOBJ; UNICODE "__setstate__"; GLOBAL "torch" "relu"; SETITEM; EMPTY_DICT; BUILD; STOP`, "MA106 scipy.optimize._optimize.OptimizeResult"},
		{"a model by its path", state("xgboost.sklearn", "XGBClassifier", `UNICODE "_Booster"; UNICODE "model.bin"; `), "MA106 xgboost.sklearn.XGBClassifier"},
		{"layers without end", state("torch.nn.modules.rnn", "LSTM", `UNICODE "num_layers"; LONG 1099511627776; `), "MA106 torch.nn.modules.rnn.LSTM"},
		{"what a later version has a property for", state("sklearn.ensemble.iforest", "IsolationForest", `UNICODE "threshold_"; BINFLOAT 0.5; `), ""},
		{"a position behind the words", `GLOBAL "numpy.random._pickle" "__bit_generator_ctor"; UNICODE "MT19937"; TUPLE1; REDUCE; EMPTY_DICT; UNICODE "state"; EMPTY_DICT; UNICODE "pos"; BININT2 700; SETITEM; SETITEM; BUILD; STOP`, "MA106 numpy.random._pickle.__bit_generator_ctor"},
	})
}

// Names that call what they are given may be called as they are listed, and
// never be kept.
func TestKeptCallers(t *testing.T) {
	check(t, []sample{
		{"in a dict", `EMPTY_DICT; UNICODE "load"; GLOBAL "torch.storage" "_load_from_bytes"; SETITEM; STOP`, "MA104 torch.storage._load_from_bytes"},
		{"in a state", `PROTO 2; GLOBAL "sklearn.preprocessing._function_transformer" "FunctionTransformer"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "func"; GLOBAL "torch.storage" "_load_from_bytes"; SETITEM; BUILD; STOP`, "MA104 torch.storage._load_from_bytes"},
		{"a function that computes", `PROTO 2; GLOBAL "sklearn.preprocessing._function_transformer" "FunctionTransformer"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "func"; GLOBAL "numpy" "log1p"; SETITEM; BUILD; STOP`, ""},
		{"partial of a layer", partial(`GLOBAL "torch.nn.modules.normalization" "LayerNorm"; `, `GLOBAL "torch.nn.modules.normalization" "LayerNorm"; `), ""},
		{"partial of another function", partial(evil, evil), "MA104 functools.partial"},
		{"partial that changes", partial(`GLOBAL "torch.nn.modules.normalization" "LayerNorm"; `, `GLOBAL "torch.nn.modules.linear" "Linear"; `), "MA106 functools.partial"},
	})
}

func partial(call, state string) string {
	return `GLOBAL "functools" "partial"; ` + call + `TUPLE1; REDUCE; MARK; ` + state + `EMPTY_TUPLE; EMPTY_DICT; NONE; TUPLE; BUILD; STOP`
}

// An unlisted class that is only made is what every pickle of somebody's model
// has; what else a file does with it is worse.
func TestOwnClasses(t *testing.T) {
	severity := func(program string) audit.Severity {
		var worst audit.Severity = audit.Low
		for _, f := range judgeProgram(t, program).Findings {
			if f.Severity.Rank() > worst.Rank() {
				worst = f.Severity
			}
		}
		return worst
	}
	net := `PROTO 2; GLOBAL "__main__" "Net"; EMPTY_TUPLE; NEWOBJ; `
	for _, tt := range []struct {
		name, program string
		want          audit.Severity
	}{
		{"made", net + `EMPTY_DICT; UNICODE "width"; BININT1 1; SETITEM; BUILD; STOP`, audit.Medium},
		{"made by protocol 0", `GLOBAL "copy_reg" "_reconstructor"; GLOBAL "__main__" "Net"; GLOBAL "__builtin__" "object"; NONE; TUPLE3; REDUCE; EMPTY_DICT; BUILD; STOP`, audit.Medium},
		{"only imported", `GLOBAL "__main__" "Net"; STOP`, audit.Medium},
		{"a partial of somebody's function", `GLOBAL "functools" "partial"; GLOBAL "acme" "f"; TUPLE1; REDUCE; STOP`, audit.High},
		{"a partial of a known gadget", `GLOBAL "functools" "partial"; GLOBAL "os" "system"; TUPLE1; REDUCE; STOP`, audit.Critical},
		{"a known gadget imported", `GLOBAL "os" "system"; STOP`, audit.Critical},
		{"with a planted method", net + `EMPTY_DICT; UNICODE "__setstate__"; NONE; SETITEM; BUILD; STOP`, audit.High},
		{"called", `GLOBAL "__main__" "Net"; EMPTY_TUPLE; REDUCE; STOP`, audit.High},
		{"given an unlisted name", `PROTO 2; GLOBAL "__main__" "Net"; GLOBAL "acme" "f"; TUPLE1; NEWOBJ; STOP`, audit.High},
		{"a gadget made", `PROTO 2; GLOBAL "subprocess" "Popen"; EMPTY_TUPLE; NEWOBJ; STOP`, audit.Critical},
	} {
		if got := severity(tt.program); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// Methods that objects keep as values are listed one by one, and keeping one
// is all that a file may do with it.
func TestListedMethods(t *testing.T) {
	method := func(module, class, name string) string {
		return `GLOBAL "builtins" "getattr"; GLOBAL "` + module + `" "` + class + `"; UNICODE "` + name + `"; TUPLE2; REDUCE; `
	}
	partial := func(state string) string {
		return `GLOBAL "functools" "partial"; GLOBAL "sklearn.utils.validation" "check_array"; TUPLE1; REDUCE; MARK; GLOBAL "sklearn.utils.validation" "check_array"; EMPTY_TUPLE; EMPTY_DICT; UNICODE "dtype"; ` + state + `SETITEM; NONE; TUPLE; BUILD; STOP`
	}
	check(t, []sample{
		{"a tokenizer", method("builtins", "str", "split") + "STOP", ""},
		{"an activation", method("torch._C", "_VariableFunctionsClass", "relu") + "STOP", ""},
		{"a method that formats", method("builtins", "str", "format") + "STOP", "MA104 builtins.getattr"},
		{"a function that reads a file", method("torch._C", "_VariableFunctionsClass", "from_file") + "STOP", "MA104 builtins.getattr"},
		{"a check of arrays", partial(`MARK; GLOBAL "numpy" "float64"; LIST; `), ""},
		{"with another function", partial(`MARK; GLOBAL "os" "system"; LIST; `), "MA106 functools.partial"},
		{"a version that calls", `GLOBAL "torch.torch_version" "TorchVersion"; UNICODE "1"; TUPLE1; REDUCE; STOP`, "MA104 torch.torch_version.TorchVersion"},
	})
}
