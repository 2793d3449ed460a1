package symbolic

// An Extent says how large a graph is to code that walks it as a tree.
type Extent struct {
	Depth int   // values inside one another, the root included
	Paths int64 // values met, a shared one once for each path; at most maxPaths
	Nodes int   // containers and objects in the graph, small leaves left out
}

// maxPaths is where counting stops.
const maxPaths = 1 << 40

// ExtentOf measures what can be reached from root, in time linear in the
// graph. A value inside itself counts once.
func ExtentOf(root *Node) Extent {
	var s surveyor
	s.enter(root)
	for len(s.stack) > 0 {
		s.step()
	}
	m := s.measures[0]
	return Extent{Depth: int(m.depth), Paths: m.paths, Nodes: len(s.measures)}
}

// A measure is what is known of one node; it is open while its children are
// being measured.
type measure struct {
	node  *Node
	paths int64
	depth int32
	open  bool
}

// A surveyor notes in each node where its measure is; a note counts only if
// the measure is that node's.
type surveyor struct {
	measures []measure
	stack    []visit
}

// A visit is a node on the way from the root, and its next child.
type visit struct {
	node *Node
	at   int32 // of its measure
	next int
}

func (s *surveyor) enter(n *Node) {
	at := int32(len(s.measures))
	n.mark = uint32(at)
	s.measures = append(s.measures, measure{node: n, depth: 1, paths: 1, open: true})
	s.stack = append(s.stack, visit{node: n, at: at})
}

// step takes one child of the topmost visit into account, or enters it.
func (s *surveyor) step() {
	top := &s.stack[len(s.stack)-1]
	m := &s.measures[top.at]
	child := childAt(top.node, top.next)
	if child == nil {
		m.open = false
		s.stack = s.stack[:len(s.stack)-1]
		return
	}
	got, small := leaf(child)
	if !small {
		at := int(child.mark)
		if at >= len(s.measures) || s.measures[at].node != child {
			s.enter(child) // its measure is taken when the visit comes back
			return
		}
		got = s.measures[at]
	}
	top.next++
	if got.open {
		got = measure{paths: 1}
	}
	m.depth = max(m.depth, got.depth+1)
	m.paths = min(m.paths+got.paths, maxPaths)
}

// leaf measures a value without inner structure: a scalar, or a short
// container of scalars. There are too many of them to remember each.
func leaf(n *Node) (m measure, ok bool) {
	m = measure{depth: 1, paths: 1}
	for i := 0; ; i++ {
		c := childAt(n, i)
		if c == nil {
			return m, true
		}
		if i == 8 || childAt(c, 0) != nil {
			return m, false
		}
		m.depth, m.paths = 2, m.paths+1
	}
}

// childAt returns the i-th value that n holds, nil behind the last. Of the
// copies that freeze a state or an argument only the original counts.
func childAt(n *Node, i int) *Node {
	m := n.more
	if m == nil {
		return nil
	}
	if i < len(m.items) {
		return m.items[i]
	}
	i -= len(m.items)
	if m.dict != nil {
		if i < 2*len(m.dict.pairs) {
			if p := m.dict.pairs[i/2]; i%2 == 0 {
				return p.Key
			} else {
				return p.Value
			}
		}
		i -= 2 * len(m.dict.pairs)
	}
	if r := m.rare; r != nil {
		if i < len(r.states) {
			return r.states[i].Value
		}
		i -= len(r.states)
	}
	if m.of != nil {
		if i == 0 {
			return m.of
		}
		i--
	}
	switch c := m.call; {
	case c == nil || n.flags&packed != 0:
		return nil
	case i < len(c.Live):
		return c.Live[i]
	case i == len(c.Live):
		return c.Func
	case i == len(c.Live)+1:
		return c.Kwargs
	}
	return nil
}
