package modelaudit_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pipeline"
)

// objectID is what differs between two runs of the demonstration: git's ids.
var objectID = regexp.MustCompile(`\b[0-9a-f]{7,64}\b`)

// TestReadmeDemo runs the demonstration and looks for the README's excerpt in
// what it prints, line for line and in order.
func TestReadmeDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the program")
	}
	cmd := exec.Command(filepath.Join(programs(t), "modelaudit"), "demo")
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("modelaudit demo: %v\n%s", err, out)
	}
	printed := lines(string(out))
	for _, want := range lines(blocks(t, "README.md", "console")[0]) {
		i := slices.Index(printed, want)
		if i < 0 {
			t.Fatalf("README.md shows a line that the demonstration does not print at its place:\n%s\n\nit printed:\n%s", want, out)
		}
		printed = printed[i+1:]
	}
}

// lines splits a text, without trailing space and with ids replaced.
func lines(text string) (out []string) {
	for l := range strings.Lines(text) {
		out = append(out, objectID.ReplaceAllString(strings.TrimRight(l, " \r\n"), "ID"))
	}
	return out
}

// formatRows is the README's table of formats; those that are only recognised
// share a row, unless there is more to say of them.
func formatRows() string {
	var b strings.Builder
	b.WriteString("| format | scan | convert to | |\n|---|---|---|---|\n")
	var unread []string
	for _, f := range pipeline.Formats() {
		switch {
		case f.Read:
			fmt.Fprintf(&b, "| `%s` | yes | %s | %s |\n", f.Name, strings.Join(f.Targets, ", "), f.Note)
		case f.Name == audit.FormatLFSPointer:
			fmt.Fprintf(&b, "| `%s` | no | | %s |\n", f.Name, f.Note)
		default:
			unread = append(unread, "`"+string(f.Name)+"`")
		}
	}
	fmt.Fprintf(&b, "| %s | no | | recognised, and reported as unread (exit 3) |\n", strings.Join(unread, " "))
	return b.String()
}

// TestReadmeFormats compares the table of formats with the program's; -update
// writes it, and the list of formats in the policy's schema.
func TestReadmeFormats(t *testing.T) {
	before, rest, _ := strings.Cut(read(t, "README.md"), "\n## Formats\n\n")
	table, after, _ := strings.Cut(rest, "\nNot supported yet:")
	if table != formatRows() {
		if !*update {
			t.Fatalf("README.md's table of formats is not the program's; go test . -update writes it:\n%s", formatRows())
		}
		write(t, "README.md", before+"\n## Formats\n\n"+formatRows()+"\nNot supported yet:"+after)
	}
}

// TestSchemaFormats wants the policy's schema to list every format.
func TestSchemaFormats(t *testing.T) {
	var list strings.Builder
	for i, f := range audit.Formats() {
		switch {
		case i > 0 && i%8 == 0:
			list.WriteString(",\n              ")
		case i > 0:
			list.WriteString(", ")
		}
		fmt.Fprintf(&list, "%q", f.Name)
	}
	schema := read(t, "policy/schema.json")
	at := strings.Index(schema, `"formats": {`)
	before, rest, _ := strings.Cut(schema[at:], "\"enum\": [\n              ")
	enum, after, _ := strings.Cut(rest, "\n            ]")
	if enum != list.String() {
		if !*update {
			t.Fatal("policy/schema.json does not list the formats; go test . -update writes them")
		}
		write(t, "policy/schema.json", schema[:at]+before+"\"enum\": [\n              "+list.String()+"\n            ]"+after)
	}
}

// TestReadmeCommands wants the two commands for a fresh machine to be what the
// check of the whole repository runs.
func TestReadmeCommands(t *testing.T) {
	readme, ci := read(t, "README.md"), read(t, ".ci/run")
	for _, command := range []string{"go run ./cmd/modelaudit demo", "go test ./..."} {
		if !strings.Contains(readme, command) || !strings.Contains(ci, command) {
			t.Errorf("%q must stand in README.md and in .ci/run", command)
		}
	}
}

// TestNoNetwork looks at what is linked: a program without the net package
// opens no connection. On Windows golang.org/x/sys imports it for its types.
func TestNoNetwork(t *testing.T) {
	for _, system := range []string{"linux", "darwin", "windows"} {
		cmd := exec.Command("go", "list", "-deps", "./cmd/...")
		cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list for %s: %v", system, err)
		}
		linked := lines(string(out))
		for _, p := range []string{"net", "net/http", "crypto/tls", "plugin", "runtime/cgo"} {
			if slices.Contains(linked, p) && !(p == "net" && system == "windows") {
				t.Errorf("on %s the programs link %s", system, p)
			}
		}
	}
}
