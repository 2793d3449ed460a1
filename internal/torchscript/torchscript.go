// Package torchscript reads the sources in a TorchScript archive as a list of
// names: which operators they use, which classes and functions they define. It
// parses no expression and no statement, so that nothing in a source can hide a
// name from it.
//
// Sources of the facts: torch/csrc/jit/frontend/lexer.h and
// torch/csrc/jit/serialization/import_source.cpp for what a name means,
// torch/csrc/jit/serialization/python_print.cpp for what is written.
//
// # Security
//
// A source is hostile. Reading it is linear in its length, takes no memory
// beyond it and the names that it defines, and never fails: what is no
// TorchScript is a list of names too.
package torchscript

import "strings"

// A Kind says what a reference is.
type Kind uint8

// The kinds of reference.
const (
	Operator    Kind = iota // torch.NAME or ops.NAMESPACE.NAME, as "namespace::name"
	Member                  // an attribute of a value, by NAME; "" if it is spelled in another way
	Method                  // a call of an attribute of a value, by NAME
	Call                    // a call of a value that no name stands for
	NativeClass             // a class of torch.classes, with its whole dotted name
	PythonOp                // ^NAME, a function of Python
	Namespace               // torch, ops or a namespace of it as a value: an alias
)

// A Reference is one use of a name, at the bytes [Start, End) of its source.
type Reference struct {
	Kind       Kind
	Name       string
	Start, End int64
}

// Definitions are the names that the sources of an archive define.
type Definitions struct {
	Classes map[string]bool // with their whole dotted names, "__torch__.a.Net"
	Defs    map[string]bool // functions and methods, by their last names
	// Members has the classes by their whole dotted names.
	Members map[string]*Class
}

// A Class is what a source says of the tensors of a class.
type Class struct {
	Module bool // it is a module, which other modules may have as a part
	// Parameters and Buffers are the names of its attributes that are such
	// (torch/csrc/jit/serialization/python_print.cpp, __parameters__, __buffers__).
	Parameters, Buffers []string
	// Odd says that they are spelled in a way that torch does not write.
	Odd bool
}

// Module is the dotted name of the module whose source has that name below the
// archive's root, "code/__torch__/a.py"; "" for a file that is no source.
func Module(record string) string {
	inner, ok := strings.CutPrefix(record, "code/")
	if !ok || !strings.HasSuffix(inner, ".py") {
		return ""
	}
	return strings.ReplaceAll(strings.TrimSuffix(inner, ".py"), "/", ".")
}

// Define adds what a source defines.
func (d *Definitions) Define(module string, src []byte) {
	if d.Classes == nil {
		d.Classes, d.Defs, d.Members = map[string]bool{}, map[string]bool{}, map[string]*Class{}
	}
	l := lexer{src: src}
	var class *Class
	for t := l.next(); t.kind != end; {
		is := l.text(t)
		next := l.next()
		switch {
		case t.kind != word:
		case is == "class" && next.kind == word:
			class = &Class{}
			name := module + "." + l.text(next)
			d.Classes[name], d.Members[name] = true, class
			if next = l.next(); l.text(next) == "(" {
				base := l.next()
				class.Module = l.text(base) == "Module"
				next = base
			}
		case is == "def" && next.kind == word:
			d.Defs[l.text(next)] = true
		case is == "__parameters__" && class != nil && l.text(next) == "=":
			next = l.names(class, &class.Parameters)
		case is == "__buffers__" && class != nil && l.text(next) == "=":
			next = l.names(class, &class.Buffers)
		}
		t = next
	}
}

// names reads a list of texts, and returns the token behind it.
func (l *lexer) names(c *Class, into *[]string) token {
	if c.Odd = c.Odd || *into != nil; c.Odd || l.text(l.next()) != "[" {
		c.Odd = true
		return l.next()
	}
	*into = []string{}
	for {
		t := l.next()
		switch is := l.text(t); {
		case t.kind == text && len(is) > 2 && !strings.Contains(is, "\\"):
			*into = append(*into, is[1:len(is)-1])
		case is == "]":
			return l.next()
		case is != ",":
			c.Odd = true
			return t
		}
	}
}

