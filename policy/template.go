package policy

import (
	"embed"
	"slices"
)

//go:embed schema.json
var schemaText string

//go:embed templates/*.yml
var templateFiles embed.FS

// Schema returns the JSON Schema (draft 2020-12) of the policy file, for
// editors. Of documents that are JSON values it accepts what Parse accepts and refuses what Parse
// refuses; notations that only YAML has (octal numbers, merge keys, a second document) only Parse sees.
func Schema() []byte { return []byte(schemaText) }

// templateNames are the names that `extends` knows.
func templateNames() []string { return []string{"strict", "standard", "advisory"} }

// Templates are the names that Template knows: those that `extends` knows, and
// whole policies to begin with, for a repository of a kind.
func Templates() []string {
	return append(templateNames(), "huggingface", "research", "regulated")
}

// Template returns the commented text of a built-in policy, which is what
// `policy init` writes and what `extends` adds: "strict" converts every file of
// torch.save, joblib and pickle, "standard" converts what has findings, "advisory" only warns. "huggingface" is for a repository
// of one published model, "research" for many experiments in one repository,
// "regulated" for one in which every exception has an owner and an end. For another name
// it returns false.
func Template(name string) ([]byte, bool) {
	if !slices.Contains(Templates(), name) {
		return nil, false
	}
	text, err := templateFiles.ReadFile("templates/" + name + ".yml")
	return text, err == nil
}
