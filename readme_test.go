package modelaudit_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

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

// TestReadmeFormats compares the table of formats with the program's.
func TestReadmeFormats(t *testing.T) {
	readme := read(t, "README.md")
	_, table, _ := strings.Cut(readme, "\n## Formats\n")
	table, _, _ = strings.Cut(table, "\nNot supported yet:")
	for _, f := range pipeline.Formats() {
		row := ""
		for l := range strings.Lines(table) {
			cells := strings.Split(l, "|")
			if len(cells) > 3 && strings.Contains(cells[1], "`"+string(f.Name)+"`") {
				row = strings.TrimSpace(cells[2]) + " " + strings.TrimSpace(cells[3])
			}
		}
		want := "no "
		if f.Read {
			want = "yes " + strings.Join(f.Targets, ", ")
		}
		if row != want {
			t.Errorf("README.md says %q of %s, the program %q", row, f.Name, want)
		}
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
