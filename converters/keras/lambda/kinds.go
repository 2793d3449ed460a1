package lambda

import (
	"math"
	"slices"
)

// kind is of what type the elements of a tensor are, as far as Keras 3 and TensorFlow
// differ in what they make of it.
type kind int

const (
	single32  kind = iota // float32, as the inputs are
	boolean               // bool
	otherType             // integers, and floats of other sizes
)

// movers only put elements elsewhere: their result has the type of what they take.
var movers = []string{"expand_dims", "squeeze", "reshape", "transpose", "concatenate", "stack", "flip", "tile", "getitem", "gather", "repeat",
	"stop_gradient", "zeros_like", "ones_like"}

// retypers give a type of their own, comparisons and logic booleans.
var (
	retypers    = []string{"cast", "argmax", "argmin", "one_hot"}
	comparisons = []string{"equal", "not_equal", "greater", "greater_equal", "less", "less_equal"}
	logic       = []string{"logical_and", "logical_or", "logical_not", "any", "all"}
)

// Retypes reports an operation whose result may have another type than what it takes.
func Retypes(op string) bool {
	return slices.Contains(retypers, op) || slices.Contains(comparisons, op) || slices.Contains(logic, op)
}

// sameTypes refuses a graph of which Keras 3 would compute something in another type than
// TensorFlow: Keras promotes an integer to float32 and counts places in int32
// (keras/src/backend/common/dtypes.py, keras/src/backend/tensorflow/numpy.py), where TensorFlow keeps
// integers, divides them in float64 and counts in int64 (tensorflow/python/ops/math_ops.py). The inputs are float32.
func (g *Graph) sameTypes() error {
	kinds := make([]kind, len(g.Nodes))
	for i, n := range g.Nodes {
		var took []kind
		n.refs(func(r Ref) {
			if r.Node < 0 {
				took = append(took, single32)
			} else {
				took = append(took, kinds[r.Node])
			}
		})
		got, ok := kindOf(n, took)
		if !ok {
			return because("%s of what is not float32 has another type in Keras 3", n.Op)
		}
		kinds[i] = got
	}
	return nil
}

// kindOf is the kind of what a node gives, from those of the tensors that it takes; ok means that
// both libraries give the same.
func kindOf(n Node, took []kind) (got kind, ok bool) {
	alike := len(took) > 0
	for _, k := range took {
		alike = alike && k == took[0]
	}
	switch {
	case n.Op == "cast":
		return castKind(n.Args[1]), true
	case n.Op == "one_hot":
		return single32, true
	case n.Op == "argmax" || n.Op == "argmin":
		return otherType, alike && took[0] == single32
	case slices.Contains(comparisons, n.Op):
		return boolean, alike && (took[0] != otherType || fits(n.Args))
	case slices.Contains(logic, n.Op):
		return boolean, alike && took[0] == boolean
	case n.Op == "where":
		return chosen(took)
	case alike && slices.Contains(movers, n.Op):
		return took[0], true
	}
	return single32, alike && took[0] == single32
}

func castKind(dtype any) kind {
	switch dtype {
	case "float32":
		return single32
	case "bool":
		return boolean
	}
	return otherType
}

// chosen is the kind of where: a bool, and what it chooses among, numbers beside it being float32.
func chosen(took []kind) (kind, bool) {
	for _, k := range took[min(1, len(took)):] {
		if k != single32 {
			return k, false
		}
	}
	return single32, len(took) > 0 && took[0] == boolean
}

// fits reports that whole numbers among the arguments are ones that an int32 holds.
func fits(args []any) bool {
	for _, arg := range args {
		if n, isInt := arg.(int); isInt && (n > math.MaxInt32 || n < math.MinInt32) {
			return false
		}
	}
	return true
}
