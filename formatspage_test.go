package modelaudit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/internal/pipeline"
)

// formatsPage renders docs/formats/README.md from the tables of formats and
// converters.
func formatsPage() string {
	var b strings.Builder
	b.WriteString("# Formats\n\nWhat is read, what it converts to, and what a conversion keeps, loses and refuses.\n" +
		"Generated from the tables of formats and converters; `modelaudit formats` prints the\nsame, `modelaudit formats --format json` for programs. `go test . -update` writes this page.\n\n## Targets\n\n| to | kept | lost |\n|---|---|---|\n")
	for _, t := range pipeline.TargetFormats() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", t.Name, strings.Join(t.Kept, "; "), strings.Join(t.Lost, "; "))
	}
	b.WriteString("\n## Sources\n\n| from | to | tensors | lost | limits |\n|---|---|---|---|---|\n")
	for _, f := range pipeline.Formats() {
		if len(f.Targets) > 0 {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", f.Name, strings.Join(f.Targets, ", "), f.Tensors, f.Lost, f.Limits)
		}
	}
	b.WriteString("\n## All formats\n\n| format | scan | |\n|---|---|---|\n")
	for _, f := range pipeline.Formats() {
		scan := "no"
		if f.Read {
			scan = "yes"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Name, scan, f.Note)
	}
	b.WriteString("\nWhat is recognised and not read is *unread*, which ends in exit code 3. How content shows a\nformat stands in [recognised.md](recognised.md); what a converted file says of its source in\n" +
		"[tree.md](tree.md); what to do with what does not convert in [the guide](../convert.md).\n")
	return b.String()
}

// TestFormatsPage compares docs/formats/README.md with the program's tables.
func TestFormatsPage(t *testing.T) {
	const page = "docs/formats/README.md"
	if *update {
		write(t, page, formatsPage())
	}
	if diff := cmp.Diff(formatsPage(), read(t, page)); diff != "" {
		t.Errorf("%s is not up to date; go test . -update writes it (-want +got):\n%s", page, diff)
	}
}
