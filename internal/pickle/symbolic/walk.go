package symbolic

// Children calls f for every node that n refers to directly.
func (n *Node) Children(f func(*Node)) {
	for _, i := range n.Items() {
		f(i)
	}
	for _, p := range n.Pairs() {
		f(p.Key)
		f(p.Value)
	}
	for _, s := range n.States() {
		f(s.Value)
		f(s.Frozen)
	}
	if of := n.Of(); of != nil {
		f(of)
	}
	if c := n.Call(); c != nil {
		f(c.Func)
		for i, a := range c.Args {
			f(a)
			if c.Live[i] != a {
				f(c.Live[i])
			}
		}
		if c.Kwargs != nil {
			f(c.Kwargs)
		}
	}
}

// Width is how often Children calls its function, or more: what it costs to go below n.
func (n *Node) Width() int {
	width := 2 + len(n.Items()) + 2*len(n.Pairs()) + 2*len(n.States())
	if c := n.Call(); c != nil {
		width += 2 + 2*len(c.Args)
	}
	return width
}

// Reach calls visit once for every node reachable from the roots, roots
// included, in depth-first order without recursion. When visit returns false
// the walk does not go below that node.
func Reach(visit func(*Node) bool, roots ...*Node) {
	var seen nodeSet
	stack := make([]*Node, 0, 16)
	push := func(n *Node) {
		if n != nil && seen.add(n) {
			stack = append(stack, n)
		}
	}
	for i := len(roots) - 1; i >= 0; i-- {
		push(roots[i])
	}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if visit(n) {
			n.Children(push)
		}
	}
}

// A nodeSet is a set of nodes, without a map as long as it is small: walks over
// the arguments of a call are many and short.
type nodeSet struct {
	few  [12]*Node
	n    int
	many map[*Node]struct{}
}

// add reports whether n is new.
func (s *nodeSet) add(n *Node) bool {
	if s.many == nil {
		for _, m := range s.few[:s.n] {
			if m == n {
				return false
			}
		}
		if s.n < len(s.few) {
			s.few[s.n] = n
			s.n++
			return true
		}
		s.many = make(map[*Node]struct{}, 4*len(s.few))
		for _, m := range s.few {
			s.many[m] = struct{}{}
		}
	}
	before := len(s.many)
	s.many[n] = struct{}{}
	return len(s.many) > before
}
