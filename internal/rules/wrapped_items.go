package rules

import (
	"slices"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// A pick is a call that takes a value out of what it is given or bound to. None of
// the classes runs code for that: builtin containers, OrderedDict and, for an
// attribute, argparse.Namespace.
type pick struct {
	from   *sym.Node // what it takes the value out of, as it was at the place since
	live   *sym.Node // the same, as it is in the end
	since  int64
	method string      // a method of the class, or attribute
	args   []*sym.Node // of the method
}

// attribute stands for the method of a pick that is getattr.
const attribute = "getattr"

// pickOf reads a call as a pick.
func pickOf(call *sym.Call) (pick, bool) {
	if len(call.Live) == 0 && call.Func.Kind == sym.Global {
		return pick{}, false
	}
	fn := call.Func
	if fn.Kind == sym.Global {
		name := fn.FullName()
		if (name == "builtins.getattr") && len(call.Args) >= 2 && call.Args[1].Kind == sym.String {
			return pick{call.Args[0], call.Live[0], call.Pos, attribute, call.Args[1:2]}, true
		}
		return unbound(name, call)
	}
	f := fn.Call()
	if fn.Kind != sym.Object || f == nil || !f.Known || f.Kwargs != nil || f.Func.Kind != sym.Global || len(f.Args) == 0 || len(fn.States())+len(fn.Items())+len(fn.Pairs()) > 0 {
		return pick{}, false
	}
	first := f.Args[0]
	switch name := f.Func.FullName(); {
	case name == "builtins.getattr" && len(f.Args) == 2 && f.Args[1].Kind == sym.String && !f.Args[1].Lazy:
		if first.Kind == sym.Global {
			return unbound(first.FullName()+"."+f.Args[1].Text, call)
		}
		return pick{first, f.Live[0], f.Pos, f.Args[1].Text, call.Args}, true
	case len(call.Live) != 1 || len(f.Args) > 1 && name != "operator.methodcaller":
		return pick{}, false
	case name == "operator.itemgetter":
		return pick{call.Args[0], call.Live[0], call.Pos, "__getitem__", f.Args}, true
	case name == "operator.attrgetter" && first.Kind == sym.String:
		return pick{call.Args[0], call.Live[0], call.Pos, attribute, f.Args}, true
	case name == "operator.methodcaller" && first.Kind == sym.String && !first.Lazy:
		return pick{call.Args[0], call.Live[0], call.Pos, first.Text, f.Args[1:]}, true
	}
	return pick{}, false
}

// unbound is a call of a method by its class.
func unbound(name string, call *sym.Call) (pick, bool) {
	at := strings.LastIndexByte(name, '.')
	class, method := name[:at], name[at+1:]
	if len(call.Live) == 0 || !slices.Contains([]string{"builtins.dict", "builtins.list", "collections.OrderedDict"}, class) {
		return pick{}, false
	}
	if of := call.Args[0]; class == "builtins.list" && of.Kind != sym.List || class == "collections.OrderedDict" && of.Kind != sym.Object {
		return pick{}, false
	}
	return pick{call.Args[0], call.Live[0], call.Pos, method, call.Args[1:]}, true
}

// picked says which value a pick gives, and what it changes for it.
func (u *Unwrapper) picked(call *sym.Call) (inner, changed *sym.Node) {
	p, ok := pickOf(call)
	if !ok || !p.asItWas() || u.Untrusted(p.live) {
		return nil, nil
	}
	if p.method == attribute {
		return p.attribute(), nil
	}
	if !builtin(p.live) && !stateDict(p.live) {
		return nil, nil
	}
	list := p.live.Kind == sym.List || p.live.Kind == sym.Tuple
	switch {
	case p.method == "__getitem__" && len(p.args) == 1:
		return u.itemOf(p), nil
	case p.method == "get" && !list && (len(p.args) == 1 || len(p.args) == 2):
		return u.itemOf(p), nil
	case p.method == "pop" && !list && (len(p.args) == 1 || len(p.args) == 2):
		inner = u.itemOf(p)
	case p.method == "pop" && p.live.Kind == sym.List && len(p.args) == 0 && len(p.from.Items()) > 0:
		inner = p.from.Items()[len(p.from.Items())-1]
	}
	if inner == nil {
		return nil, nil
	}
	return inner, p.live
}

// asItWas reports whether nothing was put into what a pick takes from since.
func (p *pick) asItWas() bool {
	if len(p.from.Items()) != len(p.live.Items()) {
		return false
	}
	return !slices.ContainsFunc(p.live.Pairs(), func(x sym.Pair) bool { return x.Pos > p.since })
}

func (u *Unwrapper) itemOf(p pick) *sym.Node {
	u.spent += len(p.from.Pairs())
	if key := p.args[0]; u.spent > maxUnwrapping {
		return nil
	} else if p.from.Kind == sym.Object && key.Kind == sym.String && !key.Lazy {
		return valueOf(p.from, key.Text)
	}
	return item([]*sym.Node{p.from, p.args[0]})
}

// namespace reports whether a call makes an argparse.Namespace, as any protocol has it.
func namespace(call *sym.Call) bool {
	class := classOf(call)
	return call.Func.Is("argparse", "Namespace") || class != nil && class.Is("argparse", "Namespace")
}

// attribute is the value of an attribute that the file itself sets of a Namespace,
// whose class has none of that name.
func (p *pick) attribute() *sym.Node {
	n, key := p.live, p.args[0]
	if n.Kind != sym.Object || n.Call() == nil || !namespace(n.Call()) || len(n.States()) != 1 || n.States()[0].Pos > p.since {
		return nil
	}
	if state := n.States()[0].Frozen; state.Kind == sym.Dict && !key.Lazy && !strings.HasPrefix(key.Text, "_") && !strings.Contains(key.Text, ".") {
		return valueOf(state, key.Text)
	}
	return nil
}
