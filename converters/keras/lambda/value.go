package lambda

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/modelaudit/action/internal/marshal"
)

// The values that a function handles: nil, bool, int, float64, string, and these.
type (
	tensor   struct{ Ref }
	symbol   string // a dotted name: "tf.nn.relu", "K"
	sequence struct {
		items []any
		tuple bool
	}
	method struct { // a method of a tensor, or of its shape
		of   any
		name string
	}
	shape []int    // of a tensor; -1 where it is not known
	sizes struct { // what tf.shape gives: the shape of a tensor when it runs
		shape
		of Ref
	}
	vector []any    // of numbers: what np.array makes of a list
	batch  struct{} // how many samples an input has
)

// literal reads a default of the table: a number, None, False, or a word.
func literal(s string) any {
	switch s {
	case "None":
		return nil
	case "True", "False":
		return s == "True"
	}
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return f
	}
	return s
}

// constant turns a constant of a code object into a value.
func constant(v marshal.Value, depth int) (any, error) {
	switch v := v.(type) {
	case nil, bool, float64, string:
		return v, nil
	case *big.Int:
		if !v.IsInt64() || v.BitLen() > 53 {
			return nil, because("the integer %s is too large", v)
		}
		return int(v.Int64()), nil
	case marshal.Special:
		if v == marshal.Ellipsis {
			return Ellipsis{}, nil
		}
	case *marshal.Slice:
		return sliced(depth, v.Start, v.Stop, v.Step)
	case marshal.Tuple:
		if depth > 4 || len(v) > 1024 {
			break
		}
		list := sequence{tuple: true}
		for _, item := range v {
			value, err := constant(item, depth+1)
			if err != nil {
				return nil, err
			}
			list.items = append(list.items, value)
		}
		return list, nil
	}
	return nil, because("it has a constant that is no number, text or tuple")
}

func sliced(depth int, parts ...marshal.Value) (any, error) {
	var out [3]any
	for i, part := range parts {
		value, err := constant(part, depth+1)
		if err != nil {
			return nil, err
		}
		out[i] = value
	}
	return Slice{out[0], out[1], out[2]}, nil
}

// plain turns JSON data (defaults, closure, arguments of a layer) into a value:
// nil, bool, float64, string, json numbers as int or float64, lists, and the
// {"type": "tuple", "items": [...]} that Keras 2 writes.
func plain(v any, depth int) (any, error) {
	if depth > 8 {
		return nil, because("an argument is nested too deep")
	}
	switch v := v.(type) {
	case nil, bool, int, float64, string:
		return v, nil
	case []any:
		list := sequence{}
		for _, item := range v {
			value, err := plain(item, depth+1)
			if err != nil {
				return nil, err
			}
			list.items = append(list.items, value)
		}
		return list, nil
	case map[string]any:
		items, ok := v["items"].([]any)
		if (v["class_name"] == "__tuple__" || v["type"] == "tuple") && ok {
			value, err := plain(items, depth+1)
			list, _ := value.(sequence)
			list.tuple = true
			return list, err
		}
		if items, ok := v["value"].([]any); v["class_name"] == "__tuple__" && ok {
			value, err := plain(items, depth+1)
			list, _ := value.(sequence)
			list.tuple = true
			return list, err
		}
	}
	return nil, because("an argument is neither a number, a text nor a list of them")
}

// number returns a Python number as float64, and whether it is an int.
func number(v any) (f float64, integer, ok bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, true, true
		}
		return 0, true, true
	case int:
		return float64(v), true, true
	case float64:
		return v, false, true
	}
	return 0, false, false
}

// arithmetic computes an operator over numbers as Python does.
func arithmetic(operator string, a, b any) (any, error) {
	x, xi, ok := number(a)
	y, yi, ok2 := number(b)
	if !ok || !ok2 {
		return nil, because("it computes %s with something that is no number", operator)
	}
	var r float64
	integer := xi && yi
	switch operator {
	case "+":
		r = x + y
	case "-":
		r = x - y
	case "*":
		r = x * y
	case "/", "//", "%":
		if y == 0 {
			return nil, because("it divides by zero")
		}
		if operator != "/" && !integer {
			return nil, because("it computes %s with numbers that are no integers", operator)
		}
		switch operator {
		case "/":
			r, integer = x/y, false
		case "//":
			r = math.Floor(x / y)
		default:
			r = x - y*math.Floor(x/y)
		}
	case "**":
		r = math.Pow(x, y)
		integer = integer && y >= 0
	default:
		return nil, because("it computes %s with numbers", operator)
	}
	if math.IsNaN(r) || math.IsInf(r, 0) || integer && math.Abs(r) >= 1<<53 {
		return nil, because("a number in it grows too large")
	}
	if integer {
		return int(r), nil
	}
	return r, nil
}

// roots are the names that stand for modules where a function does not import them.
var roots = map[string]string{
	"tf": "tf", "tensorflow": "tf", "K": "K", "backend": "K", "keras": "keras", "ops": "ops", "np": "np", "numpy": "np", "math": "math",
}

// canonical writes a dotted name as the table of functions does.
func canonical(name string) symbol {
	for _, prefix := range []struct{ long, short string }{
		{"tensorflow.", "tf."}, {"tf.keras.", "keras."}, {"tensorflow_core.", "tf."}, {"numpy.", "np."},
		{"keras.backend.", "K."}, {"keras.ops.numpy.", "ops."}, {"keras.ops.nn.", "ops."}, {"ops.nn.", "ops."}, {"ops.numpy.", "ops."}, {"ops.linalg.", "ops."}, {"keras.ops.", "ops."}, {"keras.src.backend.", "K."},
	} {
		if rest, ok := strings.CutPrefix(name, prefix.long); ok {
			name = prefix.short + rest
		}
	}
	switch name {
	case "tensorflow":
		return "tf"
	case "keras.backend", "tf.keras.backend":
		return "K"
	case "keras.ops":
		return "ops"
	case "tf.keras":
		return "keras"
	case "numpy":
		return "np"
	}
	return symbol(name)
}

// symbolValue is the value of names that are constants.
func symbolValue(s symbol) (any, bool) {
	switch s {
	case "np.pi", "math.pi", "keras.math.pi":
		return math.Pi, true
	case "np.e", "math.e":
		return math.E, true
	case "tf.newaxis", "np.newaxis":
		return nil, true
	}
	module, name, _ := strings.Cut(string(s), ".")
	if module == "tf" || module == "np" {
		switch name {
		case "float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool":
			return name, true
		}
	}
	return nil, false
}
