package keras

import (
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/action/converters/keras/lambda"
	"github.com/modelaudit/action/internal/bytecode"
	"github.com/modelaudit/action/internal/keras"
)

// Form is the file that a config is in.
type Form struct {
	Version int  // of Keras, 2 or 3: the major number
	Archive bool // a .keras file, not an HDF5 one
}

// Options may be zero.
type Options struct {
	// Identity puts a layer that gives back its input in the place of a function
	// that is not understood, where its result has the input's shape.
	Identity bool
	// DropTraining leaves out what is a user's own and only training needs: losses and metrics with
	// which the model would be compiled, and the initializers, regularizers and constraints of layers.
	DropTraining bool
	// Found reports whether something was found in a range of the text: of a name that stands
	// there as a text it says that Keras does not have it. Nil means that nothing was.
	Found func(start, end int) bool
	// Leave names Lambdas that stay, by the range of their layer in the text; nil
	// means none.
	Leave func(start, end int) bool
}

// Call is Layer.Of for the number of a call of a model that took a Lambda's place.
const Call = "call"

// A Layer is a Lambda layer in whose place others stand, or what was dropped that only
// training needs.
type Layer struct {
	Name       string
	Of         string // "loss", "metrics": it is one of these; "kernel_initializer", "activation": the layer's; Call; "" for a layer
	Code       string // of its function, in Python
	Start, End int    // of the layer in the text
	Text       string // what stands there instead
	Became     string // the same in words
	// Identity: its function is not computed any more, the input is passed on.
	Identity bool
}

// A Refusal says which layer cannot be replaced, and why.
type Refusal struct {
	Layer, Code, Reason string
}

func (r *Refusal) Error() string {
	s := r.Reason
	if r.Layer != "" {
		s = fmt.Sprintf("the Lambda layer %q cannot be replaced by layers that compute the same: %s", r.Layer, r.Reason)
	}
	if r.Code != "" {
		s += "; its code: " + r.Code
	}
	return s
}

// maxShown is how many bytes of a function's code a refusal shows.
const maxShown = 2000

// replacer goes through the models of a config.
type replacer struct {
	form    Form
	opt     Options
	text    []byte
	root    *keras.Value
	code    map[*keras.Value]keras.Use // what carries code, by the object that says so
	names   map[string]bool            // every name that is taken
	masks   bool                       // a mask may reach any layer
	inner   map[*keras.Value]*model    // what is known of models that are layers
	entries []*keras.Value             // of Lambdas that are replaced or stay
	layers  []Layer
}

