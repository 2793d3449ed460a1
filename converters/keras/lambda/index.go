package lambda

import (
	"strings"

	"github.com/modelaudit/action/internal/bytecode"
)

// item interprets x[key].
func (e *evaluator) item(x *bytecode.Expr) (any, error) {
	args, err := e.list(x.Args)
	if err != nil {
		return nil, err
	}
	switch of := args[0].(type) {
	case tensor:
		key, err := index(args[1])
		if err != nil {
			return nil, err
		}
		return e.node("getitem", of.Ref, key)
	case sequence:
		if i, ok := at(args[1], len(of.items)); ok {
			return of.items[i], nil
		}
		if s, ok := args[1].(Slice); ok {
			from, to, ok := bounds(s, len(of.items))
			if ok {
				return sequence{of.items[from:to], of.tuple}, nil
			}
		}
	case shape:
		if i, ok := at(args[1], len(of)); ok {
			if of[i] < 0 {
				return nil, because("it uses a size that is known only when it runs")
			}
			return of[i], nil
		}
		if s, ok := args[1].(Slice); ok {
			if from, to, ok := bounds(s, len(of)); ok {
				return of[from:to], nil
			}
		}
	}
	return nil, because("it takes an item of something other than a tensor or a list")
}

// at is a Python index into n items.
func at(v any, n int) (int, bool) {
	i, ok := v.(int)
	if i < 0 {
		i += n
	}
	return i, ok && i >= 0 && i < n
}

// bounds is a slice without a step of n items.
func bounds(s Slice, n int) (from, to int, ok bool) {
	to = n
	if s.Step != nil {
		return 0, 0, false
	}
	for _, end := range []struct {
		v    any
		into *int
	}{{s.Start, &from}, {s.Stop, &to}} {
		if end.v == nil {
			continue
		}
		i, ok := end.v.(int)
		if !ok {
			return 0, 0, false
		}
		if i < 0 {
			i += n
		}
		*end.into = max(0, min(i, n))
	}
	return from, max(from, to), true
}

// index turns what stands between brackets of a tensor into an Index.
func index(v any) (Index, error) {
	parts := []any{v}
	if list, ok := v.(sequence); ok && list.tuple {
		parts = list.items
	}
	key := Index{}
	for _, part := range parts {
		switch part := part.(type) {
		case nil, int, Ellipsis:
		case Slice:
			for _, end := range []any{part.Start, part.Stop, part.Step} {
				if _, ok := end.(int); !ok && end != nil {
					return nil, because("it slices by something other than numbers")
				}
			}
		default:
			return nil, because("it indexes a tensor by something other than numbers and slices")
		}
		key = append(key, part)
	}
	return key, nil
}

// cutDefault splits a parameter of an operation.
func cutDefault(param string) (name string, value any, ok bool) {
	name, text, ok := strings.Cut(param, "=")
	return name, literal(text), ok
}