// Walk calls visit for every reference in a source, in order.
func Walk(src []byte, visit func(Reference)) {
	w := walker{lexer: lexer{src: src}, visit: visit}
	w.ahead = w.lexer.next()
	for w.advance(); w.now.kind != end; w.advance() {
		w.token()
	}
}

// A walker knows a token's neighbours.
type walker struct {
	lexer              lexer
	before, now, ahead token
	depth              int   // of brackets
	getattrs           []int // the depths of the arguments of open calls of getattr
	visit              func(Reference)
}

func (w *walker) advance() {
	w.before, w.now = w.now, w.ahead
	w.ahead = w.lexer.next()
}

// is reports whether a token is that one character.
func (w *walker) is(t token, c byte) bool { return t.kind == sign && w.lexer.src[t.start] == c }

func (w *walker) text() string { return w.lexer.text(w.now) }

func (w *walker) refer(k Kind, name string, start int) {
	w.visit(Reference{Kind: k, Name: name, Start: int64(start), End: int64(w.now.end)})
}

func (w *walker) token() {
	w.brackets()
	switch {
	case w.now.kind == text && len(w.getattrs) > 0 && w.getattrs[len(w.getattrs)-1] == w.depth:
		name := strings.Trim(w.text(), `'"`)
		if w.before.kind == text || strings.Contains(name, `\`) {
			name = "" // put together, or spelled otherwise
		}
		w.refer(Member, name, w.now.start)
	case w.is(w.now, '(') && (w.is(w.before, ')') || w.is(w.before, ']') || w.before.kind == text):
		w.refer(Call, "", w.before.start)
	case w.now.kind != word:
	case w.is(w.before, '^'):
		w.refer(PythonOp, w.text(), w.now.start)
	case w.is(w.before, '.'):
		kind := Member
		if w.is(w.ahead, '(') {
			kind = Method
		}
		w.refer(kind, w.text(), w.now.start)
	default:
		w.head()
	}
}

func (w *walker) brackets() {
	switch {
	case w.is(w.now, '('), w.is(w.now, '['), w.is(w.now, '{'):
		w.depth++
	case w.is(w.now, ')'), w.is(w.now, ']'), w.is(w.now, '}'):
		w.depth--
		for len(w.getattrs) > 0 && w.getattrs[len(w.getattrs)-1] > w.depth {
			w.getattrs = w.getattrs[:len(w.getattrs)-1]
		}
	}
}

// head handles the first word of a dotted name.
func (w *walker) head() {
	start, name := w.now.start, w.text()
	switch {
	case name == "torch":
		if !w.dotted() {
			w.refer(Namespace, name, start)
			return
		}
		for w.text() == "autograd" && w.is(w.ahead, '.') && w.dotted() {
		}
		w.refer(Operator, "aten::"+w.text(), start)
	case name == "ops":
		if !w.dotted() {
			w.refer(Namespace, name, start)
			return
		}
		space := w.text()
		if !w.dotted() {
			w.refer(Namespace, name+"."+space, start)
			return
		}
		w.refer(Operator, space+"::"+w.text(), start)
	case name == "__torch__":
		w.chain(start)
	case name == "getattr" && w.is(w.ahead, '('):
		w.getattrs = append(w.getattrs, w.depth+1)
	}
}

// dotted goes on to the next part of a dotted name, if there is one.
func (w *walker) dotted() bool {
	if !w.is(w.ahead, '.') {
		return false
	}
	mark := *w
	w.advance()
	if w.ahead.kind != word {
		*w = mark
		return false
	}
	w.advance()
	return true
}

// chain reads a name of the archive's own, or of a class that a library
// registers.
func (w *walker) chain(start int) {
	parts := []string{w.text()}
	for len(parts) < 64 && w.dotted() {
		parts = append(parts, w.text())
	}
	if len(parts) >= 5 && parts[1] == "torch" && parts[2] == "classes" {
		w.refer(NativeClass, strings.Join(parts[:5], "."), start)
		parts = parts[3:]
	}
	// What ends in a call may be a method of the value before it.
	if len(parts) > 2 && w.is(w.ahead, '(') {
		w.refer(Member, parts[len(parts)-1], w.now.start)
	}
}
