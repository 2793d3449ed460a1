package scan

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

const kerasFiles = "../../testdata/keras"

func scanned(t *testing.T, name string, data []byte, opt Options) audit.Artifact {
	t.Helper()
	return Scan(t.Context(), bytes.NewReader(data), int64(len(data)), name, opt).Artifact
}

func rulesOf(a audit.Artifact) (ids []string) {
	for _, f := range a.Findings {
		ids = append(ids, f.Rule)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// TestKerasFiles: what Keras writes of its own layers is clean, whichever way it
// writes it; a Lambda and somebody's own layer are findings.
func TestKerasFiles(t *testing.T) {
	files, err := filepath.Glob(kerasFiles + "/keras-*/*")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimPrefix(file, kerasFiles+"/"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Base(file)
			want := map[string][]string{"lambda": {"MA301"}, "compiled": {"MA301"}, "custom": {"MA303"}}[strings.TrimSuffix(name, filepath.Ext(name))]
			a := scanned(t, name, data, Options{})
			if got := rulesOf(a); !slices.Equal(got, want) {
				t.Errorf("rules %v, want %v: %v", got, want, a.Findings)
			}
			if len(a.Coverage.Unread) > 0 {
				t.Errorf("unread: %v", a.Coverage.Unread)
			}
			if want == nil && a.Verdict != audit.VerdictClean {
				t.Errorf("verdict %s", a.Verdict)
			}
		})
	}
}

func TestKerasTrust(t *testing.T) {
	data, err := os.ReadFile(kerasFiles + "/keras-3.15/custom.keras")
	if err != nil {
		t.Fatal(err)
	}
	trusted := scanned(t, "custom.keras", data, Options{Trusted: map[string]bool{"Custom.Scale": true}})
	if trusted.Verdict != audit.VerdictClean {
		t.Errorf("%s: %v", trusted.Verdict, trusted.Findings)
	}
	other := scanned(t, "custom.keras", data, Options{Trusted: map[string]bool{"Custom.Scales": true, "Scale": true, "Custom": true}})
	if other.Verdict != audit.VerdictFindings {
		t.Errorf("another name is trusted, and the verdict is %s", other.Verdict)
	}
}

