package rules

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/action/audit"
)

// The folder keras holds what the configs of Keras' own objects name: keras.txt has
// "class MODULE NAME" and "function MODULE NAME" for every class and function that a
// config may have looked up without more happening than that an object is made,
// tensorflow.txt the functions of TensorFlow that compute and do nothing else, texts.txt
// the names under which Keras finds its own losses, activations and the like where a config
// has a text. The scripts beside them wrote them out of the libraries.
//
//go:embed keras/keras.txt keras/tensorflow.txt keras/texts.txt
var kerasFiles embed.FS

// kerasNames are the lines of the files: "class keras.layers Dense", "class Dense"
// (for configs of Keras 1 and 2, which name no module), "tf math.abs", "text mse".
var kerasNames = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, file := range []string{"keras", "tensorflow", "texts"} {
		text, err := kerasFiles.ReadFile("keras/" + file + ".txt")
		if err != nil {
			panic(err) // the folder is part of the program
		}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			switch {
			case line == "" || line[0] == '#':
			case file == "tensorflow":
				names["tf "+line] = true
			case file == "texts":
				names["text "+line] = true
			default:
				names[line] = true
				f := strings.Fields(line)
				names[f[0]+" "+f[2]] = true
			}
		}
	}
	return names
})

// A KerasName is a class or function that a config has Keras look up.
type KerasName struct {
	Function   bool
	Module     string // "" where the config has none
	Name       string
	Registered string // registered_name
	Argument   string // of TFOpLambda: the function of TensorFlow
}

// wrapperLayers are the layers that run, or hand over to other libraries, what the
// config or a file beside the model has.
var wrapperLayers = map[string]string{
	"TorchModuleWrapper": "unpickles a module of PyTorch",
	"TFSMLayer":          "loads a SavedModel, which is a program",
	"JaxLayer":           "calls a function of JAX that the file carries",
	"FlaxLayer":          "calls a module of Flax that the file names",
}

// kerasActions are functions of Keras that a config has no business to call.
var kerasActions = map[string]string{
	"get_file": "downloads and unpacks files", "load_model": "opens another model", "load_weights": "reads another file", "enable_unsafe_deserialization": "switches safe mode off",
	"deserialize_keras_object": "makes whatever its argument says", "deserialize": "makes whatever its argument says", "load_img": "reads a file", "save_img": "writes a file",
	"image_dataset_from_directory": "reads files", "text_dataset_from_directory": "reads files", "audio_dataset_from_directory": "reads files", "timeseries_dataset_from_array": "reads data",
	"save_model": "writes a file", "model_from_json": "makes whatever its argument says", "model_from_config": "makes whatever its argument says", "clone_model": "calls what it is given",
	"func_load": "runs bytecode", "set_backend": "changes Keras for the whole process", "custom_object_scope": "changes what names stand for", "CustomObjectScope": "changes what names stand for",
	"register_keras_serializable": "changes what names stand for", "Progbar": "writes to the terminal", "plot_model": "writes a file and runs a program",
}

