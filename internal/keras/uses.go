package keras

import "strings"

// UseKind is what a configuration has Keras do.
type UseKind uint8

// The kinds of uses.
const (
	Class    UseKind = iota // look up a class and make an object
	Function                // look up a function
	Code                    // make a function of marshalled bytecode
	Path                    // read a file that the configuration names
	Named                   // look up what a text names: a loss, an activation or the like
)

// A Use is one thing that a configuration has Keras do.
type Use struct {
	Kind       UseKind
	Module     string // as written; "" where the file names none, as Keras 1 and 2 do
	Name       string // of the class or function; of a Path and what is Named, the parameter
	Registered string // registered_name, of what a library or a user registers
	Layer      string // name of the layer that it belongs to, if any
	Value      *Value // the object that says so
	Bytecode   []byte // of Code; nil if it is not base64
	Text       string // of a Path: the path; of what is Named, the name; of Code that is no base64: what it is
	Argument   string // of TFOpLambda: the function of TensorFlow
}

// Uses lists what Keras does with a configuration, in the order of the text.
func Uses(v *Value) []Use {
	w := &usesWalk{coded: map[*Value]bool{}}
	w.visit(v, "", "")
	return w.list
}

type usesWalk struct {
	list  []Use
	coded map[*Value]bool // texts that were found to be code
}

// visit walks a value; key is the name under which it stands, layer the layer around it.
func (w *usesWalk) visit(v *Value, key, layer string) {
	switch v.Kind {
	case Array:
		for _, item := range v.Items {
			w.visit(item, "", layer)
		}
		return
	case String:
		w.text(v, key, layer)
		return
	case Object:
	default:
		return
	}
	class := v.Get("class_name")
	config := v.Get("config")
	if class != nil && class.Kind == String {
		if name := config.Get("name").String(); name != "" {
			layer = name
		} else if name := v.Get("name").String(); name != "" {
			layer = name
		}
		w.object(v, class.Text, config, layer)
	} else if class != nil && class.Kind != Null {
		w.list = append(w.list, Use{Name: "(" + class.Kind.String() + " for a name)", Layer: layer, Value: v})
	}
	w.compiled(v, layer)
	if f := v.Get("function"); f != nil && v.Get("function_type") != nil {
		w.lambda2(v, layer)
	} else {
		w.typed(v, layer)
		w.bare(v, layer)
	}
	for i, item := range v.Items {
		w.visit(item, v.Keys[i], layer)
	}
}

// object is {"class_name": ..., "config": ...}.
func (w *usesWalk) object(v *Value, class string, config *Value, layer string) {
	u := Use{Module: moduleOf(v), Name: class, Registered: v.Get("registered_name").String(), Layer: layer, Value: v}
	switch class {
	case "__lambda__":
		code := config.Get("code")
		if code == nil {
			code = config.Get("value") // the code, or a list of it, defaults and closure
			if code != nil && code.Kind == Array && len(code.Items) > 0 {
				code = code.Items[0]
			}
		}
		w.code(v, code, layer)
		return
	case "__typespec__":
		w.typeSpec(v, u)
		return
	case "__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__", "__tuple__", "TensorShape", "CompositeTensor", "TypeSpec", "InputSpec":
		switch u.Module { // Keras 2 imports it even for these
		case "", "builtins", "keras", "tensorflow":
			return // data
		}
	case "function":
		u.Kind, u.Name = Function, config.String()
	case "TFOpLambda", "SlicingOpLambda":
		u.Argument = config.Get("function").String()
	}
	w.list = append(w.list, u)
}

// typeSpec notes the class of __typespec__: Keras looks it up by what stands beside config
// (serialization_lib.py); elsewhere in config it says nothing, and is looked at all the same.
func (w *usesWalk) typeSpec(v *Value, u Use) {
	n := len(w.list)
	for _, said := range []*Value{v, v.Get("config")} {
		if u.Module, u.Name = moduleOf(said), said.Get("spec_name").String(); said.Get("spec_name") != nil && !typeSpecs[u.Module+"."+u.Name] {
			w.list = append(w.list, u)
		}
	}
	if len(w.list) == n && v.Get("spec_name") == nil && v.Get("config").Get("spec_name") == nil {
		u.Name = "__typespec__"
		w.list = append(w.list, u)
	}
}

