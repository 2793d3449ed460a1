package tree

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// equalKeys reports whether Python holds two keys of a mapping for equal, or may.
// The graph has put keys together that are so by themselves; here are those that
// only their classes can compare: numpy's scalars, numbers that a call makes, and
// tuples of them.
func (b *builder) equalKeys(from []sym.Pair) bool {
	seen, odd, numbers := map[string]bool{}, 0, 0
	for _, p := range from {
		text, known := b.spelling(p.Key, 0)
		switch {
		case !known:
			odd++
		case text == "" || text[0] == 'n':
			numbers++
		}
		if text != "" && seen[text] {
			return true
		}
		seen[text] = true
	}
	return odd > 0 && odd+numbers > 1
}

// spelling is one text for all keys that are equal, "" for what is equal to itself
// alone. It is not known of a number that is not taken apart here.
func (b *builder) spelling(n *sym.Node, depth int) (text string, known bool) {
	switch n.Kind {
	case sym.Bool, sym.Int, sym.Float:
		return numberSpelling(n)
	case sym.String, sym.Bytes:
		if n.Lazy {
			return "", true
		}
		return string("sb"[n.Kind-sym.String]) + n.Text, true
	case sym.Tuple:
		return b.spellings(n.Items(), depth)
	case sym.FrozenSet:
		return "", plainItems(n.Items())
	case sym.Object:
		return b.objectSpelling(n, depth)
	}
	return "", true
}

func (b *builder) spellings(items []*sym.Node, depth int) (string, bool) {
	b.visits += len(items)
	if depth > 8 || b.full() {
		return "", false
	}
	var out strings.Builder
	for _, i := range items {
		text, known := b.spelling(i, depth+1)
		if !known || text == "" {
			return "", known
		}
		out.WriteString(strings.ReplaceAll(text, "\x00", "\x00\x01") + "\x00\x02")
	}
	return "t" + out.String(), true
}

func numberSpelling(n *sym.Node) (string, bool) {
	switch {
	case n.Big() != nil:
		return "n" + string(n.Big().Append(nil, 62)), true
	case n.Kind != sym.Float:
		return "n" + string(big.NewInt(n.Int).Append(nil, 62)), true
	}
	return floatSpelling(n.Float())
}

// floatSpelling is that of an integer for a whole number.
func floatSpelling(f float64) (string, bool) {
	r := new(big.Rat).SetFloat64(f)
	switch {
	case r == nil:
		return "", false
	case r.IsInt():
		return "n" + string(r.Num().Append(nil, 62)), true
	}
	return "n" + r.RatString(), true // with a slash
}

// objectSpelling is that of what a call makes.
func (b *builder) objectSpelling(n *sym.Node, depth int) (string, bool) {
	call := n.Call()
	if call == nil {
		return "", true
	}
	switch call.Func.FullName() {
	case "builtins.tuple", "torch.Size":
		if len(call.Args) == 1 {
			return b.spellings(call.Args[0].Items(), depth)
		}
		return "t", true
	case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar":
		return b.scalarSpelling(n)
	case "builtins.frozenset":
		return "", len(call.Args) != 1 || plainItems(call.Args[0].Items())
	case "builtins.complex", "decimal.Decimal", "fractions.Fraction":
		return "", false
	}
	text, known := b.spellings(call.Args, depth) // a date, a path
	if text == "" || len(call.Args) == 0 || len(n.States()) > 0 {
		return "", known
	}
	return "o" + call.Func.FullName() + "\x00" + text, known
}

// plainItems reports whether the graph could tell whether sets of items are equal.
func plainItems(items []*sym.Node) bool {
	return !slices.ContainsFunc(items, func(n *sym.Node) bool { return n.Kind > sym.Bytes })
}

// scalarSpelling is that of a numpy scalar which has a name: that of another is not known.
func (b *builder) scalarSpelling(n *sym.Node) (string, bool) {
	k, ok := b.scalarKey(n)
	if !ok {
		return "", false
	}
	if k.Int {
		i, ok := new(big.Int).SetString(k.Text, 10)
		if !ok {
			return "", false
		}
		return "n" + string(i.Append(nil, 62)), true
	}
	if a, err := b.arrays.ArrayOf(n); err == nil && a.DType.Kind == 'U' {
		return "s" + k.Text, true
	}
	f, err := strconv.ParseFloat(k.Text, 64)
	if err != nil {
		return "", false
	}
	return floatSpelling(f)
}
