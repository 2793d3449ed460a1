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
		return e.node("getitem", of.Ref, key.plain(len(e.shape(of.Ref))))
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
	case sizes:
		if i, ok := at(args[1], len(of.shape)); ok && i == 0 && of.of.Node < 0 {
			return batch{}, nil
		}
		return e.part(of.shape, args[1])
	case shape:
		return e.part(of, args[1])
	}
	return nil, because("it takes an item of something other than a tensor or a list")
}

// part is an item of a shape, or a slice.
func (e *evaluator) part(of shape, key any) (any, error) {
	if i, ok := at(key, len(of)); ok {
		if of[i] < 0 {
			return nil, because("it uses a size that is known only when it runs")
		}
		return of[i], nil
	}
	if s, ok := key.(Slice); ok {
		if from, to, ok := bounds(s, len(of)); ok {
			return of[from:to], nil
		}
	}
	return nil, because("it takes an item of a shape by something other than a number")
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

// plain is the key for a tensor of so many axes with slices in place of an ellipsis, which
// neither Keras can save everywhere; 0 axes are not known.
func (x Index) plain(rank int) Index {
	at, used := -1, 0
	for i, part := range x {
		if _, ok := part.(Ellipsis); ok && at < 0 {
			at = i
		} else if part != nil {
			used++
		}
	}
	if at < 0 || used > rank {
		return x
	}
	out := append(Index(nil), x[:at]...)
	for range rank - used {
		out = append(out, Slice{})
	}
	return append(out, x[at+1:]...)
}

// cutDefault splits a parameter of an operation.
func cutDefault(param string) (name string, value any, ok bool) {
	name, text, ok := strings.Cut(param, "=")
	return name, literal(text), ok
}
