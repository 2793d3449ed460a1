package decompile

import (
	"fmt"
	"strings"

	"github.com/modelaudit/action/internal/rules"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// Limits of the result unless all of it is written.
const (
	resultLines = 24
	resultWidth = 150
	allDepth    = 200 // nesting that is followed when all of it is written
)

// result writes the object that a trace makes.
func (p *printer) result(tr *sym.Trace) {
	switch {
	case tr.Root == nil && tr.Failure == nil:
		fmt.Fprintf(p.out, "  result = plain values, made by %d opcodes\n", tr.Ops)
	case tr.Root == nil:
		p.out.WriteString("  # there is no result\n")
	default:
		p.out.WriteString("  result = ")
		p.tree(tr.Root, "  ", 0)
		p.out.WriteByte('\n')
	}
}

// tree writes a value: on one line if it fits, else one element a line.
func (p *printer) tree(n *sym.Node, indent string, depth int) {
	l := line{left: resultWidth}
	p.put(&l, n, min(2*depth, 2))
	short := l.String()
	items, pairs, state := p.inside(n)
	whole := !strings.Contains(short, "...")
	switch {
	case len(items)+len(pairs) == 0 || whole && (p.opt.All || len(short) < resultWidth) || depth > 0 && !p.opt.All || depth > allDepth:
		p.out.WriteString(short)
		return
	case p.seen[n]:
		fmt.Fprintf(p.out, "%s  # the same as above, from %#x", short, n.Pos)
		return
	}
	p.seen[n] = true
	begin, end := brackets(n)
	if n.Kind == sym.Object && n.Call() != nil {
		begin = p.call(n.Call(), resultWidth) + " with " + begin
	}
	p.out.WriteString(begin + "\n")
	inner := indent + "  "
	for i := range len(pairs) + len(items) {
		if i >= resultLines && !p.opt.All {
			fmt.Fprintf(p.out, "%s...%d more\n", inner, len(pairs)+len(items)-i)
			break
		}
		p.out.WriteString(inner)
		if i < len(pairs) {
			p.out.WriteString(p.value(pairs[i].Key, 80) + ": ")
			p.tree(pairs[i].Value, inner, depth+1)
		} else {
			p.tree(items[i-len(pairs)], inner, depth+1)
		}
		p.out.WriteString(",\n")
	}
	p.out.WriteString(indent + end)
	if state != nil {
		p.out.WriteString(" with " + p.value(state, resultWidth))
	}
}

// inside is what a node holds, and its last state where that is not shown as its
// pairs. What is written as one call, or has a name already, shows nothing.
func (p *printer) inside(n *sym.Node) (items []*sym.Node, pairs []sym.Pair, state *sym.Node) {
	items, pairs = n.Items(), n.Pairs()
	if s := n.States(); len(s) > 0 {
		state = s[len(s)-1].Frozen
	}
	if state != nil && len(items)+len(pairs) == 0 && state.Kind == sym.Dict {
		pairs, state = state.Pairs(), nil // an object of a class: its attributes
	}
	if _, folded := p.folded(n); folded || p.names[n] > 0 {
		items, pairs = nil, nil
	}
	return items, pairs, state
}

func brackets(n *sym.Node) (string, string) {
	switch {
	case n.Kind == sym.Tuple:
		return "(", ")"
	case n.Kind == sym.FrozenSet:
		return "frozenset([", "])"
	case n.Kind == sym.List || n.Kind == sym.Object && len(n.Items()) > 0:
		return "[", "]"
	}
	return "{", "}"
}

// Limits of the carried code that is shown.
const (
	maxCargos     = 50   // calls
	allCargos     = 1000 // when all is written
	snippetLines  = 12
	snippetWidth  = 160
	shortEnough   = 120 // a text of one line and so many bytes was shown with the call
	maxSnippetLen = 4 << 10
)

// cargo writes the code that a call is given, where the call's line does not
// show it.
func (p *printer) cargo(call *sym.Call) {
	if p.cargos++; p.cargos > maxCargos && !p.opt.All || p.cargos > allCargos {
		return
	}
	c := rules.CargoOf(p.opt.Data, call)
	if len(c.Patterns)+len(c.Calls) == 0 {
		return
	}
	var short []string
	for _, s := range c.Snippets {
		if s.How == "" && !strings.Contains(s.Text, "\n") && len(s.Text) <= shortEnough {
			short = append(short, plain(s.Text))
			continue
		}
		how := s.How
		if how == "" {
			how = "text"
		}
		fmt.Fprintf(p.out, "    # %s:\n", plain(how))
		n := 0
		for text := range strings.Lines(s.Text[:min(len(s.Text), maxSnippetLen)]) {
			if n++; n > snippetLines {
				p.out.WriteString("    # | ...\n")
				break
			}
			text = strings.TrimRight(text, "\n")
			fmt.Fprintf(p.out, "    # | %s", plain(text[:min(len(text), snippetWidth)]))
			if len(text) > snippetWidth {
				p.out.WriteString("...")
			}
			p.out.WriteByte('\n')
		}
	}
	if len(call.Args) > maxItems && len(short) > 0 {
		fmt.Fprintf(p.out, "    # names and texts: %s\n", strings.Join(short, ", "))
	}
	for _, text := range c.Calls {
		fmt.Fprintf(p.out, "    # the pickle among the arguments calls %s\n", plain(text))
	}
}
