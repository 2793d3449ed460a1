package rules

import (
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// nativeContracts: classes and functions in compiled code, whose states are
// read by the library itself.
func nativeContracts() []contract {
	var all []contract
	for module, names := range tokenizerClasses {
		all = append(all, contract{module: module, names: strings.Fields(names), calls: with(), newobj: true, onlyNew: true, state: rawBytes})
	}
	for _, m := range []string{"tokenizers.normalizers", "tokenizers.pre_tokenizers", "tokenizers.processors", "tokenizers.decoders"} {
		all = append(all, contract{module: m, names: []string{"Sequence"}, calls: withOptional(1, listOf(madeIn("tokenizers"))), newobj: true, onlyNew: true, state: rawBytes})
	}
	pair := fields(text, integer)
	return append(append(all, sklearnContracts()...),
		contract{module: "tokenizers", names: []string{"Tokenizer"}, calls: with(madeIn("tokenizers.models")), newobj: true, onlyNew: true, state: rawBytes},
		contract{module: "tokenizers", names: []string{"Encoding"}, calls: with(), newobj: true, onlyNew: true, state: rawBytes},
		contract{module: "tokenizers", names: []string{"AddedToken"}, calls: with(), newobj: true, onlyNew: true, state: addedToken},
		contract{module: "tokenizers.processors", names: []string{"BertProcessing", "RobertaProcessing"}, calls: with(pair, pair), newobj: true, onlyNew: true, state: rawBytes},
		contract{module: "tokenizers.processors", names: []string{"TemplateProcessing"}, calls: with(), newobj: true, onlyNew: true, state: rawBytes},
	)
}

var addedToken = dictOf(oneOfText("content", "single_word", "lstrip", "rstrip", "normalized", "special"), either(text, integer))

// tokenizerClasses take their state as JSON (tokenizers' Rust sources: __setstate__ of each).
var tokenizerClasses = map[string]string{
	"tokenizers.models":         "Model BPE WordLevel WordPiece Unigram",
	"tokenizers.decoders":       "Decoder ByteLevel WordPiece Metaspace BPEDecoder CTC Fuse Strip Replace ByteFallback",
	"tokenizers.normalizers":    "Normalizer Lowercase NFC NFD NFKC NFKD Nmt BertNormalizer StripAccents Strip Prepend Precompiled Replace ByteLevel",
	"tokenizers.pre_tokenizers": "PreTokenizer Whitespace WhitespaceSplit ByteLevel BertPreTokenizer Digits Metaspace Punctuation Split CharDelimiterSplit UnicodeScripts",
	"tokenizers.processors":     "PostProcessor ByteLevel",
}

// madeIn accepts an object of a class in a package. The class itself is judged
// where it is called.
func madeIn(pkg string) shape {
	return func(n *sym.Node) bool {
		if n.Kind != sym.Object || n.Call() == nil {
			return false
		}
		m, _ := nameOf(n.Call().Func)
		return m == pkg || strings.HasPrefix(m, pkg+".")
	}
}

// sklearnContracts: scikit-learn's compiled classes (sklearn/tree/_tree.pyx,
// sklearn/neighbors/_binary_tree.pxi, sklearn/metrics/_dist_metrics.pyx,
// sklearn/_loss/_loss.pyx, sklearn/linear_model/_sgd_fast.pyx) from 0.20 on, and the copy in hdbscan.
func sklearnContracts() []contract {
	var all []contract
	for _, m := range []string{"sklearn.tree._tree"} {
		all = append(all, contract{module: m, names: []string{"Tree"}, calls: with(upToInt(1<<31), array, upToInt(1<<20)), state: treeState})
	}
	for _, m := range []string{"sklearn.linear_model._sgd_fast", "sklearn.linear_model.sgd_fast"} {
		all = append(all, contract{module: m, names: strings.Fields(sgdLosses), calls: upTo(2, number)})
	}
	// Some builds of scikit-learn spell the module without its package.
	for _, m := range []string{"sklearn._loss._loss", "_loss"} {
		all = append(all, contract{module: m, names: strings.Fields(losses), calls: upTo(2, number)}, contract{module: m, names: []string{"CyHalfMultinomialLoss"}})
		for _, name := range append(strings.Fields(losses), "CyHalfMultinomialLoss") {
			all = append(all, contract{module: m, names: []string{"__pyx_unpickle_" + name}, calls: with(global(m, name), integer, either(none, tupleOf(number))), state: tupleOf(number), caller: true, closed: true})
		}
	}
	for _, m := range []string{"sklearn.neighbors._dist_metrics", "sklearn.neighbors.dist_metrics", "sklearn.metrics._dist_metrics", "hdbscan.dist_metrics"} {
		all = append(all, contract{module: m, names: strings.Fields(metricClasses)},
			contract{module: m, names: []string{"newObj"}, calls: with(global(m, strings.Fields(metricClasses)...)), state: metricState, caller: true, closed: true})
	}
	for m, class := range map[string]string{"sklearn.neighbors._ball_tree": "BallTree", "sklearn.neighbors.ball_tree": "BallTree", "sklearn.neighbors._kd_tree": "KDTree", "sklearn.neighbors.kd_tree": "KDTree"} {
		names := []string{class, class + "64", class + "32", "BinaryTree"} // the base, which wrote itself before 0.20
		all = append(all, contract{module: m, names: names},
			contract{module: m, names: []string{"newObj"}, calls: with(global(m, names...)), state: binaryTreeState, caller: true, closed: true})
	}
	return all
}

const (
	sgdLosses = `Hinge SquaredHinge Log ModifiedHuber SquaredLoss Huber EpsilonInsensitive SquaredEpsilonInsensitive`
	losses    = `CyHalfSquaredError CyAbsoluteError CyPinballLoss CyHuberLoss CyHalfPoissonLoss CyHalfGammaLoss CyHalfTweedieLoss CyHalfTweedieLossIdentity
	CyHalfBinomialLoss CyExponentialLoss`
)

var metricClasses = func() string {
	var names []string
	for _, n := range strings.Fields(`Euclidean SEuclidean Manhattan Chebyshev Minkowski WMinkowski Mahalanobis Hamming Canberra BrayCurtis
		Jaccard Matching Dice Kulsinski RogersTanimoto RussellRao SokalMichener SokalSneath Haversine`) {
		names = append(names, n+"Distance", n+"Distance64", n+"Distance32")
	}
	return strings.Join(names, " ")
}()

// treeState accepts what Tree.__getstate__ writes; __setstate__ compares the
// arrays' types and shapes itself.
var treeState = dictOf(oneOfText("max_depth", "node_count", "nodes", "values"), either(integer, array))

// metricState: (p, vec, V[, size]) of numbers and arrays. A metric with a
// function of its own is not listed.
func metricState(n *sym.Node) bool {
	return n.Kind == sym.Tuple && len(n.Items()) <= 5 && all(n.Items(), either(none, number, array))
}

// binaryTreeState: arrays, counters, the metric and the sample weights.
func binaryTreeState(n *sym.Node) bool {
	metric := either(madeBy("sklearn.metrics._dist_metrics", "newObj"), madeBy("sklearn.neighbors._dist_metrics", "newObj"), madeBy("sklearn.neighbors.dist_metrics", "newObj"))
	return n.Kind == sym.Tuple && len(n.Items()) <= 16 && all(n.Items(), either(none, number, array, metric))
}
