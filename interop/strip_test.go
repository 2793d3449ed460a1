//go:build interop

package interop

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

var update = flag.Bool("update", false, "write the tables that are measured")

// A stripCase is one file that strip.py wrote.
type stripCase struct {
	Name, Kind, Attack, Place string
	Goes                      bool // what is dangerous can be taken out of it
}

// TestStrip strips files of every kind that have something dangerous at every
// place, and lets the real libraries load what is left.
func TestStrip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var cases []stripCase
	python(t, newPython, "strip.py", nil, &cases, "write", dir)
	before := map[string][]byte{}
	for _, c := range cases {
		before[c.Name] = readFile(t, filepath.Join(dir, c.Name))
	}
	report := filepath.Join(t.TempDir(), "report.json")
	if got := run(t, dir, cleanEnv(), program("modelaudit"), "remediate", "--quiet", "--report", report, "."); got.code != audit.ExitBlocked {
		t.Fatalf("exit %d: %s", got.code, got.stderr)
	}
	var r audit.Report
	if err := json.Unmarshal(readFile(t, report), &r); err != nil {
		t.Fatal(err)
	}
	done := map[string]bool{}
	for _, a := range r.Artifacts {
		done[a.Path] = a.Remedy != nil
		if a.Remedy == nil && a.Refusal == "" {
			t.Errorf("%s: neither stripped nor refused", a.Path)
		}
	}
	for _, c := range cases {
		switch after := readFile(t, filepath.Join(dir, c.Name)); {
		case done[c.Name] != c.Goes:
			t.Errorf("%s, %s, %s: stripped is %t", c.Kind, c.Attack, c.Place, done[c.Name])
		case !done[c.Name] && !slices.Equal(after, before[c.Name]):
			t.Errorf("%s: it was refused, and changed", c.Name)
		case !done[c.Name]:
			if err := os.Remove(filepath.Join(dir, c.Name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	var wrong map[string]string
	python(t, newPython, "strip.py", nil, &wrong, "check", dir)
	for _, c := range cases {
		if w, loaded := wrong[c.Name]; done[c.Name] && (w != "" || !loaded) {
			t.Errorf("%s, %s, %s: %s", c.Kind, c.Attack, c.Place, w)
		}
	}
	stripTable(t, cases, done)
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// stripTable compares the table of docs/strip.md with what was measured.
func stripTable(t *testing.T, cases []stripCase, done map[string]bool) {
	t.Helper()
	const begin, end = "<!-- measured -->\n", "<!-- end -->\n"
	var kinds []string
	count := map[string][3]int{}
	for _, c := range cases {
		if !slices.Contains(kinds, c.Kind) {
			kinds = append(kinds, c.Kind)
		}
		n := count[c.Kind]
		switch {
		case !c.Goes:
			n[2]++
		case done[c.Name]:
			n[0]++
			fallthrough
		default:
			n[1]++
		}
		count[c.Kind] = n
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s| kind of file | stripped | of those where it can go | refused, since it would change the meaning |\n|---|---|---|---|\n", begin)
	for _, k := range kinds {
		n := count[k]
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", k, n[0], n[1], n[2])
	}
	b.WriteString(end)
	const name = "../docs/strip.md"
	page := string(readFile(t, name))
	at, to := strings.Index(page, begin), strings.Index(page, end)
	if at < 0 || to < at {
		t.Fatalf("%s has no place for the table", name)
	}
	want := page[:at] + b.String() + page[to+len(end):]
	if want == page {
		return
	}
	if !*update {
		t.Errorf("%s differs from what was measured: run with -update", name)
		return
	}
	if err := os.WriteFile(name, []byte(want), 0o666); err != nil {
		t.Fatal(err)
	}
}