// Keras judges a name. ok means that it stands in the list and nothing is to be said;
// trusted is the name that a policy's `trust` would have for it.
func Keras(n KerasName, at audit.Location) (f audit.Finding, trusted string, ok bool) {
	kind := "class"
	if n.Function {
		kind = "function"
	}
	if n.Registered == "" && n.Module == "" { // Keras 2 writes what it registers itself so, too
		if at := strings.LastIndexByte(n.Name, '>'); at >= 0 {
			n.Registered, n.Name = n.Name, n.Name[at+1:]
		}
	}
	if n.Module != "" && n.Module != "builtins" {
		trusted = n.Module + "." + n.Name
	} else if n.Module == "" && n.Registered != "" && n.Registered != n.Name {
		trusted = strings.ReplaceAll(n.Registered, ">", ".")
	} else {
		trusted = "custom_objects." + n.Name
	}
	does := string(familyOf(n.Module, n.Name))
	top, _, _ := strings.Cut(n.Module, ".")
	own := slices.Contains([]string{"", "keras", "tf_keras", "builtins", "keras_core"}, top) || strings.HasPrefix(n.Module, "tensorflow.python.keras")
	switch {
	case own && (n.Name == "TFOpLambda" || n.Name == "SlicingOpLambda"):
		if kerasNames()["tf "+n.Argument] {
			return f, "", true
		}
		return New("MA304", at, "tf."+n.Argument, fmt.Sprintf("the layer calls the function %s of TensorFlow, which is not on the list of those that compute and no more", n.Argument)), "", false
	case own && wrapperLayers[n.Name] != "":
		return New("MA304", at, n.Name, fmt.Sprintf("the layer %s %s when the model is opened", n.Name, wrapperLayers[n.Name])), "", false
	case own && kerasActions[n.Name] != "":
		return worse(New("MA304", at, dotted(n), fmt.Sprintf("the config names %s, which %s", dotted(n), kerasActions[n.Name]))), "", false
	case does != "" && n.Module != "" && !(n.Module == "builtins" && n.Function && kerasNames()["function "+n.Name]):
		return worse(New("MA302", at, dotted(n), fmt.Sprintf("the config names %s, which %s", dotted(n), does))), "", false
	case strings.Contains(n.Registered, ">") && n.Registered != "Custom>"+n.Name:
	case kerasNames()[kind+" "+n.Module+" "+n.Name], n.Module == "" && kerasNames()[kind+" "+n.Name], n.Module == "builtins" && kerasNames()["function "+n.Name]:
		return f, "", true
	case n.Function && n.Module == "builtins":
		// only what somebody registered is found there
	case own && n.Module != "":
		return New("MA304", at, dotted(n), fmt.Sprintf("the config names %s, which is none of the classes and functions that configs of Keras consist of", dotted(n))), "", false
	case n.Module != "":
		return New("MA303", at, dotted(n), fmt.Sprintf("the config has Keras import %s and make a %s of it; a policy that knows it can trust %s", dotted(n), kind, trusted)), trusted, false
	}
	return New("MA303", at, n.Name, fmt.Sprintf("%s is no %s of Keras; a policy that knows it can trust %s", n.Name, kind, trusted)), trusted, false
}

// KerasText judges a text for which Keras looks up a loss, an activation or the like: one of
// its own, or what the program registered. The results are those of [Keras].
func KerasText(name string, at audit.Location) (f audit.Finding, trusted string, ok bool) {
	if kerasNames()["text "+name] {
		return f, "", true
	}
	trusted = "custom_objects." + name
	return New("MA303", at, name, fmt.Sprintf("the config names %s, which no loss, metric, activation or the like of Keras is called; a policy that knows it can trust %s", name, trusted)), trusted, false
}

func dotted(n KerasName) string { return strings.TrimPrefix(n.Module+"."+n.Name, ".") }

func worse(f audit.Finding) audit.Finding {
	f.Severity = audit.Critical
	return f
}

// Lambda reports code that a config carries: text says in Python what it does,
// names and texts what it names; any of them may be "".
func Lambda(at audit.Location, layer, text string, imports, calls, names, texts []string) audit.Finding {
	f := New("MA301", at, "", fmt.Sprintf("the layer %s carries Python code that runs when the model is opened or used", quotedLayer(layer)))
	e := evidence{words: map[string]bool{}, commands: map[string]bool{}}
	for _, t := range slices.Concat([]string{text}, names, texts) {
		e.add(t)
	}
	found := grave(e.patterns())
	var does []string
	for _, name := range slices.Concat(calls, imports) {
		if d := calledFamily(name); d != "" {
			does = append(does, name+" "+d)
		}
	}
	switch {
	case len(found) > 0:
		f.Message += "; the code " + sentence(found)
		f.Severity = audit.Critical
	case len(does) > 0:
		f.Message += "; in it, " + strings.Join(does[:min(len(does), 3)], ", ")
		f.Severity = audit.Critical
	}
	return f
}

func quotedLayer(layer string) string {
	if layer == "" {
		return "without a name"
	}
	return layer
}

// calledFamily says what a dotted name that code calls is known for.
func calledFamily(name string) string {
	at := strings.LastIndexByte(name, '.')
	if at < 0 {
		switch f := familyOf("builtins", name); f {
		case runsCode, runsCommands, importsNames, reachesFiles:
			return string(f)
		}
		if slices.Contains([]string{"os", "subprocess", "socket", "ctypes", "pty", "shutil", "requests", "urllib", "http", "pickle", "marshal"}, name) {
			return "is imported"
		}
		return ""
	}
	return string(familyOf(name[:at], name[at+1:]))
}
