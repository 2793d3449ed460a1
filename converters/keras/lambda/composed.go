package lambda

import "math"

// composed are the functions that are several operations, by the name that the table has for
// them; each with the parameters that it takes.
var composed = map[string]struct {
	params []string
	build  func(b *builder, given map[string]any) any
}{
	"identity":           {[]string{"x"}, func(_ *builder, g map[string]any) any { return g["x"] }},
	"sqrt of positive":   {[]string{"x"}, func(b *builder, g map[string]any) any { return b.do("sqrt", b.do("maximum", g["x"], 0.0)) }},
	"squared difference": {[]string{"x", "y"}, func(b *builder, g map[string]any) any { return b.do("square", b.do("subtract", g["x"], g["y"])) }},
	"norm":               {[]string{"x", "axis", "keepdims"}, norm},
	"product":            {[]string{"x", "y", "transpose_a", "transpose_b"}, matrixProduct},
	"batch dot":          {[]string{"x", "y", "axes"}, batchDot},
	"sum of list":        {[]string{"xs"}, sumOfList},
	"flat":               {[]string{"x"}, func(b *builder, g map[string]any) any { return b.do("reshape", g["x"], b.ints(-1, b.product(g["x"]))) }},
	"split":              {[]string{"x", "parts", "axis"}, split},
	"unstack":            {[]string{"x", "axis"}, unstack},
	"repeat vector": {[]string{"x", "n"}, func(b *builder, g map[string]any) any {
		return b.do("repeat", b.do("expand_dims", g["x"], 1), g["n"], 1)
	}},
	"resize by factors": {[]string{"x", "height", "width", "data_format", "interpolation"}, resizeByFactors},
	"gray":              {[]string{"x"}, gray},
	"colour":            {[]string{"x"}, func(b *builder, g map[string]any) any { return b.do("repeat", g["x"], 3, -1) }},
	"flip left right":   {[]string{"x"}, func(b *builder, g map[string]any) any { return b.do("flip", g["x"], b.ints(b.rank(g["x"])-2)) }},
	"flip up down":      {[]string{"x"}, func(b *builder, g map[string]any) any { return b.do("flip", g["x"], b.ints(b.rank(g["x"])-3)) }},
	"central crop":      {[]string{"x", "fraction"}, centralCrop},
	"contrast":          {[]string{"x", "factor"}, contrast},
	"standardization":   {[]string{"x"}, standardization},
	"hard sigmoid": {[]string{"x"}, func(b *builder, g map[string]any) any {
		return b.do("clip", b.do("add", b.do("multiply", g["x"], 0.2), 0.5), 0.0, 1.0)
	}},
	"logarithm to base 2":  {[]string{"x"}, func(b *builder, g map[string]any) any { return b.do("divide", b.do("log", g["x"]), math.Ln2) }},
	"logarithm to base 10": {[]string{"x"}, func(b *builder, g map[string]any) any { return b.do("divide", b.do("log", g["x"]), math.Ln10) }},
}

// builder makes the nodes of a composed function; the first error stops it.
type builder struct {
	e    *evaluator
	name string
	err  error
}

// do makes one node of arguments in the operation's order; those left out have its defaults.
func (b *builder) do(op string, args ...any) any {
	if b.err != nil {
		return nil
	}
	given := map[string]any{}
	for i, param := range operation(op).Params {
		if key, _, _ := cutDefault(param); i < len(args) {
			given[key] = args[i]
		}
	}
	var v any
	v, b.err = b.e.operate(b.name, operation(op), given)
	return v
}

// fail notes why the function is not understood.
func (b *builder) fail(format string, args ...any) any {
	if b.err == nil {
		b.err = because(format, args...)
	}
	return nil
}

func (b *builder) ints(numbers ...int) any {
	list := sequence{}
	for _, n := range numbers {
		list.items = append(list.items, n)
	}
	return list
}

// shape of a value that must be a tensor of known rank.
func (b *builder) shape(v any) shape {
	if t, ok := v.(tensor); ok {
		if s := b.e.shape(t.Ref); s != nil {
			return s
		}
	}
	b.fail("it calls %s with something whose shape is not known", b.name)
	return nil
}

func (b *builder) rank(v any) int { return len(b.shape(v)) }

// size is that of an axis, which must be known.
func (b *builder) size(v any, axis int) int {
	s := b.shape(v)
	if axis < 0 {
		axis += len(s)
	}
	if axis < 0 || axis >= len(s) || s[axis] < 0 {
		b.fail("it calls %s, and a size is known only when it runs", b.name)
		return 1
	}
	return s[axis]
}

// product is how many elements a sample has.
func (b *builder) product(v any) int {
	n := 1
	for i := range max(1, b.rank(v)) - 1 {
		n *= b.size(v, i+1)
	}
	return n
}

// axis is a constant that names an axis, counted from the first one.
func (b *builder) axis(v, of any) int {
	n, ok := of.(int)
	rank := b.rank(v)
	if n < 0 {
		n += rank
	}
	if !ok || n < 0 || n >= rank {
		b.fail("it calls %s with an axis that is no number of one", b.name)
		return 0
	}
	return n
}

// along is an Index that takes part of one axis and all of those before it.
func (b *builder) along(v any, axis int, part any) any {
	key := Index{}
	for range axis {
		key = append(key, Slice{})
	}
	t, ok := v.(tensor)
	if b.err != nil || !ok {
		return b.fail("it calls %s with something that is no tensor", b.name)
	}
	out, err := b.e.node("getitem", t.Ref, append(key, part))
	b.err = err
	return out
}
