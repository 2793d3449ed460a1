package lambda

import "math"

func norm(b *builder, g map[string]any) any {
	return b.do("sqrt", b.do("sum", b.do("square", g["x"]), g["axis"], g["keepdims"]))
}

// transposed changes the last two axes of a tensor.
func (b *builder) transposed(v any) any {
	rank := b.rank(v)
	if rank < 2 {
		return b.fail("it calls %s with something that is no matrix", b.name)
	}
	order := make([]int, rank)
	for i := range order {
		order[i] = i
	}
	order[rank-1], order[rank-2] = rank-2, rank-1
	return b.do("transpose", v, b.ints(order...))
}

func matrixProduct(b *builder, g map[string]any) any {
	x, y := g["x"], g["y"]
	if g["transpose_a"] == true {
		x = b.transposed(x)
	}
	if g["transpose_b"] == true {
		y = b.transposed(y)
	}
	return b.do("matmul", x, y)
}

// batchDot is K.batch_dot of vectors, and of matrices along one axis of each.
func batchDot(b *builder, g map[string]any) any {
	x, y := g["x"], g["y"]
	var axes []any
	switch given := g["axes"].(type) {
	case int:
		axes = []any{given, given}
	case sequence:
		axes = given.items
	}
	if len(axes) != 2 {
		return b.fail("it calls K.batch_dot without one axis of each")
	}
	i, j := b.axis(x, axes[0]), b.axis(y, axes[1])
	switch rank := b.rank(x); {
	case b.err != nil || i == 0 || j == 0 || rank != b.rank(y) || rank > 3:
		return b.fail("it calls K.batch_dot with tensors or axes of another kind than two vectors or two matrices")
	case rank == 2:
		return b.do("sum", b.do("multiply", x, y), 1, true)
	}
	if i == 1 {
		x = b.transposed(x)
	}
	if j == 2 {
		y = b.transposed(y)
	}
	return b.do("matmul", x, y)
}

func sumOfList(b *builder, g map[string]any) any {
	list, ok := g["xs"].(sequence)
	if !ok || len(list.items) == 0 {
		return b.fail("it calls %s with something that is no list", b.name)
	}
	sum := list.items[0]
	for _, item := range list.items[1:] {
		sum = b.do("add", sum, item)
	}
	return sum
}

// split gives the parts of one axis: as many of one size, or of the sizes of a list.
func split(b *builder, g map[string]any) any {
	x, axis := g["x"], b.axis(g["x"], g["axis"])
	var sizes []int
	switch parts := g["parts"].(type) {
	case int:
		all := b.size(x, axis)
		if parts < 1 || parts > all || all%parts != 0 {
			return b.fail("it splits an axis of %d into %d", all, parts)
		}
		for range parts {
			sizes = append(sizes, all/parts)
		}
	case sequence:
		for _, item := range parts.items {
			n, ok := item.(int)
			if !ok || n < 0 {
				return b.fail("it splits by sizes that are not known")
			}
			sizes = append(sizes, n)
		}
	}
	out, at := sequence{}, 0
	for _, n := range sizes {
		out.items = append(out.items, b.along(x, axis, Slice{at, at + n, nil}))
		at += n
	}
	return out
}

func unstack(b *builder, g map[string]any) any {
	axis := b.axis(g["x"], g["axis"])
	out := sequence{}
	for i := range min(b.size(g["x"], axis), maxNodes) {
		out.items = append(out.items, b.along(g["x"], axis, i))
	}
	return out
}

func resizeByFactors(b *builder, g map[string]any) any {
	h, ok := g["height"].(int)
	w, ok2 := g["width"].(int)
	if !ok || !ok2 || g["data_format"] != "channels_last" || b.rank(g["x"]) != 4 {
		return b.fail("it calls %s with something other than two numbers and channels_last", b.name)
	}
	return b.do("resize", g["x"], b.ints(h*b.size(g["x"], 1), w*b.size(g["x"], 2)), g["interpolation"])
}

func gray(b *builder, g map[string]any) any {
	weighted := b.do("multiply", g["x"], vector{0.2989, 0.5870, 0.1140}) // tensorflow/python/ops/image_ops_impl.py
	return b.do("sum", weighted, -1, true)
}

// centralCrop rounds as tf.image.central_crop does.
func centralCrop(b *builder, g map[string]any) any {
	fraction, _, ok := number(g["fraction"])
	if !ok || fraction <= 0 || fraction > 1 || b.rank(g["x"]) != 4 {
		return b.fail("it calls %s with something other than images and a number", b.name)
	}
	v := g["x"]
	for axis := 1; axis < 3; axis++ {
		n := float64(b.size(g["x"], axis))
		start := int((n - n*fraction) / 2)
		v = b.along(v, axis, Slice{start, int(n) - start, nil})
	}
	return v
}

func contrast(b *builder, g map[string]any) any {
	if b.rank(g["x"]) != 4 {
		return b.fail("it calls %s with something other than images", b.name)
	}
	mean := b.do("mean", g["x"], b.ints(1, 2), true)
	return b.do("add", b.do("multiply", b.do("subtract", g["x"], mean), g["factor"]), mean)
}

// standardization divides by the deviation of an image, which is bounded as
// tf.image.per_image_standardization bounds it.
func standardization(b *builder, g map[string]any) any {
	if b.rank(g["x"]) != 4 {
		return b.fail("it calls %s with something other than images", b.name)
	}
	axes := b.ints(1, 2, 3)
	deviation := b.do("maximum", b.do("std", g["x"], axes, true), 1/math.Sqrt(float64(max(1, b.product(g["x"])))))
	return b.do("divide", b.do("subtract", g["x"], b.do("mean", g["x"], axes, true)), deviation)
}
