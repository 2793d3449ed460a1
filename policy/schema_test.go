package policy

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

// compileSchema compiles the schema that ships for editors.
func compileSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// instance turns a policy into what an editor hands to its schema validator: JSON
// values, dates as text. It returns false where the text is no YAML at all.
func instance(t *testing.T, data []byte) (any, bool) {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, false
	}
	datesToText(&root)
	var value any
	if err := root.Decode(&value); err != nil {
		return nil, false
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, false
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return document, true
}

func datesToText(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == tagDate {
		n.Tag, n.Style = tagText, yaml.DoubleQuotedStyle
	}
	for _, child := range n.Content {
		datesToText(child)
	}
}

func TestSchemaAcceptsWhatParseAccepts(t *testing.T) {
	schema := compileSchema(t)
	samples := read(t, "ok/*.yml")
	for _, name := range Templates() {
		samples[name], _ = Template(name)
	}
	for name, data := range samples {
		value, ok := instance(t, data)
		if !ok {
			t.Errorf("%s is no YAML", name)
			continue
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// parseOnly are the faults that only Parse finds: a schema sees values, not
// their notation.
var parseOnly = map[string]bool{
	"limits_octal.yml": true, "limits_underscore.yml": true, "merge_key.yml": true, "second_document.yml": true, "version_octal.yml": true,
}

func TestSchemaRefusesWhatParseRefuses(t *testing.T) {
	schema := compileSchema(t)
	for name, data := range read(t, "errors/*.yml") {
		value, ok := instance(t, data)
		if !ok {
			continue // an editor reports that it is no YAML
		}
		if err := schema.Validate(value); (err == nil) != parseOnly[name] {
			t.Errorf("%s: the schema says %v, only Parse finds it: %v", name, err, parseOnly[name])
		}
	}
}
