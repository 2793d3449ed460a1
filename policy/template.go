package policy

import (
	_ "embed" // for the files below
	"slices"
)

//go:embed schema.json
var schemaText string

//go:embed templates/strict.yml
var strictText string

//go:embed templates/standard.yml
var standardText string

//go:embed templates/advisory.yml
var advisoryText string

// Schema returns the JSON Schema (draft 2020-12) of the policy file, for
// editors. It accepts what Parse accepts; a few things that a schema cannot say
// (calendar dates, combinations of braces, YAML's own traps) only Parse refuses.
func Schema() []byte { return []byte(schemaText) }

// templateNames are the names that `extends` and Template know.
func templateNames() []string { return []string{"strict", "standard", "advisory"} }

// Template returns the commented text of a built-in policy, which is what
// `policy init` writes and what `extends` adds: "strict" converts every pickle, "standard"
// converts what has findings, "advisory" only warns. For another name it returns false.
func Template(name string) ([]byte, bool) {
	texts := []string{strictText, standardText, advisoryText}
	i := slices.Index(templateNames(), name)
	if i < 0 {
		return nil, false
	}
	return []byte(texts[i]), true
}
