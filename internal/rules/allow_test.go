package rules

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Every line of the list can be found, its bases are in it, and its rules have
// words that mean something.
func TestListIsWhole(t *testing.T) {
	files, err := os.ReadDir("allow")
	if err != nil {
		t.Fatal(err)
	}
	kinds := []string{"value", "plain", "mapping", "table", "sequence", "record", "enum", "base"}
	listed := 0
	for _, f := range files {
		for module, lines := range readLibrary("allow/" + f.Name()) {
			for line := range strings.Lines(strings.TrimSpace(lines)) {
				name, _, _ := strings.Cut(line, "\t")
				e, ok := listedEntry(module, name)
				if !ok || !slices.Contains(kinds, e.kind) {
					t.Errorf("%s.%s: found %v, kind %q", module, name, ok, e.kind)
					continue
				}
				if e.kind != "base" {
					listed++
				}
				for _, b := range e.bases {
					if m, n, _ := strings.Cut(b, ":"); !isListed(m, n) {
						t.Errorf("%s.%s: base %s is not in the list", module, name, b)
					}
				}
				for _, r := range e.rules {
					if key, word, _ := strings.Cut(r, "="); word != "slot" && word != "held" && key != "*" && stateShapes[word] == nil {
						t.Errorf("%s.%s: rule %s has no meaning", module, name, r)
					}
				}
				if dangerous(module, name) && e.kind != "value" && e.kind != "base" {
					t.Errorf("%s.%s is listed and known to be dangerous", module, name)
				}
			}
		}
	}
	if listed < 3000 {
		t.Errorf("%d names only", listed)
	}
}

func isListed(module, name string) bool {
	_, ok := listedEntry(module, name)
	return ok
}

// BenchmarkListFirst is what the first name of the largest lists costs: they
// are read when a pickle names their package.
func BenchmarkListFirst(b *testing.B) {
	for b.Loop() {
		readLibrary("allow/transformers.txt")
		readLibrary("allow/sklearn.txt")
		readLibrary("allow/torch.txt")
	}
}

func BenchmarkListNext(b *testing.B) {
	for b.Loop() {
		l := list{}
		if _, ok := l.find("sklearn.pipeline", "Pipeline"); !ok {
			b.Fatal("not found")
		}
	}
}