// Replace says what is to stand in the place of each Lambda layer of a config, in the
// order of the text. The error is a *Refusal, or that the text cannot be read.
func Replace(text []byte, form Form, opt Options) ([]Layer, error) {
	v, err := keras.Parse(text)
	if err != nil {
		return nil, err
	}
	r := &replacer{form: form, opt: opt, text: text, root: v, code: map[*keras.Value]keras.Use{}, names: map[string]bool{}, inner: map[*keras.Value]*model{}}
	uses := keras.Uses(v)
	found := false
	for _, u := range uses {
		found = found || opt.DropTraining || u.Kind == keras.Code || u.Kind == keras.Class && u.Name == "Lambda"
		if _, twice := r.code[u.Value]; u.Kind == keras.Code && !twice {
			r.code[u.Value] = u
		}
	}
	if !found {
		return nil, nil
	}
	r.survey(v)
	if err := r.models(v); err != nil {
		return nil, err
	}
	r.entries = append(r.entries, r.training(uses)...)
	for _, u := range uses {
		if u.Kind != keras.Code || slices.ContainsFunc(r.entries, func(e *keras.Value) bool { return within(u.Value, e) }) {
			continue
		}
		if err := r.outside(u); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(r.layers, func(a, b Layer) int { return a.Start - b.Start })
	return r.layers, nil
}

// outside takes code that stands in no Lambda layer: what the model was compiled
// with, an activation, or what nothing takes the place of.
func (r *replacer) outside(u keras.Use) error {
	if compiled := r.compiled(); compiled != nil && within(u.Value, compiled) {
		if r.left(u.Value) {
			return nil
		}
		return &Refusal{Reason: "the model is compiled with a loss or metric that is code", Code: shown(u)}
	}
	key := keyOf(u.Value, r.root)
	if !Activates(key) {
		return &Refusal{Reason: fmt.Sprintf("the layer or object %q holds code, and is no Lambda layer of a model's own list of layers", u.Layer), Code: shown(u)}
	}
	if r.left(u.Value) {
		return nil
	}
	l, err := r.activation(u, key)
	if err != nil {
		return err
	}
	r.layers = append(r.layers, *l)
	return nil
}

// survey notes the names that are taken, and whether anything makes masks.
func (r *replacer) survey(v *keras.Value) {
	for i, item := range v.Items {
		if v.Kind == keras.Object {
			switch key := v.Keys[i]; {
			case key == "name" && item.Kind == keras.String:
				r.names[item.Text] = true
			case key == "mask_zero" && item.Kind == keras.Bool && item.True, key == "class_name" && item.Text == "Masking":
				r.masks = true
			}
		}
		r.survey(item)
	}
}

// models replaces the Lambdas of every model in v: of what has a list of layers.
func (r *replacer) models(v *keras.Value) error {
	if layers := v.Get("config").Get("layers"); layers != nil && layers.Kind == keras.Array {
		m := &model{replacer: r, layers: layers.Items, functional: v.Get("config").Get("input_layers") != nil, config: v.Get("config"), counted: map[string]bool{}, floats: map[string]bool{}, given: map[string][]int{}}
		if err := m.replace(); err != nil {
			return err
		}
	}
	for _, item := range v.Items {
		if err := r.models(item); err != nil {
			return err
		}
	}
	return nil
}

// fresh is a name for a step before the last one, which no layer has yet.
func (r *replacer) fresh(name, class string) string {
	base := name + "_" + strings.ToLower(class)
	for i := 0; ; i++ {
		s := base
		if i > 0 {
			s = fmt.Sprintf("%s_%d", base, i)
		}
		if !r.names[s] {
			r.names[s] = true
			return s
		}
	}
}

// shown is the code of a use in Python, shortened; "" if it cannot be read.
func shown(u keras.Use) string {
	code, err := bytecode.Read(u.Bytecode)
	if err != nil {
		return ""
	}
	text := strings.TrimSpace(code.Readings[0].Text)
	if len(text) > maxShown {
		text = strings.ToValidUTF8(text[:maxShown], "") + "..."
	}
	return text
}

// function finds what a Lambda calls: its code and the values around it.
func (r *replacer) function(config *keras.Value) (keras.Use, *lambda.Call, error) {
	f := config.Get("function")
	call := &lambda.Call{}
	var defaults, closure *keras.Value
	holder := f
	switch {
	case f.Get("class_name").String() == "__lambda__":
		defaults, closure = f.Get("config").Get("defaults"), f.Get("config").Get("closure")
		if old := f.Get("config").Get("value"); old != nil && len(old.Items) == 3 {
			defaults, closure = old.Items[1], old.Items[2]
		}
	case config.Get("function_type").String() == "lambda" && f != nil:
		holder = config
		if f.Kind == keras.Array && len(f.Items) == 3 {
			defaults, closure = f.Items[1], f.Items[2]
		}
	default:
		name := f.String()
		if name == "" {
			name = f.Get("config").String()
		}
		return keras.Use{}, nil, because("it calls a function by its name, %q, and the file does not have the function", name)
	}
	u, ok := r.code[holder]
	if !ok {
		return u, nil, because("its code is not where Keras writes it")
	}
	code, err := bytecode.Read(u.Bytecode)
	if err != nil {
		return u, nil, because("its code cannot be read: %v", err)
	}
	call.Code = code
	call.Defaults, call.Closure = items(defaults), items(closure)
	call.Arguments, _ = data(config.Get("arguments")).(map[string]any)
	return u, call, nil
}

func because(format string, args ...any) error {
	return &lambda.Reason{Text: fmt.Sprintf(format, args...)}
}