// kerasArchive is a .keras file with that config.
func kerasArchive(t *testing.T, members map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range members {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestKerasAttacks: what configs were seen to do, or could, in each place that Keras looks at.
func TestKerasAttacks(t *testing.T) {
	const layer = `{"module": "keras", "class_name": "Sequential", "config": {"layers": [%]}, "registered_name": null}`
	object := func(module, class, config string) string {
		return `{"module": "` + module + `", "class_name": "` + class + `", "config": ` + config + `, "registered_name": null}`
	}
	for name, test := range map[string]struct {
		config string
		want   string
	}{
		"a function of os":         {object("os", "function", `"system"`), "MA302"},
		"builtins.eval":            {object("builtins", "function", `"eval"`), "MA302"},
		"subprocess.Popen":         {object("subprocess", "Popen", `{"args": ["true"]}`), "MA302"},
		"as an activation":         {object("keras.layers", "Dense", `{"units": 1, "activation": `+object("posix", "function", `"system"`)+`}`), "MA302"},
		"in a wrapper":             {object("keras.layers", "TimeDistributed", `{"layer": `+object("keras.layers", "Lambda", `{"function": {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}}`)+`}`), "MA301"},
		"a lambda anywhere":        {object("keras.layers", "Dense", `{"bias_initializer": {"class_name": "__lambda__", "config": {"value": "4wEAAAA="}}}`), "MA301"},
		"Keras 2's form":           {object("keras.layers", "Lambda", `{"name": "l", "function": ["4wEAAAA=\n", null, null], "function_type": "lambda"}`), "MA301"},
		"around a named function":  {object("keras.layers", "Lambda", `{"name": "l", "function": {"module": "builtins", "class_name": "function", "config": "f", "registered_name": "function"}}`), "MA301"},
		"escaped name":             {`{"module": "keras.layers", "cl\u0061ss_name": "L\u0061mbda", "config": {"function": {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}}}`, "MA301"},
		"a download":               {object("keras.utils", "function", `"get_file"`), "MA304"},
		"safe mode off":            {object("keras.config", "function", `"enable_unsafe_deserialization"`), "MA304"},
		"another model":            {object("keras.models", "function", `"load_model"`), "MA304"},
		"by its source":            {object("keras.src.saving.saving_lib", "function", `"load_model"`), "MA304"},
		"PyTorch":                  {object("keras.layers", "TorchModuleWrapper", `{"module": "AAAA"}`), "MA304"},
		"a SavedModel":             {object("keras.layers", "TFSMLayer", `{"filepath": "/tmp/m"}`), "MA304"},
		"a function of TensorFlow": {object("keras.src.layers.core.tf_op_layer", "TFOpLambda", `{"function": "io.write_file"}`), "MA304"},
		"a file":                   {object("keras.layers", "StringLookup", `{"vocabulary": "/etc/passwd"}`), "MA305"},
		"an address":               {object("keras.layers", "TextVectorization", `{"vocabulary": "http://127.0.0.1/x"}`), "MA305"},
		"a file beside it":         {object("keras.layers", "StringLookup", `{"vocabulary": "secret.txt"}`), "MA305"},
		"code beside its type":     {object("keras.layers", "Dense", `{"residual_fn": ["4wEAAAA=", null, null], "residual_fn_type": "lambda"}`), "MA301"},
		"a wrapper of cells":       {object("keras.layers", "ResidualWrapper", `{}`), "MA304"},
		"a node of another module": {object("evil", "TFOpLambda", `{"function": "math.abs"}`), "MA303"},
		"a shape of a module":      {object("evil", "TensorShape", `{}`), "MA303"},
		"a type of a module":       {`{"class_name": "__typespec__", "module": null, "config": {"module": "evil", "spec_name": "Spec"}}`, "MA303"},
		"a type beside a listed":   {`{"class_name": "__typespec__", "module": "evil", "spec_name": "Spec", "registered_name": null, "config": {"module": "tensorflow.python.framework.tensor_spec", "spec_name": "TensorSpec"}}`, "MA303"},
		"as Keras has it":          {object("keras.layers", "Dense", `{"activation": {"value": ["4wEAAAAAAAAAAAAAAAEAAAADAAAA8wYAAACXAHwAUwApAU6pACkB2gF4cwEAAAAg2gg8c291cmNlPtoIPGxhbWJkYT5yBQAAAAEAAAA=", null, null]}}`), "MA301"},
		"code in a text":           {object("keras.layers", "Dense", `{"whatever": "4wEAAAAAAAAAAAAAAAEAAAADAAAA8wYAAACXAHwAUwApAU6pACkB2gF4cwEAAAAg2gg8c291cmNlPtoIPGxhbWJkYT5yBQAAAAEAAAA="}`), "MA301"},
		"own code":                 {object("acme.layers", "Net", `{}`), "MA303"},
		"of two names the last":    {`{"module": "keras.layers", "class_name": "Dense", "class_name": "Lambda", "config": {}}`, "MA301"},
		"a name twice":             {`{"module": "keras.layers", "class_name": "Dense", "config": {"units": 1, "units": 2}}`, "MA207"},
		"a list for a class":       {`{"module": "keras.layers", "class_name": ["Dense"], "config": {}}`, "MA303"},
		"a number for a module":    {`{"module": 5, "class_name": "Dense", "config": {}}`, "MA303"},
		"a loss of one's own":      {object("keras.layers", "Dense", `{"x": {"optimizer_config": {}, "loss": {"out": "my_loss"}, "metrics": [["mse"]]}}`), "MA303"},
		"a metric of one's own":    {object("keras.layers", "Dense", `{"x": {"optimizer": "adam", "loss": "mse", "metrics": [["acc", "mine"]]}}`), "MA303"},
		"an activation by a text":  {object("keras.layers", "Dense", `{"activation": "mine"}`), "MA303"},
		"registered over Keras'":   {`{"module": "keras.layers", "class_name": "Dense", "config": {}, "registered_name": "acme>Dense"}`, "MA303"},
	} {
		t.Run(name, func(t *testing.T) {
			config := strings.Replace(layer, "%", test.config, 1)
			for file, data := range map[string][]byte{
				"m.keras": kerasArchive(t, map[string]string{"config.json": config, "metadata.json": `{"keras_version": "3.9.0"}`}),
				"n.keras": kerasArchive(t, map[string]string{"config.json": config}),
				"m.json":  []byte(config),
				"o.keras": kerasArchive(t, map[string]string{"config.json": `{"class_name": "Sequential", "config": {}, "compile_config": {"loss": ` + test.config + `}}`, "model.weights.h5": ""}),
			} {
				a := scanned(t, file, data, Options{Named: true})
				if !slices.Contains(rulesOf(a), test.want) {
					t.Errorf("%s: %v %v, want %s", file, rulesOf(a), a.Coverage.Unread, test.want)
				}
			}
		})
	}
}

// TestKerasTextTrusted: what a text names can be trusted as the finding says.
func TestKerasTextTrusted(t *testing.T) {
	config := []byte(`{"module": "keras.layers", "class_name": "Dense", "config": {"activation": "mine"}}`)
	if a := scanned(t, "m.json", config, Options{Trusted: map[string]bool{"custom_objects.mine": true}}); a.Verdict != audit.VerdictClean {
		t.Errorf("%s: %v", a.Verdict, a.Findings)
	}
}

// TestKerasMembers: a config is told once, whatever its checksum says; a name that leads
// out of the directory is a finding.
func TestKerasMembers(t *testing.T) {
	config := `{"class_name": "Sequential", "config": {"layers": []}}`
	var parts []string
	data := kerasArchive(t, map[string]string{"config.json": config, "metadata.json": `{"keras_version": "3.9.0"}`})
	a := scanned(t, "m.keras", data, Options{Part: func(member string, _ int64, _ []audit.Format) { parts = append(parts, member) }})
	if a.Verdict != audit.VerdictClean || len(parts) > 0 {
		t.Errorf("%s, %v; looked at again: %q", a.Verdict, a.Findings, parts)
	}
	damaged := bytes.Replace(data, []byte("layers"), []byte("lAyers"), 1)
	if a := scanned(t, "m.keras", damaged, Options{}); !slices.Contains(rulesOf(a), "MA203") {
		t.Errorf("a wrong checksum: %v", rulesOf(a))
	}
	for _, name := range []string{"assets/../../x", "/x", `assets\..\..\x`, "C:x"} {
		a := scanned(t, "m.keras", kerasArchive(t, map[string]string{"config.json": config, name: "x"}), Options{})
		if !slices.Contains(rulesOf(a), "MA112") {
			t.Errorf("%s: %v %v", name, rulesOf(a), a.Coverage.Unread)
		}
	}
}

// TestKerasSavedModel: a Lambda in the object graph of a saved_model.pb is told, though the
// program is not read; graphs of which nothing is Keras' are unread alone.
func TestKerasSavedModel(t *testing.T) {
	counted := func(number byte, content string) string {
		n := len(content)
		return string([]byte{number<<3 | 2, byte(n)&0x7f | 0x80, byte(n >> 7)}) + content
	}
	saved := func(metadata string) []byte {
		object := counted(4, counted(1, "_tf_keras_layer")+counted(3, metadata))
		return []byte("\x08\x01" + counted(2, counted(1, "\x0a\x00")+counted(7, counted(1, object))))
	}
	text := `{"class_name": "Lambda", "config": {"name": "l", "function": {"class_name": "__tuple__", "items": ["4wEAAAA=", null, null]}, "function_type": "lambda"}}`
	a := scanned(t, "saved_model.pb", saved(text), Options{})
	if !slices.Equal(rulesOf(a), []string{"MA301"}) || !slices.Equal(a.Formats, []audit.Format{audit.FormatSavedModel}) || len(a.Coverage.Unread) == 0 {
		t.Errorf("%v %v %v", a.Formats, a.Findings, a.Coverage.Unread)
	}
	if a := scanned(t, "saved_model.pb", saved("no config"), Options{}); a.Verdict != audit.VerdictIncomplete {
		t.Errorf("%s: %v", a.Verdict, a.Findings)
	}
	if a := scanned(t, "saved_model.pb", saved(`{"class_name": `), Options{}); len(a.Coverage.Unread) != 2 {
		t.Errorf("a config that is cut off: %v", a.Coverage.Unread)
	}
}

// TestHDF5Elsewhere: the sources of a virtual dataset are named, and a shape for which
// nothing is stored is told.
func TestHDF5Elsewhere(t *testing.T) {
	for file, want := range map[string]string{"elsewhere-latest.h5": "data of the file a.h5, data of the file b.h5", "bomb.h5": "bytes are stored"} {
		data, err := os.ReadFile("../hdf5/testdata/h5py-3.16.0-hdf5-2.0.0/" + file)
		if err != nil {
			t.Fatal(err)
		}
		a := scanned(t, file, data, Options{})
		if !slices.ContainsFunc(a.Findings, func(f audit.Finding) bool { return strings.Contains(f.Message, want) }) {
			t.Errorf("%s: %v", file, a.Findings)
		}
	}
}

// TestKerasHidden: what Keras finds wherever it stands is found.
func TestKerasHidden(t *testing.T) {
	h5, err := os.ReadFile(kerasFiles + "/keras-2.15/lambda.h5")
	if err != nil {
		t.Fatal(err)
	}
	config := `{"class_name": "Lambda", "config": {"name": "l", "function": ["4wEAAAA=", null, null], "function_type": "lambda", "layers": []}}`
	behind := append(bytes.Repeat([]byte(" "), 8192), h5...) // as a user block, whose length the file does not know
	if r := Scan(t.Context(), bytes.NewReader(behind), int64(len(behind)), "notes.dat", Options{}); r.Skipped || r.Artifact.Verdict == audit.VerdictClean {
		t.Errorf("HDF5 behind 8 KiB: skipped %v, %s", r.Skipped, r.Artifact.Verdict)
	}
	for name, data := range map[string][]byte{
		"mar.keras":    kerasArchive(t, map[string]string{"config.json": strings.Repeat(" ", 5000) + config, "MAR-INF/MANIFEST.json": "{}"}),
		"export.keras": kerasArchive(t, map[string]string{"config.json": strings.Repeat(" ", 5000) + config, "archive_format": "pt2", "serialized_exported_program.json": "{}"}),
		"config.json":  []byte(strings.Repeat(" ", 5000) + strings.Replace(config, "class_name", `class\u005fname`, 1)),
		"utf16.keras":  kerasArchive(t, map[string]string{"config.json": strings.Join(strings.Split(config, ""), "\x00") + "\x00"}),
		"mark.keras":   kerasArchive(t, map[string]string{"config.json": "\xef\xbb\xbf" + config}),
	} {
		if a := scanned(t, name, data, Options{}); !slices.Contains(rulesOf(a), "MA301") {
			t.Errorf("%s: %v %v", name, rulesOf(a), a.Coverage.Unread)
		}
	}
}

// TestKerasUnread: what two readers could read differently is never clean.
func TestKerasUnread(t *testing.T) {
	for name, config := range map[string]string{
		"cut off":    `{"class_name": "Sequential"`,
		"UTF-16 cut": "\xff\xfe{\x00}\x00{",
		"too deep":   strings.Repeat("[", 100_000),
		"two values": `{"class_name": "Sequential", "config": {}} {}`,
	} {
		t.Run(name, func(t *testing.T) {
			a := scanned(t, "m.keras", kerasArchive(t, map[string]string{"config.json": config}), Options{})
			if a.Verdict != audit.VerdictIncomplete {
				t.Errorf("verdict %s, findings %v", a.Verdict, a.Findings)
			}
		})
	}
	if a := scanned(t, "m.keras", kerasArchive(t, map[string]string{"other.json": "{}"}), Options{}); a.Verdict != audit.VerdictIncomplete {
		t.Errorf("a .keras without a config is %s", a.Verdict)
	}
}
