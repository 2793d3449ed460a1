package bytecode

import "github.com/modelaudit/action/internal/marshal"

// call does the instructions that call.
func (b *block) call() bool {
	n := b.in.Arg
	switch b.in.Name {
	case "CALL_FUNCTION":
		args := b.popN(n)
		b.push(&Expr{Kind: Call, Args: append([]*Expr{b.pop()}, args...)})
	case "CALL_METHOD":
		return b.called(b.popN(n), nil)
	case "CALL_FUNCTION_KW":
		keys, ok := b.keywords(n)
		args := b.popN(n)
		b.push(&Expr{Kind: Call, Args: append([]*Expr{b.pop()}, args...), Keys: keys})
		return ok
	case "KW_NAMES":
		t, ok := b.constant(n).Value.(marshal.Tuple)
		b.kw = texts(t)
		return ok && len(b.kw) == len(t)
	case "CALL":
		keys := b.kw
		b.kw = nil
		return len(keys) <= n && b.called(b.popN(n), keys)
	case "CALL_KW":
		keys, ok := b.keywords(n)
		return ok && b.called(b.popN(n), keys)
	case "CALL_FUNCTION_EX":
		return b.callSpread()
	default:
		return false
	}
	return true
}

// keywords pops the names of the last of n arguments.
func (b *block) keywords(n int) ([]string, bool) {
	t, ok := b.pop().Value.(marshal.Tuple)
	keys := texts(t)
	return keys, ok && len(keys) == len(t) && len(keys) <= n
}

// called makes the call of the two values below the arguments: a function and
// NULL, or a function and its first argument.
func (b *block) called(args []*Expr, keys []string) bool {
	two := b.popN(2)
	if two == nil {
		return true // has failed
	}
	function, first := two[0], two[1]
	if b.f.Version < 13 && function.Kind == missing {
		function, first = first, function
	}
	if function.Kind == missing {
		return false
	}
	list := []*Expr{function}
	if first.Kind != missing {
		list = append(list, first)
	}
	b.push(&Expr{Kind: Call, Args: append(list, args...), Keys: keys})
	return true
}

// callSpread is CALL_FUNCTION_EX: f(*args) or f(*args, **kwargs).
func (b *block) callSpread() bool {
	var more *Expr
	if b.f.Version >= 14 || b.in.Arg&1 != 0 {
		if more = b.pop(); more.Kind == missing {
			more = nil
		}
	}
	args := b.pop()
	function := b.pop()
	switch v := b.f.Version; {
	case v >= 13:
		null := function
		if function = b.pop(); null.Kind != missing {
			return false
		}
	case v >= 11:
		if b.pop().Kind != missing {
			return false
		}
	}
	b.push(spreadCall(function, args, more))
	return true
}

// spreadCall is a plain call where what is spread is written out.
func spreadCall(function, args, more *Expr) *Expr {
	if list := spread(args); len(list) != 1 || list[0].Kind != Spread {
		plain := &Expr{Kind: Call, Args: append([]*Expr{function}, list...)}
		for _, arg := range list {
			if arg.Kind == Spread {
				plain = nil
				break
			}
		}
		if plain != nil && plain.named(more) {
			return plain
		}
	}
	if more != nil && more.Kind == DictOf && len(more.Args) == 2 && more.Args[0] == nil {
		more = more.Args[1]
	}
	e := &Expr{Kind: CallSpread, Args: []*Expr{function, args}}
	if more != nil {
		e.Args = append(e.Args, more)
	}
	return e
}

// named adds the arguments by keyword of a dict that is written out.
func (e *Expr) named(dict *Expr) bool {
	if dict == nil {
		return true
	}
	if dict.Kind != DictOf {
		return false
	}
	for i := 0; i+1 < len(dict.Args); i += 2 {
		if dict.Args[i] == nil || dict.Args[i].Kind != Const {
			return false
		}
		key, ok := dict.Args[i].Value.(string)
		if !ok {
			return false
		}
		e.Keys, e.Args = append(e.Keys, key), append(e.Args, dict.Args[i+1])
	}
	return true
}
