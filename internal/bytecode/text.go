package bytecode

import (
	"fmt"
	"strings"

	"github.com/modelaudit/action/internal/marshal"
)

// maxText is how long a text grows before it is cut with "...".
const maxText = 16 << 10

// Text says in Python what the function does: one expression for a lambda, else a
// definition; the list of instructions where it was not followed, with the functions
// inside. It is at most some 16 KiB long.
func (f *Function) Text() string {
	w := &writer{written: map[*Function]bool{}}
	w.function(f, 0)
	return w.String()
}

// writer collects text up to maxText.
type writer struct {
	strings.Builder
	full    bool
	written map[*Function]bool
}

func (w *writer) add(parts ...string) {
	for _, s := range parts {
		if w.full {
			return
		}
		if w.Len()+len(s) > maxText {
			w.full = true
			w.WriteString("...")
			return
		}
		w.WriteString(s)
	}
}

// function writes a function, and behind it those inside that stand nowhere in its text.
func (w *writer) function(f *Function, depth int) {
	if w.inline(f, nil, lowest) {
		w.inner(f, depth)
		return
	}
	w.definition(f, nil, depth)
}

// inline writes a lambda of one expression.
func (w *writer) inline(f *Function, defaults []*Expr, place int) bool {
	value, ok := returned(f.Body)
	if !ok || f.Code.Name != "<lambda>" {
		return false
	}
	w.mark(f)
	w.add("lambda")
	if list := f.parameters(defaults); list != "" {
		w.add(" ", list)
	}
	w.add(": ")
	w.expr(value, place)
	return true
}

func (w *writer) definition(f *Function, defaults []*Expr, depth int) {
	w.mark(f)
	w.add("def ", f.Code.Name, "(", f.parameters(defaults), "):")
	if f.Body == nil {
		w.add("\n", indent(depth+1), "# not followed: ", f.Unfollowed)
		w.listing(f, depth+1)
	}
	w.body(f.Body, depth+1)
	w.inner(f, depth+1)
}

func (w *writer) inner(f *Function, depth int) {
	for _, inner := range f.Inner {
		if !w.written[inner] {
			w.add("\n", indent(depth))
			w.definition(inner, nil, depth)
		}
	}
}

func (w *writer) mark(f *Function) {
	if w.written != nil {
		w.written[f] = true
	}
}

func indent(depth int) string { return strings.Repeat("    ", min(depth, 20)) }

// parameters writes the arguments, with the defaults of a call that made it.
func (f *Function) parameters(defaults []*Expr) string {
	c := f.Code
	var list []string
	names := c.Arguments()
	first := c.Args - len(defaults)
	for i, name := range names {
		star := i >= c.Args+c.KeywordOnly
		switch {
		case star && i == c.Args+c.KeywordOnly && c.Flags&marshal.FlagVarArgs != 0:
			continue // written where it belongs
		case star:
			name = "**" + name
		case i == c.Args && c.KeywordOnly > 0:
			list = append(list, f.starred())
		}
		if d := i - first; i < c.Args && d >= 0 && d < len(defaults) {
			w := &writer{}
			w.expr(defaults[d], lowest)
			name += "=" + w.String()
		}
		list = append(list, name)
		if i == c.PositionalOnly-1 {
			list = append(list, "/")
		}
	}
	if at := c.Args + c.KeywordOnly; c.Flags&marshal.FlagVarArgs != 0 && c.KeywordOnly == 0 && at < len(names) {
		list = append(list, "")
		place := len(list) - 1
		if c.Flags&marshal.FlagVarKeywords != 0 && place > 0 {
			list[place] = list[place-1]
			place--
		}
		list[place] = "*" + names[at]
	}
	return strings.Join(list, ", ")
}

// starred is what stands before keyword-only arguments.
func (f *Function) starred() string {
	names := f.Code.Arguments()
	if at := f.Code.Args + f.Code.KeywordOnly; f.Code.Flags&marshal.FlagVarArgs != 0 && at < len(names) {
		return "*" + names[at]
	}
	return "*"
}

func (w *writer) body(body []Stmt, depth int) {
	for i := range body {
		if w.full {
			return
		}
		w.add("\n", indent(depth))
		w.statement(&body[i], depth)
	}
}

