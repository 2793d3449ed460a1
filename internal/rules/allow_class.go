package rules

import (
	"slices"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// A class is an entry with what it inherits.
type class struct {
	entry
	bases   []*class
	defined map[string]bool
	slots   map[string]bool
	held    map[string]bool  // what a state may hold though another version's base defines it
	exact   map[string]shape // what may stand at a key of the state
	hooks   shape            // what may stand at every key that holds hooks
	none    bool             // no state: an item of it is an attribute, __setstate__ too
	module  bool             // one of torch's modules
}

// A list finds contracts of the generated list. It keeps what one judgement
// has looked up.
type list map[[2]string]*class

// find returns the contract of a listed name.
func (l list) find(module, name string) (contract, bool) {
	c := l.class(module, name)
	if c != nil && c.kind != "value" && len(c.bases) > 0 && c.derives(l.class("transformers.utils.generic", "ModelOutput")) {
		return contract{module: module, names: []string{name}, calls: upTo(64, outputs), state: c.state, items: true, looked: true, starts: true}, true
	}
	if c == nil || c.kind == "base" {
		return contract{}, false
	}
	k := contract{module: module, names: []string{name}}
	switch c.kind {
	case "plain", "mapping", "table", "sequence":
		k.calls, k.newobj, k.onlyNew, k.state, k.starts = with(), true, true, c.state, true
		k.items, k.appends = c.kind == "mapping", c.kind == "sequence"
		if k.looked = c.kind == "mapping"; k.looked {
			itself := built(module, name) // its __dict__ is the mapping (statsmodels/tools/tools.py, Bunch)
			k.state = func(n *sym.Node) bool { return c.state(n) || itself(n) && c.pairs(n) }
		}
		if c.derives(l.class("pandas.core.generic", "NDFrame")) {
			k.state = either(c.state, blockManager) // the columns alone, before pandas 0.13 (NDFrame.__setstate__)
		}
		k.base = map[string]string{"plain": "object", "mapping": "dict", "table": "dict", "sequence": "list"}[c.kind]
		// A module sets its attributes from a state and calls none of them (torch/nn/modules).
		k.updates = c.module
		if c.stateless() {
			k.state = nil
		}
		if c.derives(l.class("torchmetrics.metric", "Metric")) {
			k.calls = upTo(64, shortText) // the letters of its name (torchmetrics/metric.py, __getnewargs__)
		}
	case "record":
		k.calls, k.newobj, k.onlyNew, k.base = upTo(64, anything), true, true, "tuple"
	case "enum":
		k.calls = with(either(text, integer))
	}
	return k, true
}

func (l list) class(module, name string) *class {
	at := [2]string{module, name}
	if c, ok := l[at]; ok {
		return c
	}
	e, ok := listedEntry(module, name)
	if !ok {
		l[at] = nil
		return nil
	}
	c := &class{entry: e, module: module == "torch.nn.modules.module", defined: set(e.defined), exact: map[string]shape{}, slots: map[string]bool{}, held: map[string]bool{}}
	l[at] = c
	for _, b := range e.bases {
		m, n, _ := strings.Cut(b, ":")
		if base := l.class(m, n); base != nil {
			c.bases, c.module = append(c.bases, base), c.module || base.module
		}
	}
	for _, r := range e.rules {
		key, word, _ := strings.Cut(r, "=")
		switch {
		case word == "slot":
			c.slots[key] = true
		case word == "held":
			c.held[key] = true
		case key == "*":
			c.none = true
		case key == "*hooks*":
			c.hooks = stateShapes[word]
		default:
			c.exact[key] = stateShapes[word]
		}
	}
	return c
}

func (c *class) stateless() bool {
	return c.none || slices.ContainsFunc(c.bases, (*class).stateless)
}

func set(words []string) map[string]bool {
	s := make(map[string]bool, len(words))
	for _, w := range words {
		s[w] = true
	}
	return s
}

// state accepts what BUILD may give to an object of the class: a dict of plain
// attributes, or of a class with slots also (attributes, slots).
func (c *class) state(n *sym.Node) bool {
	if i := n.Items(); n.Kind == sym.Tuple && len(i) == 2 {
		return (i[0].Kind == sym.None || c.attributes(i[0])) && dictOf(c.slot, anything)(i[1]) && !slices.ContainsFunc(i[1].Pairs(), c.misplaced)
	}
	return c.attributes(n)
}

// misplaced reports whether a slot has what the list says may not stand there.
func (c *class) misplaced(p sym.Pair) bool {
	s, ok := c.exact[p.Key.Text]
	return ok && (s == nil || !s(p.Value)) || slices.ContainsFunc(c.bases, func(b *class) bool { return b.misplaced(p) })
}

func (c *class) attributes(n *sym.Node) bool {
	return n.Kind == sym.Dict && c.pairs(n)
}

func (c *class) pairs(n *sym.Node) bool {
	for _, p := range n.Pairs() {
		if p.Key.Kind != sym.String || p.Key.Lazy || !c.takes(p.Key.Text, p.Value) {
			return false
		}
	}
	return true
}

func (c *class) takes(key string, value *sym.Node) bool {
	if key == "__doc__" {
		return either(none, text)(value) // what an object says of itself
	}
	return (!protocolName(key) || c.says(key)) && !special(value) && c.allows(key, value, false)
}

// protocolName reports whether a key may name a method of Python's protocols, or what Python
// itself keeps with an object. gensim's models have "__numpys" and others (gensim/utils.py, SaveLoad).
func protocolName(key string) bool {
	return strings.HasPrefix(key, "__") && strings.HasSuffix(key, "__")
}

// says reports whether the list says what may stand at a key.
func (c *class) says(key string) bool {
	_, ok := c.exact[key]
	return ok || slices.ContainsFunc(c.bases, func(b *class) bool { return b.says(key) })
}

// allows reports whether neither the class nor a base defines the name, and
// the value is one that they can do no harm with.
func (c *class) allows(key string, value *sym.Node, held bool) bool {
	held = held || c.held[key] && data(value)
	if c.defined[key] && !held && !overshadowed(key, value) {
		return false
	}
	if s, ok := c.exact[key]; ok && (s == nil || !s(value)) {
		return false
	}
	if c.hooks != nil && strings.Contains(key, "hooks") && !c.hooks(value) {
		return false
	}
	for _, b := range c.bases {
		if !b.allows(key, value, held) {
			return false
		}
	}
	return true
}

// data accepts what is no function, nor made as one.
func data(n *sym.Node) bool {
	return n.Kind != sym.Global && !madeBy("functools", "partial")(n) && !madeBy("builtins", "getattr")(n) && !madeBy("types", "MethodType")(n)
}

// overshadowed accepts what versions of a library keep as an attribute and others
// as a property, which then hides it (sklearn/neighbors/_nca.py, version 1.2), the class of dicts
// that graphs had (networkx/classes/graph.py, version 2.0), the kind of model, which a configuration that
// was read from a file holds itself (transformers/configuration_utils.py, from_dict), and a method that stands under its own name.
func overshadowed(key string, value *sym.Node) bool {
	return key == "_n_features_out" && upToInt(1<<20)(value) || key == "_data" && blockManager(value) || strings.HasSuffix(key, "_dict_factory") && global("builtins", "dict")(value) ||
		key == "model_type" && shortText(value) || ownMethod(key, value)
}

// blockManager accepts the columns of a frame, which pandas moves from the name that they had
// before version 1.1 to today's (pandas/core/generic.py, NDFrame.__setstate__).
var blockManager = either(built("pandas.core.internals.managers", "BlockManager"), built("pandas.core.internals.managers", "SingleBlockManager"),
	built("pandas.core.internals", "BlockManager"), built("pandas.core.internals", "SingleBlockManager"))

// slot accepts the name of a slot of the class.
func (c *class) slot(n *sym.Node) bool {
	return n.Kind == sym.String && !n.Lazy && c.hasSlot(n.Text)
}

func (c *class) hasSlot(name string) bool {
	for _, b := range c.bases {
		if b.hasSlot(name) {
			return true
		}
	}
	return c.slots[name]
}

// derives reports whether a class is another, or inherits from it.
func (c *class) derives(from *class) bool {
	return c == from || slices.ContainsFunc(c.bases, func(b *class) bool { return b.derives(from) })
}
