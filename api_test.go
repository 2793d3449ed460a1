package modelaudit_test

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// TestPackageDocs wants exactly one package comment for each package, in the
// form that go doc shows.
func TestPackageDocs(t *testing.T) {
	docs := map[string][]string{}
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		docs[s.pkg] = append(docs[s.pkg], "")
		if s.file.Doc == nil {
			continue
		}
		docs[s.pkg][len(docs[s.pkg])-1] = s.name
		want := "Package " + s.file.Name.Name + " "
		if s.file.Name.Name == "main" {
			want = "Command " + s.pkg[strings.LastIndex(s.pkg, "/")+1:] + " "
		}
		if !strings.HasPrefix(s.file.Doc.Text(), want) {
			t.Errorf("%s: the package comment does not begin with %q", s.name, want)
		}
	}
	for pkg, list := range docs {
		list = slices.DeleteFunc(list, func(name string) bool { return name == "" })
		if len(list) != 1 {
			t.Errorf("%s has %d package comments, expected 1: %s", pkg, len(list), strings.Join(list, ", "))
		}
	}
}

// notParsers are packages that take bytes and do not decide what they mean.
var notParsers = map[string]string{
	"internal/safeio":   "copies ranges; the property tests of its users cover it",
	"internal/pipeline": "hands readers on",
	"cmd/internal/door": "hands arguments and policies on",
}

// TestSecuritySections wants a "# Security" section and a fuzz target of every
// package that is handed bytes from outside.
func TestSecuritySections(t *testing.T) {
	parses, section, fuzzed := map[string]string{}, map[string]bool{}, map[string]bool{}
	for _, s := range sources(t) {
		if s.file.Doc != nil && strings.Contains(s.file.Doc.Text(), "# Security\n") {
			section[s.pkg] = true
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			switch {
			case !ok:
			case s.test():
				fuzzed[s.pkg] = fuzzed[s.pkg] || strings.HasPrefix(f.Name.Name, "Fuzz")
			case f.Name.IsExported() && f.Recv == nil && takesBytes(f):
				parses[s.pkg] = f.Name.Name
			}
		}
	}
	for pkg := range notParsers {
		if _, ok := parses[pkg]; !ok {
			t.Errorf("%s is listed as no parser and takes no bytes", pkg)
		}
		delete(parses, pkg)
	}
	if len(parses) < 8 {
		t.Errorf("only %d packages that parse were found", len(parses))
	}
	for pkg, function := range parses {
		if !section[pkg] {
			t.Errorf("%s parses bytes (%s): its package comment needs a # Security section", pkg, function)
		}
		if !fuzzed[pkg] {
			t.Errorf("%s parses bytes (%s): it needs a fuzz target", pkg, function)
		}
	}
}

// takesBytes reports whether a parameter is bytes or a reader of them.
func takesBytes(f *ast.FuncDecl) bool {
	return slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool {
		switch typ := p.Type.(type) {
		case *ast.SelectorExpr:
			return typ.Sel.Name == "ReaderAt"
		case *ast.ArrayType:
			elem, ok := typ.Elt.(*ast.Ident)
			return ok && typ.Len == nil && elem.Name == "byte"
		}
		return false
	})
}

// TestExportedNames wants a comment on every exported name.
func TestExportedNames(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && !wellKnown(d) && exportedReceiver(d) {
					t.Errorf("%s: %s has no comment", s.place(d), d.Name.Name)
				}
			case *ast.GenDecl:
				undocumented(t, s, d)
			}
		}
	}
}

func undocumented(t *testing.T, s source, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() && d.Doc == nil && spec.Doc == nil {
				t.Errorf("%s: %s has no comment", s.place(spec), spec.Name.Name)
			}
		case *ast.ValueSpec:
			for _, n := range spec.Names {
				if n.IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
					t.Errorf("%s: %s has no comment", s.place(spec), n.Name)
				}
			}
		}
	}
}

// wellKnown reports whether a method is one whose meaning an interface of the
// standard library gives.
func wellKnown(f *ast.FuncDecl) bool {
	return f.Recv != nil && slices.Contains([]string{"Error", "String", "Unwrap", "Read", "ReadAt", "Write", "Close"}, f.Name.Name)
}

func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	typ := f.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	name, ok := typ.(*ast.Ident)
	return !ok || name.IsExported()
}
