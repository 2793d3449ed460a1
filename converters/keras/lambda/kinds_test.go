package lambda

import (
	"errors"
	"math"
	"testing"
)

// What Keras 3 would compute in another type than TensorFlow is refused, and the rest is not.
func TestTypesOfKeras3(t *testing.T) {
	x := Ref{Node: -1}
	cast := func(dtype string) Node { return Node{Op: "cast", Args: []any{x, dtype}} }
	wide := math.MaxInt32
	wide++ // on 32 bits no int is wider, and this is one that fits
	first, last := Ref{Node: 0}, Ref{Node: 1}
	tests := []struct {
		name  string
		nodes []Node
		want  bool
	}{
		{"mean of floats", []Node{cast("float32"), {Op: "mean", Args: []any{first, 1, false}}}, true},
		{"mean of integers", []Node{cast("int32"), {Op: "mean", Args: []any{first, 1, false}}}, false},
		{"mean of halves", []Node{cast("float16"), {Op: "mean", Args: []any{first, 1, false}}}, false},
		{"integers divided", []Node{cast("int32"), {Op: "divide", Args: []any{first, 3}}}, false},
		{"places times a number", []Node{{Op: "argmax", Args: []any{x, -1}}, {Op: "multiply", Args: []any{first, 3}}}, false},
		{"places as floats", []Node{{Op: "argmax", Args: []any{x, -1}}, {Op: "cast", Args: []any{first, "float32"}}, {Op: "multiply", Args: []any{last, 3}}}, true},
		{"places beside a number", []Node{{Op: "argmax", Args: []any{x, -1}}, {Op: "equal", Args: []any{first, 3}}}, true},
		{"places beside a number that no int32 holds", []Node{{Op: "argmax", Args: []any{x, -1}}, {Op: "equal", Args: []any{first, wide}}}, wide < 0},
		{"one of many", []Node{cast("int32"), {Op: "one_hot", Args: []any{first, 4}}, {Op: "sum", Args: []any{last, 1, false}}}, true},
		{"chosen by truth", []Node{{Op: "greater", Args: []any{x, 0.5}}, {Op: "where", Args: []any{first, x, 0.0}}}, true},
		{"sum of truths", []Node{{Op: "greater", Args: []any{x, 0.5}}, {Op: "sum", Args: []any{first, 1, false}}}, false},
		{"integers moved", []Node{cast("int32"), {Op: "expand_dims", Args: []any{first, -1}}, {Op: "cast", Args: []any{last, "float32"}}}, true},
		{"integers beside floats", []Node{cast("int32"), {Op: "concatenate", Args: []any{[]Ref{first, x}, -1}}}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := &Graph{Inputs: 1, Nodes: test.nodes, Output: Ref{Node: len(test.nodes) - 1}}
			_, err := g.Keras3()
			if reason := (*Reason)(nil); (err == nil) != test.want || err != nil && !errors.As(err, &reason) {
				t.Errorf("got %v", err)
			}
		})
	}
}
