package lambda

import "fmt"

// Ref is a tensor: an input of the function (its index) or the result of a node.
type Ref struct {
	Node  int // index in Graph.Nodes, -1 for an input
	Input int
}

// Node is one operation. Args are those of the operation in [Operations], in its
// order: Ref, []Ref where it takes several tensors, Index, or a constant (nil, bool, int, float64,
// string, []any).
type Node struct {
	Op   string
	Args []any
}

// Index is what stands between brackets: int, nil for a new axis, Ellipsis, or Slice.
type Index []any

// Ellipsis is "..." in an Index.
type Ellipsis struct{}

// Slice is start:stop:step; each is an int or nil.
type Slice struct{ Start, Stop, Step any }

// Graph is what a function computes of its inputs.
type Graph struct {
	Inputs int
	Nodes  []Node // a node uses inputs and earlier nodes
	Output Ref
	Shape  []int // of the output, -1 where a size is not known; nil if nothing is known
}

// Identity reports a function that gives its only input back.
func (g *Graph) Identity() bool { return g.Output.Node < 0 && g.Inputs == 1 }

// Reason says why a function is not understood, in words that follow "because".
type Reason struct{ Text string }

func (r *Reason) Error() string { return r.Text }

func because(format string, args ...any) error { return &Reason{fmt.Sprintf(format, args...)} }

// Level reports that the longest ways from all inputs to the output are equally long: in the place
// of one layer the nodes then move all that leads to it by the same depth.
func (g *Graph) Level() bool {
	depths := make([]int, len(g.Nodes))
	inputs := make([]int, g.Inputs)
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		g.Nodes[i].refs(func(r Ref) {
			if r.Node < 0 {
				inputs[r.Input] = max(inputs[r.Input], depths[i]+1)
			} else {
				depths[r.Node] = max(depths[r.Node], depths[i]+1)
			}
		})
	}
	for _, depth := range inputs {
		if depth != inputs[0] {
			return false
		}
	}
	return true
}

// prune drops the nodes on which the output does not depend.
func (g *Graph) prune() {
	used := make([]bool, len(g.Nodes))
	mark := func(r Ref) {
		if r.Node >= 0 {
			used[r.Node] = true
		}
	}
	mark(g.Output)
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		if used[i] {
			g.Nodes[i].refs(mark)
		}
	}
	place := make([]int, len(g.Nodes))
	var kept []Node
	for i, n := range g.Nodes {
		if used[i] {
			place[i] = len(kept)
			kept = append(kept, n.moved(place))
		}
	}
	g.Nodes = kept
	g.Output = moved(g.Output, place)
}

// refs calls f with each tensor that the node uses.
func (n Node) refs(f func(Ref)) {
	for _, arg := range n.Args {
		switch arg := arg.(type) {
		case Ref:
			f(arg)
		case []Ref:
			for _, r := range arg {
				f(r)
			}
		}
	}
}

func (n Node) moved(place []int) Node {
	args := make([]any, len(n.Args))
	for i, arg := range n.Args {
		switch arg := arg.(type) {
		case Ref:
			args[i] = moved(arg, place)
		case []Ref:
			list := make([]Ref, len(arg))
			for k, r := range arg {
				list[k] = moved(r, place)
			}
			args[i] = list
		default:
			args[i] = arg
		}
	}
	return Node{n.Op, args}
}

func moved(r Ref, place []int) Ref {
	if r.Node >= 0 {
		r.Node = place[r.Node]
	}
	return r
}