func (w *writer) statement(s *Stmt, depth int) {
	switch s.Kind {
	case Assign:
		w.assignment(s, depth)
	case Do:
		w.expr(s.Value, lowest)
	case Return:
		w.add("return ")
		w.expr(s.Value, lowest)
	case Raise:
		w.add("raise")
		for i, e := range []*Expr{s.Value, s.Cause} {
			if e != nil {
				w.add([]string{" ", " from "}[i])
				w.expr(e, lowest)
			}
		}
	case Delete:
		w.add("del ")
		w.expr(s.Target, lowest)
	case If:
		w.add("if ")
		w.expr(s.Value, lowest)
		w.add(":")
		w.body(s.Then, depth+1)
		w.add("\n", indent(depth), "else:")
		w.body(s.Else, depth+1)
	}
}

// assignment writes imports and augmented assignments as what they are.
func (w *writer) assignment(s *Stmt, depth int) {
	target := s.Target
	switch v := s.Value; {
	case v.Kind == Import:
		w.add("import ", v.Name)
		if target.Name != v.Name {
			w.add(" as ", target.Name)
		}
	case v.Kind == Attribute && v.Args[0].Kind == Import && len(v.Args[0].Keys) > 0 && target.Name != "":
		w.add("from ", v.Args[0].Name, " import ", v.Name)
		if target.Name != v.Name {
			w.add(" as ", target.Name)
		}
	case v.Kind == InPlace && same(v.Args[0], target):
		w.expr(target, lowest)
		w.add(" ", v.Name, "= ")
		w.expr(v.Args[1], lowest)
	case v.Kind == Lambda && target.Name == v.Function.Code.Name && v.Function.Code.Name != "<lambda>":
		w.definition(v.Function, v.defaults(), depth)
	case target.Kind == TupleOf:
		w.list("", target.Args, map[bool]string{true: ", = ", false: " = "}[len(target.Args) == 1])
		w.expr(v, lowest)
	default:
		if target.Kind == Global {
			w.add("global ", target.Name, "; ")
		}
		w.expr(target, lowest)
		w.add(" = ")
		w.expr(v, lowest)
	}
}

// Listing is the function's instructions, one a line: offset, name, argument and
// what the argument means.
func (f *Function) Listing() string {
	w := &writer{}
	w.listing(f, 0)
	return strings.TrimPrefix(w.String(), "\n")
}

func (w *writer) listing(f *Function, depth int) {
	for _, in := range f.Instructions {
		if w.full {
			return
		}
		w.add("\n", indent(depth), fmt.Sprintf("%4d %s", in.Offset, in.Name))
		if meaning := f.meaning(in); meaning != "" {
			w.add(" ", meaning)
		} else if in.Arg != 0 {
			w.add(fmt.Sprintf(" %d", in.Arg))
		}
	}
}

// meaning is what an instruction's argument stands for, "" if it is a number.
func (f *Function) meaning(in Instruction) string {
	arg, name := in.Arg, in.Name
	switch {
	case in.Target >= 0:
		return fmt.Sprintf("to %d", in.Target)
	case name == "LOAD_CONST" || name == "RETURN_CONST" || name == "KW_NAMES":
		if arg < len(f.Code.Consts) {
			return constant(f.Code.Consts[arg])
		}
	case name == "LOAD_GLOBAL" && f.Version >= 11, name == "LOAD_ATTR" && f.Version >= 12:
		arg >>= 1
		fallthrough
	case named(name):
		if arg < len(f.Code.Names) {
			return f.Code.Names[arg]
		}
	case numbered(name):
		if _, variable, ok := variable(f.Code, name, arg); ok {
			return variable
		}
	case name == "BINARY_OP" && arg < 2*len(binaryOperators):
		return binaryOperators[arg%len(binaryOperators)]
	}
	return ""
}

// named reports an instruction whose argument is the number of a name.
func named(name string) bool {
	switch name {
	case "LOAD_NAME", "LOAD_GLOBAL", "LOAD_ATTR", "LOAD_METHOD", "STORE_NAME", "STORE_GLOBAL", "STORE_ATTR",
		"DELETE_NAME", "DELETE_GLOBAL", "DELETE_ATTR", "IMPORT_NAME", "IMPORT_FROM":
		return true
	}
	return false
}

// numbered reports an instruction whose argument is the number of a variable.
func numbered(name string) bool {
	switch name {
	case "LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW", "LOAD_FAST_AND_CLEAR", "STORE_FAST", "DELETE_FAST",
		"LOAD_DEREF", "STORE_DEREF", "DELETE_DEREF", "LOAD_CLOSURE", "MAKE_CELL":
		return true
	}
	return false
}
