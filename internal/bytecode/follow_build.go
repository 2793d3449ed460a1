package bytecode

import (
	"slices"

	"github.com/modelaudit/action/internal/marshal"
)

// build does the instructions that make containers and texts of what the stack holds.
func (b *block) build() bool {
	n := b.in.Arg
	switch b.in.Name {
	case "BUILD_TUPLE":
		b.push(&Expr{Kind: TupleOf, Args: b.popN(n)})
	case "BUILD_LIST":
		b.push(&Expr{Kind: ListOf, Args: b.popN(n)})
	case "BUILD_SET":
		b.push(&Expr{Kind: SetOf, Args: b.popN(n)})
	case "BUILD_MAP":
		b.push(&Expr{Kind: DictOf, Args: b.popN(2 * n)})
	case "BUILD_CONST_KEY_MAP":
		return b.keyed(n)
	case "BUILD_SLICE":
		args := b.popN(n)
		if n == 2 && args != nil {
			args = append(args, none())
		}
		b.push(&Expr{Kind: SliceOf, Args: args})
	case "BUILD_STRING":
		b.push(&Expr{Kind: Text, Args: b.popN(n)})
	case "FORMAT_VALUE":
		args := b.popN(1 + n>>2&1)
		b.push(&Expr{Kind: Format, Name: []string{"", "s", "r", "a"}[n&3], Args: args})
	case "FORMAT_SIMPLE", "FORMAT_WITH_SPEC":
		args := b.popN(map[string]int{"FORMAT_SIMPLE": 1, "FORMAT_WITH_SPEC": 2}[b.in.Name])
		e := &Expr{Kind: Format, Args: args}
		if len(args) > 0 && args[0].Kind == converted {
			e.Name, args[0] = args[0].Name, args[0].Args[0]
		}
		b.push(e)
	case "CONVERT_VALUE":
		if n < 1 || n > 3 {
			return false
		}
		b.push(&Expr{Kind: converted, Name: []string{"", "s", "r", "a"}[n], Args: b.popN(1)})
	default:
		return false
	}
	return true
}

// keyed is BUILD_CONST_KEY_MAP: the keys are a constant tuple on top.
func (b *block) keyed(n int) bool {
	keys, ok := b.pop().Value.(marshal.Tuple)
	values := b.popN(n)
	if !ok || len(keys) != len(values) {
		return false
	}
	e := &Expr{Kind: DictOf}
	for i, key := range keys {
		e.Args = append(e.Args, &Expr{Kind: Const, Value: key}, values[i])
	}
	b.push(e)
	return true
}

// extend does the instructions that add to a container below the top of the stack,
// and 3.8's that spread several.
func (b *block) extend() bool {
	switch name := b.in.Name; name {
	case "LIST_EXTEND", "SET_UPDATE":
		return b.grow(container(name), func(e, value *Expr) { e.Args = append(e.Args, spread(value)...) })
	case "LIST_APPEND", "SET_ADD":
		return b.grow(container(name), func(e, value *Expr) { e.Args = append(e.Args, value) })
	case "DICT_UPDATE", "DICT_MERGE":
		return b.grow(container(name), func(e, value *Expr) { e.Args = append(e.Args, entries(value)...) })
	case "LIST_TO_TUPLE":
		b.push(b.tuple(b.pop()))
	case "BUILD_TUPLE_UNPACK", "BUILD_TUPLE_UNPACK_WITH_CALL", "BUILD_LIST_UNPACK", "BUILD_SET_UNPACK":
		e := &Expr{Kind: map[string]Kind{"BUILD_LIST_UNPACK": ListOf, "BUILD_SET_UNPACK": SetOf}[name]}
		if e.Kind == Const {
			e.Kind = TupleOf
		}
		for _, part := range b.popN(b.in.Arg) {
			e.Args = append(e.Args, spread(part)...)
		}
		b.push(e)
	case "BUILD_MAP_UNPACK", "BUILD_MAP_UNPACK_WITH_CALL":
		e := &Expr{Kind: DictOf}
		for _, part := range b.popN(b.in.Arg) {
			e.Args = append(e.Args, entries(part)...)
		}
		b.push(e)
	default:
		return false
	}
	return true
}

// container is the kind that an instruction adds to.
func container(name string) Kind {
	return map[byte]Kind{'L': ListOf, 'S': SetOf, 'D': DictOf}[name[0]]
}

// grow replaces a container that this function has made by a larger one.
func (b *block) grow(kind Kind, add func(container, value *Expr)) bool {
	value := b.pop()
	at := len(b.stack) - b.in.Arg
	if at < 0 || at >= len(b.stack) || b.stack[at].Kind != kind {
		return false
	}
	e := &Expr{Kind: kind, Args: slices.Clone(b.stack[at].Args)}
	add(e, value)
	b.stack[at] = e
	return true
}

// spread is what *value adds to a list: its items where they are known.
func spread(value *Expr) []*Expr {
	switch value.Kind {
	case TupleOf, ListOf:
		return value.Args
	case Const:
		t, ok := value.Value.(marshal.Tuple)
		if !ok {
			break
		}
		var items []*Expr
		for _, v := range t {
			items = append(items, &Expr{Kind: Const, Value: v})
		}
		return items
	}
	return []*Expr{{Kind: Spread, Args: []*Expr{value}}}
}

// entries is what **value adds to a dict.
func entries(value *Expr) []*Expr {
	if value.Kind == DictOf {
		return value.Args
	}
	return []*Expr{nil, value}
}

// tuple is tuple(list).
func (b *block) tuple(list *Expr) *Expr {
	if list.Kind == ListOf {
		return &Expr{Kind: TupleOf, Args: list.Args}
	}
	return &Expr{Kind: TupleOf, Args: []*Expr{{Kind: Spread, Args: []*Expr{list}}}}
}
