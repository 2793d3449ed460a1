package rules

import (
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// An arrowReader follows an array into its children, left steps at most: in a pickle
// one of them can be the child of many.
type arrowReader struct{ left int }

func (r *arrowReader) spend() bool {
	r.left--
	return r.left >= 0
}

// parts accepts the parts of an array, and of those in it.
func (r *arrowReader) parts(n *sym.Node) bool {
	i := n.Items()
	if !r.spend() || n.Kind != sym.Tuple || len(i) != 7 || !arrowType(i[0]) || !small(i[1]) || !integer(i[2]) || !small(i[3]) || i[4].Kind != sym.List || i[5].Kind != sym.List {
		return false
	}
	l, ok := arrowLayout(i[0])
	if !ok || len(i[4].Items()) > 3 || !all(i[4].Items(), arrowBuffer) || !l.fits(i[4].Items(), i[1].Int, i[2].Int, i[3].Int) {
		return false
	}
	if len(i[5].Items()) != l.children || l.dictionary != (i[6].Kind != sym.None) {
		return false
	}
	for k, child := range i[5].Items() {
		if !r.parts(child) || !r.child(i[0], k, i[1].Int+i[3].Int, child) {
			return false
		}
	}
	return !l.dictionary || r.parts(i[6]) && r.same(i[0].Call().Args[1], i[6].Items()[0])
}

// child reports whether an array is what the type has in that place. Arrow checks it
// by ending the process (cpp/src/arrow/array/array_nested.cc, SetListData); that each child
// of a struct is as long as the struct it does not check.
func (r *arrowReader) child(parent *sym.Node, k int, size int64, child *sym.Node) bool {
	a, is := parent.Call().Args, child.Items()[0]
	switch parent.Call().Func.Name() {
	case "struct":
		return child.Items()[1].Int >= size && r.same(a[0].Items()[k], is)
	case "map_":
		pair := is.Call().Args
		if keys := child.Items()[5].Items(); child.Items()[2].Int != 0 || len(keys) == 0 || keys[0].Items()[2].Int != 0 {
			return false // no pair may be missing, and no key
		}
		return madeBy(arrow, "struct")(is) && len(pair[0].Items()) == 2 && r.same(a[0], pair[0].Items()[0]) && r.same(a[1], pair[0].Items()[1])
	}
	return r.same(a[0], is)
}

// same reports whether two types, or those of fields, are made alike.
func (r *arrowReader) same(x, y *sym.Node) bool {
	x, y = ofField(x), ofField(y)
	if !r.spend() || x.Kind != y.Kind {
		return false
	}
	switch x.Kind {
	case sym.Object:
		return arrowType(x) && arrowType(y) && x.Call().Func.Name() == y.Call().Func.Name() && r.alike(x.Call().Args, y.Call().Args)
	case sym.List:
		return r.alike(x.Items(), y.Items())
	case sym.String:
		return !x.Lazy && !y.Lazy && x.Text == y.Text
	}
	return x.Kind == sym.None || integer(x) && integer(y) && x.Int == y.Int
}

func (r *arrowReader) alike(x, y []*sym.Node) bool {
	for i := range x {
		if len(x) != len(y) || !r.same(x[i], y[i]) {
			return false
		}
	}
	return len(x) == len(y)
}

// ofField is the type of a field, and any other value itself.
func ofField(n *sym.Node) *sym.Node {
	if arrowField(n) && len(n.Call().Args) > 1 {
		return n.Call().Args[1]
	}
	return n
}