// moduleOf is the module that an object names. What is no text Keras cannot import, and is
// no module of the list either.
func moduleOf(v *Value) string {
	m := v.Get("module")
	if m == nil || m.Kind == Null || m.Kind == String {
		return m.String()
	}
	return "(" + m.Kind.String() + " for a module)"
}

// compiled notes what the arguments of Model.compile have Keras look up by a text: its
// own objects, or any that the program registered under that name.
func (w *usesWalk) compiled(v *Value, layer string) {
	if v.Get("loss") == nil || v.Get("metrics") == nil || v.Get("optimizer") == nil && v.Get("optimizer_config") == nil {
		return
	}
	for _, key := range []string{"optimizer", "loss", "metrics", "weighted_metrics"} {
		if item := v.Get(key); item != nil {
			w.named(item, key, layer)
		}
	}
}

// named notes a text, or those in lists and under the names of a model's outputs.
func (w *usesWalk) named(v *Value, key, layer string) {
	switch {
	case v.Kind == String:
		w.list = append(w.list, Use{Kind: Named, Name: key, Layer: layer, Value: v, Text: v.Text})
	case v.Kind == Array, v.Kind == Object && v.Get("class_name") == nil:
		for _, item := range v.Items {
			w.named(item, key, layer)
		}
	}
}

// typeSpecs are the classes of TensorFlow that describe tensors and that a config may name.
var typeSpecs = map[string]bool{
	"tensorflow.python.framework.tensor_spec.TensorSpec": true, "tensorflow.python.framework.tensor.TensorSpec": true,
	"tensorflow.python.ops.ragged.ragged_tensor.RaggedTensorSpec": true, "tensorflow.python.framework.sparse_tensor.SparseTensorSpec": true,
}

// typed finds code that stands beside a key that says so: residual_fn and residual_fn_type.
func (w *usesWalk) typed(v *Value, layer string) {
	for i, key := range v.Keys {
		base, ok := strings.CutSuffix(key, "_type")
		if !ok || v.Items[i].String() != "lambda" || v.Get(base) == nil {
			continue
		}
		w.code(v, first(v.Get(base)), layer)
	}
}

// lambda2 is a Lambda of Keras 1 and 2, and its functions for shape and mask.
func (w *usesWalk) lambda2(config *Value, layer string) {
	for _, key := range []string{"function", "output_shape", "mask"} {
		f, kind := config.Get(key), config.Get(key+"_type").String()
		switch {
		case f == nil || kind == "raw" && key != "function":
		case kind == "lambda":
			w.code(config, first(f), layer)
		case f.Kind == Object && f.Get("class_name") != nil:
			// visited as what it is
		case kind == "function" || f.Kind == String:
			w.list = append(w.list, Use{Kind: Function, Module: config.Get("module").String(), Name: f.String(), Layer: layer, Value: config})
		}
	}
}

// pathKeys are the parameters under which layers keep what may be the path of a file
// that is read when the model is opened.
var pathKeys = map[string]bool{
	"vocabulary": true, "vocabulary_file": true, "idf_weights": true, "filepath": true, "filename": true, "vocab_file": true, "merges_file": true,
}

// text notes a path, and an activation. What may also be the content itself is a path if it has a slash.
func (w *usesWalk) text(v *Value, key, layer string) {
	if key == "activation" || key == "recurrent_activation" || key == "fn" { // fn: of MeanMetricWrapper and LossFunctionWrapper
		w.named(v, key, layer)
	}
	if !w.coded[v] && isCode(v.Text) {
		w.code(v, v, layer)
	}
	slash := strings.ContainsAny(v.Text, "/\\")
	if v.Text != "" && (pathKeys[key] || slash && (key == "proto" || key == "merges")) {
		w.list = append(w.list, Use{Kind: Path, Name: key, Layer: layer, Value: v, Text: v.Text})
	}
}
