package rules

import (
	"slices"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// scipyContracts: classes whose states are tuples (scipy/interpolate/_rbfinterp.py,
// scipy/spatial/transform/_rotation.pyx), results of tests, and what Qhull gives.
// A cKDTree is not listed: it follows the indices in its state while it is being
// loaded (scipy/spatial/_ckdtree.pyx, _post_init).
func scipyContracts() []contract {
	value := either(none, number, text, array, madeBy("numpy", "dtype"), global("numpy", "float64", "complex128"), global("builtins", "float", "complex"))
	flat := either(value, tupleOf(value))
	parts := func(n *sym.Node) bool {
		return n.Kind == sym.Tuple && len(n.Items()) <= 12 && all(n.Items(), either(flat, tupleOf(flat)))
	}
	made := func(module string, state shape, names ...string) contract {
		return contract{module: module, names: names, calls: with(), newobj: true, onlyNew: true, state: state}
	}
	out := []contract{
		made("scipy.interpolate._rbfinterp", either(parts, dictOf(oneOfText(strings.Fields(rbfParts)...), flat)), "RBFInterpolator"),
		made("scipy.interpolate._bsplines", splineState, "BSpline"),
		made("scipy.spatial.transform._rotation", parts, "Rotation"),
		made("scipy.spatial.transform.rotation", either(parts, dictOf(oneOfText("_quat", "_single"), value)), "Rotation"), // of Python before 1.6
		{module: "scipy.spatial.transform._rigid_transform", names: []string{"RigidTransform.from_matrix"}, calls: with(array)},
		{module: "scipy.spatial.transform._rigid_transform", names: []string{"RigidTransform"}},
	}
	for _, module := range []string{"scipy.spatial._qhull", "scipy.spatial.qhull"} {
		out = append(out, made(module, hull, "Delaunay", "ConvexHull", "Voronoi", "HalfspaceIntersection"))
	}
	for module, names := range bunches {
		out = append(out, contract{module: module, names: strings.Fields(names), calls: upTo(16, statistic), newobj: true, onlyNew: true, base: "tuple", keywords: statistic, state: resultState})
	}
	return out
}

// splineState is the state of a spline: its attributes, or from 1.18 on the spline that it
// hands everything to and an array of the library to answer with (scipy/interpolate/_bsplines.py).
func splineState(n *sym.Node) bool {
	of := list{}.class("scipy.interpolate._bsplines", "BSpline")
	return of.state(n) || fields(built("scipy.interpolate._bsplines", "_BSpline"), array)(n)
}

const rbfParts = "y d d_shape d_dtype neighbors smoothing kernel epsilon powers _shift _scale _coeffs"

// hull is the state of what Qhull computed. When it is dropped it closes _qhull,
// which a pickle never holds (scipy/spatial/_qhull.pyx, _QhullUser).
func hull(n *sym.Node) bool {
	flat := either(none, number, array)
	value := either(flat, tupleOf(flat), listOf(either(flat, listOf(flat))), dictOf(tupleOf(number), listOf(number)))
	return dictOf(shortText, anything)(n) && allPairs(n, func(key string, v *sym.Node) bool {
		if key == "_qhull" {
			return none(v)
		}
		return slices.Contains(hullParts, key) && value(v)
	})
}

var hullParts = strings.Fields(`paraboloid_scale paraboloid_shift simplices neighbors equations coplanar good nsimplex _transform _vertex_to_simplex _vertex_neighbor_vertices
	_points ndim npoints min_bound max_bound furthest_site volume area _vertices vertices ridge_points ridge_vertices regions point_region _ridge_dict
	interior_point dual_facets dual_equations dual_points dual_volume dual_area intersections nineq`)
