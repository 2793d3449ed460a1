package rules

import (
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
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

// Called is the finding of that rule for a dotted name that a loader looks up to call it.
// A name that is known to run code, or to reach files or the network, is as critical as
// the call of it in a pickle.
func Called(id string, at audit.Location, name, message string) audit.Finding {
	f := New(id, at, name, message)
	for i, c := range name {
		if c != '.' || strings.HasPrefix(name, "torch.ops.") { // operators, of which most compute
			continue
		}
		if does := familyOf(name[:i], name[i+1:]); does != "" {
			f.Message += ", which " + string(does)
			return worse(f)
		}
	}
	return f
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
