package rules

import (
	"fmt"
	"strconv"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// spelled is a global's resolved name, with the file's own spelling if that differs.
func spelled(g *sym.Node) string {
	if g.Kind != sym.Global {
		return clip(calledName(g))
	}
	if raw := g.Raw(); raw != g.FullName() {
		return clip(g.FullName()) + " (written " + clip(raw) + ")"
	}
	return clip(g.FullName())
}

// calledName is the name of a callable that the file shows.
func calledName(fn *sym.Node) string {
	if module, name := nameOf(sourced(fn)); name != "" {
		return module + "." + name
	}
	return ""
}

// madeByName is the name of the class or function that made n, or "".
func madeByName(n *sym.Node) string {
	switch {
	case n.Kind == sym.Global:
		return n.FullName()
	case n.Kind == sym.Object && n.Call() != nil:
		return calledName(n.Call().Func)
	}
	return ""
}

// argumentText shows a call's arguments in short: enough to see what would run.
func argumentText(call *sym.Call) string {
	if !call.Known {
		return " with arguments that the file does not show"
	}
	if len(call.Args) == 0 {
		return "()"
	}
	parts := make([]string, 0, 4)
	for i, a := range call.Args {
		if i == 4 {
			parts = append(parts, "...")
			break
		}
		parts = append(parts, describe(a))
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// describe names a value in a few words, never walking deeper than one level.
func describe(n *sym.Node) string {
	switch n.Kind {
	case sym.None:
		return "None"
	case sym.Bool:
		return strconv.FormatBool(n.Int != 0)
	case sym.Int:
		if b := n.Big(); b != nil {
			return fmt.Sprintf("an int of %d bits", b.BitLen())
		}
		return strconv.FormatInt(n.Int, 10)
	case sym.Float:
		return strconv.FormatFloat(n.Float(), 'g', -1, 64)
	case sym.String:
		if n.Lazy {
			return fmt.Sprintf("a text of %d bytes", n.Data().Len)
		}
		return strconv.Quote(clip(n.Text))
	case sym.Bytes, sym.ByteArray:
		if n.Lazy {
			return fmt.Sprintf("%d bytes", n.Data().Len)
		}
		return fmt.Sprintf("%d bytes", len(n.Text))
	case sym.Tuple, sym.List, sym.Set, sym.FrozenSet:
		return fmt.Sprintf("a %s of %d", n.Kind, len(n.Items()))
	case sym.Dict:
		return fmt.Sprintf("a dict of %d", len(n.Pairs()))
	case sym.Global:
		return clip(n.FullName())
	case sym.Object:
		if name := madeByName(n); name != "" {
			return "the result of " + clip(name)
		}
		return "a computed object"
	}
	switch n.Kind {
	case sym.Persistent:
		return "what the loading program returns for a persistent id"
	case sym.Extension:
		return fmt.Sprintf("what the loading process has registered as extension %d", n.Int)
	case sym.Buffer:
		return "a buffer outside the file"
	}
	return "a " + n.Kind.String()
}

// clip shortens text that a file chose.
func clip(s string) string {
	const most = 120
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
