package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/modelaudit/action/cmd/internal/door"
)

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
