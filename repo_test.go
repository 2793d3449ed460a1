// Package modelaudit_test holds the rules of the repository as a whole: who may
// import whom, what no code may do, what every package and page must have.
package modelaudit_test

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the import path that all our packages begin with.
const module = "github.com/modelaudit/action/"

var update = flag.Bool("update", false, "write what is generated: the pages of docs/rules, the lists of formats")

// A source is one Go file of the repository, whatever system it is for.
type source struct {
	name string // from the root, with slashes
	pkg  string // the package's folder, "." for the root
	file *ast.File
	fset *token.FileSet
	text []byte
}

func (s source) test() bool { return strings.HasSuffix(s.name, "_test.go") }

// place is where a node stands, for a message.
func (s source) place(n ast.Node) string {
	return s.name + ":" + strconv.Itoa(s.fset.Position(n.Pos()).Line)
}

// imports lists what the file imports.
func (s source) imports() (paths []string) {
	for _, i := range s.file.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// sources parses every Go file below the root.
func sources(t *testing.T) (all []source) {
	t.Helper()
	for _, name := range files(t, ".go") {
		text, err := os.ReadFile(filepath.FromSlash(name))
		if err != nil {
			t.Fatal(err)
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, source{name, path.Dir(name), f, fset, text})
	}
	if len(all) < 50 {
		t.Fatalf("only %d Go files were found: is this the root of the repository?", len(all))
	}
	return all
}

// files lists the files with an ending, from the root, with slashes.
func files(t *testing.T, ending string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata"):
			return fs.SkipDir
		case strings.HasSuffix(name, ending):
			names = append(names, filepath.ToSlash(name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestImportGraph holds who may import whom; graph_test.go has the text.
func TestImportGraph(t *testing.T) {
	may := parseGraph(t, importGraph)
	seen := map[string]bool{}
	for _, s := range sources(t) {
		if s.test() || strings.HasPrefix(s.pkg, "interop") {
			continue
		}
		seen[s.pkg] = true
		allowed, known := may[s.pkg]
		if !known {
			t.Errorf("%s: the package %s is not in the import graph", s.name, s.pkg)
		}
		for _, p := range s.imports() {
			if ours, ok := strings.CutPrefix(p, module); ok && known && !slices.Contains(allowed, ours) {
				t.Errorf("%s: %s may not import %s", s.name, s.pkg, ours)
			}
		}
	}
	for pkg := range may {
		if !seen[pkg] {
			t.Errorf("the import graph names %s, which does not exist", pkg)
		}
	}
}

// TestModules holds which modules are imported, and by which package.
func TestModules(t *testing.T) {
	used := map[string]bool{}
	for _, s := range sources(t) {
		for _, p := range s.imports() {
			first, _, _ := strings.Cut(p, "/")
			if !strings.Contains(first, ".") || strings.HasPrefix(p, module) {
				continue
			}
			m := moduleOf(p)
			if m == nil {
				t.Errorf("%s: %s is of no module that ADR 0006 lists", s.name, p)
				continue
			}
			used[m.path] = true
			if !s.test() && !slices.Contains(m.by, s.pkg) {
				t.Errorf("%s: %s may not import %s", s.name, s.pkg, p)
			}
		}
	}
	adr, err := os.ReadFile("docs/adr/0006-dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modules() {
		if !used[m.path] {
			t.Errorf("%s is listed and not used", m.path)
		}
		if !bytes.Contains(adr, []byte("`"+m.path+"`")) {
			t.Errorf("ADR 0006 does not speak of %s", m.path)
		}
	}
}

// TestGoMod looks at the lines of go.mod: no replacement, and no direct module
// that nobody asked for.
func TestGoMod(t *testing.T) {
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	required := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == "replace" || words[0] == "exclude":
			t.Errorf("go.mod: %s", line)
		case len(words) > 1 && strings.Contains(words[0], ".") && strings.HasPrefix(words[1], "v"):
			required[words[0]] = true
			if !strings.HasSuffix(line, "// indirect") && !slices.ContainsFunc(modules(), func(m dependency) bool { return m.path == words[0] }) {
				t.Errorf("go.mod: %s is direct, and ADR 0006 does not list it", words[0])
			}
		}
	}
	for _, m := range modules() {
		if !required[m.path] {
			t.Errorf("go.mod does not require %s", m.path)
		}
	}
}

// TestForbidden holds what no code of ours may do.
func TestForbidden(t *testing.T) {
	reasons := map[string]string{
		"unsafe": "memory safety is the promise", "C": "one static binary", "plugin": "nothing is loaded",
		"net": "no network", "net/http": "no network", "crypto/tls": "no network", "net/rpc": "no network",
		"encoding/gob": "not hardened against hostile input", "log": "results and messages have their own ways out",
		"math/rand": "same input, same output", "os/user": "no report depends on the user",
	}
	for _, s := range sources(t) {
		for _, p := range s.imports() {
			if why, ok := reasons[p]; ok && !s.test() {
				t.Errorf("%s imports %s: %s", s.name, p, why)
			}
			if p == "os/exec" && s.pkg != "internal/gitindex" && !s.test() {
				t.Errorf("%s imports os/exec: only internal/gitindex runs a program", s.name)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if s.test() {
				return false
			}
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.Name == "init" {
					t.Errorf("%s: an init function hides order; write a list", s.place(n))
				}
			case *ast.SelectorExpr:
				x, ok := n.X.(*ast.Ident)
				if ok && x.Name == "os" && n.Sel.Name == "Exit" && path.Base(s.name) != "main.go" {
					t.Errorf("%s: os.Exit stands in the two main.go only", s.place(n))
				}
			}
			return true
		})
	}
}

// TestFileLength keeps files short enough to read.
func TestFileLength(t *testing.T) {
	for _, s := range sources(t) {
		limit := 300
		if s.test() {
			limit = 400
		}
		if lines := bytes.Count(s.text, []byte("\n")); lines > limit && !ast.IsGenerated(s.file) {
			t.Errorf("%s has %d lines, more than %d", s.name, lines, limit)
		}
	}
}
