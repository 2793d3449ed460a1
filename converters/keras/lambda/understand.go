package lambda

import (
	"slices"

	"github.com/modelaudit/action/internal/bytecode"
)

// Call is how a layer calls its function.
type Call struct {
	Code      *bytecode.Code
	Defaults  []any          // of the last positional arguments, as JSON data
	Closure   []any          // of the free variables, in order, as JSON data
	Arguments map[string]any // by keyword, as JSON data
	Inputs    int            // tensors that the layer is called with
	List      bool           // they come as one list, even if it is one
	Shapes    [][]int        // of the inputs, batch first, -1 for an unknown size; nil where unknown
	Epsilon   float64        // K.epsilon(); 0 means 1e-7, which Keras sets
}

// maxNodes bounds a graph, maxSteps the work that leads to it.
const (
	maxNodes = 256
	maxSteps = 10_000
)

// evaluator interprets one function.
type evaluator struct {
	call   *Call
	graph  *Graph
	shapes []shape // of graph.Nodes; nil where unknown
	locals map[string]any
	free   map[string]any
	steps  int
	lookup map[string]Function
}

// Understand interprets the function over its inputs. It fails with a [*Reason].
func Understand(call *Call) (*Graph, error) {
	if call.Code.Ambiguous() {
		return nil, because("versions of Python read its code differently")
	}
	f := call.Code.Readings[0].Function
	if f.Body == nil {
		return nil, because("%s", f.Unfollowed)
	}
	e := &evaluator{call: call, graph: &Graph{Inputs: call.Inputs}, locals: map[string]any{}, free: map[string]any{}, lookup: map[string]Function{}}
	for _, function := range Functions() {
		e.lookup[function.Name] = function
	}
	if err := e.bind(f); err != nil {
		return nil, err
	}
	result, err := e.body(f.Body)
	if err != nil {
		return nil, err
	}
	out, ok := result.(tensor)
	if !ok {
		return nil, because("it gives back something other than one tensor")
	}
	e.graph.Output, e.graph.Shape = out.Ref, e.shape(out.Ref)
	e.graph.prune()
	return e.graph, nil
}

// bind gives the arguments their values: the inputs first, then what the layer
// hands over by keyword, then defaults.
func (e *evaluator) bind(f *bytecode.Function) error {
	c := f.Code
	names := c.Arguments()
	if len(names) != c.Args+c.KeywordOnly {
		return because("it takes *args or **kwargs")
	}
	if c.Args == 0 {
		return because("it takes no input")
	}
	e.locals[names[0]] = e.inputs()
	first := c.Args - len(e.call.Defaults)
	for i := 1; i < len(names); i++ {
		name := names[i]
		given, isGiven := e.call.Arguments[name]
		switch {
		case name == "mask" || name == "training":
			continue // Keras hands over what changes from call to call: not to be used
		case isGiven:
		case i >= first && i < c.Args:
			given = e.call.Defaults[i-first]
		default:
			return because("its argument %s has no value that is known", name)
		}
		value, err := plain(given, 0)
		if err != nil {
			return err
		}
		e.locals[name] = value
	}
	for name := range e.call.Arguments {
		if !slices.Contains(names, name) {
			return because("the layer hands over %s, which it does not take", name)
		}
	}
	return e.close(c.Free)
}

// close gives the free variables of a function the values of its closure.
func (e *evaluator) close(free []string) error {
	if len(free) > 0 && len(free) != len(e.call.Closure) {
		return because("the values of its closure are not known")
	}
	for i, name := range free {
		value, err := plain(e.call.Closure[i], 0)
		if err != nil {
			return err
		}
		e.free[name] = value
	}
	return nil
}

// inputs is the value of the first argument.
func (e *evaluator) inputs() any {
	if e.call.Inputs == 1 && !e.call.List {
		return tensor{Ref{Node: -1}}
	}
	list := sequence{}
	for i := range e.call.Inputs {
		list.items = append(list.items, tensor{Ref{Node: -1, Input: i}})
	}
	return list
}

// body does statements and returns what the function gives back.
func (e *evaluator) body(body []bytecode.Stmt) (any, error) {
	for i := range body {
		s := &body[i]
		switch s.Kind {
		case bytecode.Return:
			return e.expr(s.Value)
		case bytecode.Assign:
			if err := e.assign(s.Target, s.Value); err != nil {
				return nil, err
			}
		case bytecode.If:
			yes, err := e.decide(s.Value)
			if err != nil {
				return nil, err
			}
			if yes {
				return e.body(s.Then)
			}
			return e.body(s.Else)
		default:
			return nil, because("it does something besides computing its result")
		}
	}
	return nil, because("it gives nothing back")
}

func (e *evaluator) assign(target, value *bytecode.Expr) error {
	v, err := e.expr(value)
	if err != nil {
		return err
	}
	switch target.Kind {
	case bytecode.Local:
		e.locals[target.Name] = v
		return nil
	case bytecode.TupleOf:
		list, ok := v.(sequence)
		if !ok || len(list.items) != len(target.Args) {
			return because("it unpacks something other than its list of inputs")
		}
		for i, part := range target.Args {
			if part.Kind != bytecode.Local {
				return because("it assigns to something other than a variable")
			}
			e.locals[part.Name] = list.items[i]
		}
		return nil
	}
	return because("it assigns to something other than a variable")
}

// truth is bool(v); that of a tensor depends on data.
func truth(v any) (bool, error) {
	switch v := v.(type) {
	case nil:
		return false, nil
	case bool:
		return v, nil
	case int:
		return v != 0, nil
	case float64:
		return v != 0, nil
	case string:
		return v != "", nil
	case sequence:
		return len(v.items) > 0, nil
	}
	return false, because("it has a condition on data")
}

// node appends an operation.
func (e *evaluator) node(op string, args ...any) (any, error) {
	if len(e.graph.Nodes) >= maxNodes {
		return nil, because("it computes more than %d things", maxNodes)
	}
	e.graph.Nodes = append(e.graph.Nodes, Node{op, args})
	e.shapes = append(e.shapes, e.shapeOf(op, args))
	return tensor{Ref{Node: len(e.graph.Nodes) - 1}}, nil
}
