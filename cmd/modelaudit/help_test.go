package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/modelaudit/action/cmd/internal/door"
)

// What help pages show works as it stands there.
func TestHelpExamples(t *testing.T) {
	data, err := os.ReadFile("../../testdata/torch/zip-2.15/state_dict.pt")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("model.pt", data, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"policy", "scan", "inspect", "remediate", "convert", "validate", "rules", "formats", "report", "ci"} {
		if len(examples[name]) == 0 {
			t.Errorf("%s has no examples", name)
		}
		for _, line := range examples[name] {
			var out bytes.Buffer
			if code := run(strings.Fields(line)[1:], door.Streams{Out: &out, Err: &out}); code != 0 {
				t.Errorf("%s: exit code %d\n%s", line, code, out.String())
			}
		}
	}
}

// Every help page fits a terminal of 80 columns, and no flag of it is without
// a text.
func TestHelpPages(t *testing.T) {
	pages := []string{"", "hook", "hook install", "policy init", "policy check", "policy explain"}
	for _, c := range newApp(door.Streams{}).Commands {
		pages = append(pages, c.Name)
	}
	for _, page := range pages {
		var out bytes.Buffer
		code := run(append(strings.Fields(page), "--help"), door.Streams{Out: &out, Err: &out})
		if code != 0 || out.Len() == 0 {
			t.Errorf("%q --help: exit code %d", page, code)
		}
		for line := range strings.Lines(out.String()) {
			line = strings.TrimRight(line, "\n")
			if n := utf8.RuneCountInString(line); n > 80 {
				t.Errorf("%q --help: %d columns: %s", page, n, line)
			}
			if flag := strings.TrimSpace(line); strings.HasPrefix(flag, "--") && !strings.Contains(flag, "  ") && !strings.HasPrefix(line, "    ") {
				t.Errorf("%q --help: nothing is said of %s", page, flag)
			}
		}
	}
}
