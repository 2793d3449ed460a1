package rules

import (
	"slices"
	"strings"
)

// ListedTarget reports whether the target of a node of an exported program is
// an operator or function that computes and no more. The loader walks from
// torch, operator or math along the dots, whatever is there
// (torch/_export/serde/serialize.py, deserialize_operator): torch.os.system is
// a target too.
func ListedTarget(name string) bool {
	rest, ok := strings.CutPrefix(name, "torch.ops.")
	if ok {
		parts := strings.Split(rest, ".")
		switch {
		case len(parts) == 2 && parts[0] == "higher_order":
			return slices.Contains(graphCallers, parts[1])
		case len(parts) == 2 || len(parts) == 3 && plainWord(parts[2]):
			return ListedOperator(parts[0] + "::" + parts[1])
		}
		return false
	}
	if word, ok := strings.CutPrefix(name, "_operator."); ok {
		return slices.Contains(arithmetic, word)
	}
	if word, ok := strings.CutPrefix(name, "math."); ok {
		return slices.Contains(mathematics, word)
	}
	word, ok := strings.CutPrefix(strings.Replace(name, "torch._sym_", "torch.sym_", 1), "torch.sym_")
	return ok && plainWord(word)
}

// graphCallers lists operators that call the graphs of the program itself
// (torch/_higher_order_ops). Those that run kernels, Python or a delegate's
// machine code are not among them.
var graphCallers = strings.Fields(`cond while_loop map map_impl scan associative_scan wrap wrap_with_set_grad_enabled wrap_with_autocast
	strict_mode checkpoint invoke_subgraph flex_attention flex_attention_backward auto_functionalized auto_functionalized_v2
	run_and_save_rng_state run_with_rng_state out_dtype tag_activation_checkpoint foreach_map with_effects`)

var arithmetic = strings.Fields(`add sub mul truediv floordiv mod pow eq ne lt le gt ge and_ or_ xor not_ neg pos invert lshift rshift
	getitem matmul abs is_ is_not truth contains index iadd isub imul itruediv ifloordiv imod ipow iand ior ixor ilshift irshift imatmul`)

var mathematics = strings.Fields("ceil floor trunc sqrt log log2 exp pow fabs gcd sin cos tan asin acos atan sinh cosh tanh")

func plainWord(s string) bool {
	return s != "" && !strings.Contains(s, "__") && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// PlainExpression reports whether the text of a symbolic size is arithmetic:
// numbers, names of symbols and calls of the functions that torch writes. The
// loader hands the text to sympy.sympify, which evaluates it
// (torch/_export/serde/serialize.py, _parse_sym_expr).
func PlainExpression(text string) bool {
	return plainCode(text, "+-*/%<>=!&|~^(),. ", func(word, before string, calls bool) bool {
		return before != "." && (!calls || slices.Contains(sympyCalls, word) || strings.HasPrefix(word, "OpaqueUnaryFn_") || strings.HasPrefix(word, "BitwiseFn_"))
	}, func(text, before, after string) bool {
		return (before == "(" || before == ",") && (after == ")" || after == ",") && (plainWord(text) || strings.Trim(text, "0123456789.e+-") == "")
	})
}

// sympyCalls: what sympy.srepr writes of a size, and the functions of
// torch/utils/_sympy/functions.py.
var sympyCalls = strings.Fields(`Symbol Dummy Integer Float Rational Add Mul Pow Mod Max Min Abs floor ceiling And Or Not Xor ITE
	Piecewise ExprCondPair Tuple Equality Eq Unequality Ne GreaterThan Ge LessThan Le StrictGreaterThan Gt StrictLessThan Lt sqrt exp log
	sin cos tan asin acos atan sinh cosh tanh FloorDiv ModularIndexing Where PythonMod CleanDiv CeilToInt FloorToInt CeilDiv LShift RShift
	PowByNatural FloatPow FloatTrueDiv IntTrueDiv IsNonOverlappingAndDenseIndicator TruncToFloat TruncToInt RoundToInt RoundDecimal
	ToFloat Identity`)

// PlainGuard reports whether a guard of an exported program compares sizes of
// the inputs and no more. It becomes the source of a function, and its names
// the text of a message in it (torch/export/_unlift.py,
// _convert_guards_code_to_fn).
func PlainGuard(text string) bool {
	methods := []string{"size", "stride", "storage_offset", "dim"}
	return plainCode(text, "+-*/%<>=!&|~^(),.[] ", func(word, before string, calls bool) bool {
		switch {
		case before != ".":
			return slices.Contains([]string{"L", "and", "or", "not", "if", "else", "is", "in", "True", "False", "None", "torch", "math", "inf"}, word) && !calls || slices.Contains([]string{"and", "or", "not", "if", "else", "max", "min", "abs", "int", "float", "bool"}, word)
		case slices.Contains(methods, word), slices.Contains(mathematics, word):
			return calls
		}
		return calls && (strings.HasPrefix(word, "sym_") || strings.HasPrefix(word, "_sym_")) && plainWord(word)
	}, func(text, before, after string) bool {
		return before == "[" && after == "]" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == ""
	})
}

// plainCode reads an expression of Python as words, texts in plain quotes,
// numbers and signs from a closed set. Word and quoted judge by the sign before
// and, for a word, by whether a call follows.
func plainCode(text, signs string, word func(word, before string, calls bool) bool, quoted func(text, before, after string) bool) bool {
	before := ""
	for text != "" {
		c := text[0]
		n := 1
		token := text[:1]
		switch {
		case c == '\'' || c == '"':
			end := strings.IndexByte(text[1:], c)
			if end < 0 {
				return false
			}
			n = end + 2
			after := strings.TrimLeft(text[n:], " ")
			if !quoted(text[1:n-1], before, after[:min(1, len(after))]) {
				return false
			}
			token = "''"
		case c >= '0' && c <= '9':
			// A point that follows a number belongs to it: no attribute of one.
			n = len(text) - len(strings.TrimLeft(text, "0123456789.e"))
			token = text[:n]
		case c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			n = len(text) - len(strings.TrimLeft(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"))
			token = text[:n]
			if strings.Contains(token, "__") || !word(token, before, strings.HasPrefix(strings.TrimLeft(text[n:], " "), "(")) {
				return false
			}
		case strings.IndexByte(signs, c) < 0:
			return false
		}
		text = text[n:]
		if token != " " {
			before = token
		}
	}
	return true
}

// ListedConfigTarget reports whether a name that a configuration of NeMo has
// called is a class of the libraries that such configurations are made of. The
// list is of packages, not of names: a class of them may still be a bad choice,
// but functions, which load, download and run, are none.
func ListedConfigTarget(name string) bool {
	parts := strings.Split(name, ".")
	for _, p := range parts {
		if !plainWord(p) || strings.HasPrefix(p, "_") {
			return false
		}
	}
	class := parts[len(parts)-1]
	if class == "" || class[0] < 'A' || class[0] > 'Z' {
		return false
	}
	for _, p := range []string{"nemo.collections.", "nemo.core.", "torch.nn.", "torch.optim.", "torchaudio.transforms.",
		"pytorch_lightning.callbacks.", "pytorch_lightning.loggers.", "lightning.pytorch.callbacks.", "lightning.pytorch.loggers.", "transformers."} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}
