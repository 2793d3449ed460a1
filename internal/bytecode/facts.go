package bytecode

import (
	"maps"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/marshal"
)

// Facts is what code names, whatever it does with it. Each list is sorted, without
// repeats and of at most 512 entries.
type Facts struct {
	Imports []string // modules: "os", "os.path"
	Calls   []string // what is called, as dotted text: "os.system", "tf.nn.relu"; of a function that was not followed, none
	Names   []string // globals and attributes
	Texts   []string // text and bytes among the constants
}

// maxFacts bounds each list.
const maxFacts = 512

// collector gathers facts as sets.
type collector struct{ imports, calls, names, texts map[string]bool }

// Facts returns what any reading of the code, the functions inside included, names.
func (c *Code) Facts() Facts {
	sets := collector{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for _, r := range c.Readings {
		sets.function(r.Function)
	}
	list := func(set map[string]bool) []string {
		sorted := slices.Sorted(maps.Keys(set))
		return sorted[:min(len(sorted), maxFacts)]
	}
	return Facts{list(sets.imports), list(sets.calls), list(sets.names), list(sets.texts)}
}

func (s *collector) function(f *Function) {
	for _, name := range f.Code.Names {
		s.names[name] = true
	}
	left := maxFacts
	for _, v := range f.Code.Consts {
		s.constant(v, &left)
	}
	for _, in := range f.Instructions {
		if in.Name == "IMPORT_NAME" {
			s.imports[f.Code.Names[in.Arg]] = true
		}
	}
	s.body(f.Body)
	for _, inner := range f.Inner {
		s.function(inner)
	}
}

// constant takes the texts of a constant; left bounds how many values are looked at.
func (s *collector) constant(v marshal.Value, left *int) {
	if *left--; *left < 0 {
		return
	}
	switch v := v.(type) {
	case string:
		s.texts[v] = true
	case marshal.Bytes:
		s.texts[string(v)] = true
	case marshal.Tuple:
		for _, item := range v {
			s.constant(item, left)
		}
	case *marshal.Set:
		for _, item := range v.Items {
			s.constant(item, left)
		}
	}
}

func (s *collector) body(body []Stmt) {
	for i := range body {
		for _, e := range []*Expr{body[i].Target, body[i].Value, body[i].Cause} {
			s.expr(e)
		}
		s.body(body[i].Then)
		s.body(body[i].Else)
	}
}

func (s *collector) expr(e *Expr) {
	if e == nil {
		return
	}
	if e.Kind == Call || e.Kind == CallSpread {
		if name := Dotted(e.Args[0]); name != "" {
			s.calls[name] = true
		}
	}
	for _, arg := range e.Args {
		s.expr(arg)
	}
}

// Dotted is the text of a name or of attributes of one, "tf.nn.relu"; a module
// that is imported in the expression counts as its name; "" for any other expression.
func Dotted(e *Expr) string {
	var parts []string
	for e.Kind == Attribute {
		parts = append(parts, e.Name)
		e = e.Args[0]
	}
	switch {
	case e.Kind == Global, e.Kind == Free, e.Kind == Local, e.Kind == Import:
		parts = append(parts, e.Name)
	case e.Kind == Call && Dotted(e.Args[0]) == "__import__" && len(e.Args) > 1:
		name, ok := e.Args[1].Value.(string)
		if !ok {
			return ""
		}
		parts = append(parts, name)
	default:
		return ""
	}
	slices.Reverse(parts)
	return strings.Join(parts, ".")
}
