package modelaudit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/internal/render"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/scan"
	"github.com/modelaudit/action/policy"
)

var (
	fence   = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
	inline  = regexp.MustCompile("`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.FromSlash(name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// blocks returns the fenced blocks of a page in one language.
func blocks(t *testing.T, page, language string) (out []string) {
	t.Helper()
	for _, m := range fence.FindAllStringSubmatch(read(t, page), -1) {
		if m[1] == language {
			out = append(out, m[2])
		}
	}
	if len(out) == 0 {
		t.Fatalf("%s has no block of %s", page, language)
	}
	return out
}

// anchors lists the headings of a page as GitHub names them.
func anchors(text string) map[string]bool {
	out := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		var b strings.Builder
		for _, r := range strings.ToLower(m[1]) {
			switch {
			case r == ' ' || r == '-':
				b.WriteByte('-')
			case r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
				b.WriteRune(r)
			}
		}
		out[b.String()] = true
	}
	return out
}

// TestLinks follows every relative link of every page.
func TestLinks(t *testing.T) {
	for _, page := range files(t, ".md") {
		text := inline.ReplaceAllString(fence.ReplaceAllString(read(t, page), ""), "")
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			name := page
			if target != "" {
				name = path.Join(path.Dir(page), target)
			}
			if _, err := os.Stat(filepath.FromSlash(name)); err != nil {
				t.Errorf("%s links to %s, which does not exist", page, m[1])
			} else if anchor != "" && !anchors(read(t, name))[anchor] {
				t.Errorf("%s links to %s, which has no such heading", page, m[1])
			}
		}
	}
}

// TestPaths looks for the files that pages name in code spans.
func TestPaths(t *testing.T) {
	file := regexp.MustCompile("`((?:\\.ci|audit|cmd|converters|docs|examples|hook|internal|interop|policy|testdata)/[A-Za-z0-9_./*-]+)`")
	for _, page := range files(t, ".md") {
		for _, m := range file.FindAllStringSubmatch(fence.ReplaceAllString(read(t, page), ""), -1) {
			if found, err := filepath.Glob(m[1]); (err != nil || len(found) == 0) && !strings.HasSuffix(m[1], "/NAME") {
				t.Errorf("%s names %s, which does not exist", page, m[1])
			}
		}
	}
}

// TestArchitectureNamesPackages compares ARCHITECTURE.md with the import graph.
func TestArchitectureNamesPackages(t *testing.T) {
	page := read(t, "ARCHITECTURE.md")
	for pkg := range parseGraph(t, importGraph) {
		if !strings.Contains(page, "**"+pkg+"**") && pkg != "cmd/modelaudit-hook" {
			t.Errorf("ARCHITECTURE.md says nothing of %s", pkg)
		}
	}
}

// rulePages renders docs/rules from the catalogue.
func rulePages() map[string]string {
	pages := map[string]string{}
	var index strings.Builder
	index.WriteString("# Rules\n\nGenerated from the catalogue in `internal/rules`; `modelaudit rules ID` prints the same. `go test . -update` writes these pages.\n")
	family := ""
	for _, r := range rules.All() {
		if r.Family != family {
			family = r.Family
			fmt.Fprintf(&index, "\n## %s\n\n| rule | severity | what it reports |\n|---|---|---|\n", family)
		}
		fmt.Fprintf(&index, "| [%s](%s.md) | %s | %s |\n", r.ID, r.ID, r.Severity, r.Title)
		pages["docs/rules/"+r.ID+".md"] = render.RulePage(r)
	}
	index.WriteString("\nThe severity is the usual one: a known gadget, or code that is seen to do harm, raises it.\n" +
		"\nAn example is a program of the assembler in `internal/pickle`, one opcode a line. `member NAME` begins a member of a zip archive, " +
		"`zeros N` stands for so many zero bytes, compressed, and `N times OPCODE` repeats a line. A test builds and scans each of them.\n")
	index.WriteString("\nWhat could not be read has no rule, so that no policy can silence it: it is listed as *unread*, with the reason, and ends in exit code 3.\n")
	pages["docs/rules/README.md"] = index.String()
	return pages
}

// TestRulePages compares docs/rules with the catalogue.
func TestRulePages(t *testing.T) {
	pages := rulePages()
	for name, want := range pages {
		if *update {
			if err := os.WriteFile(filepath.FromSlash(name), []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, read(t, name)); diff != "" {
			t.Errorf("%s is not up to date; go test . -update writes it (-want +got):\n%s", name, diff)
		}
	}
	for _, name := range files(t, ".md") {
		if _, ok := pages[name]; !ok && strings.HasPrefix(name, "docs/rules/") {
			t.Errorf("%s describes no rule", name)
		}
	}
}

// TestTreePage compares the examples of docs/formats/tree.md with what the
// files that they speak of really give.
func TestTreePage(t *testing.T) {
	const page = "docs/formats/tree.md"
	source := regexp.MustCompile("`(testdata/[^`]+)`[^`]*$")
	text, tested := read(t, page), 0
	for _, at := range fence.FindAllStringSubmatchIndex(text, -1) {
		before := text[:at[0]]
		before = before[strings.LastIndex(strings.TrimRight(before, "\n"), "\n")+1:]
		m := source.FindStringSubmatch(before)
		if text[at[2]:at[3]] != "json" || m == nil {
			continue
		}
		tested++
		var want bytes.Buffer
		if err := json.Compact(&want, []byte(text[at[4]:at[5]])); err != nil {
			t.Fatalf("%s: %v", page, err)
		}
		data := []byte(read(t, m[1]))
		res := scan.Scan(context.Background(), bytes.NewReader(data), int64(len(data)), m[1], scan.Options{})
		if res.Model == nil {
			t.Fatalf("%s holds no checkpoint", m[1])
		}
		tree, err := res.Model.Tree()
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(tree.Root)
		if err != nil {
			t.Fatal(err)
		}
		var escaped bytes.Buffer // encoding/json writes < as an escape
		json.HTMLEscape(&escaped, want.Bytes())
		if diff := cmp.Diff(escaped.String(), string(got)); diff != "" {
			t.Errorf("%s: the tree of %s (-page +real):\n%s", page, m[1], diff)
		}
	}
	if tested < 4 {
		t.Errorf("%s has %d examples that name their source, expected 4", page, tested)
	}
}

// TestPolicyPage parses every policy that the documents show.
func TestPolicyPage(t *testing.T) {
	for i, text := range blocks(t, "docs/policy.md", "yaml") {
		if _, err := policy.Parse(fmt.Sprintf("docs/policy.md block %d", i), []byte(text)); err != nil {
			t.Error(err)
		}
	}
}
