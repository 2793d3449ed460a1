package decompile

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// Limits of one line.
const (
	lineWidth = 400 // characters of the values of one step
	maxItems  = 6   // elements of one list or tuple
	maxPairs  = 4   // items of one mapping
	maxNested = 4   // values in values
	maxText   = 200 // bytes of one text
	maxBytes  = 24  // bytes of one bytes value
)

// A line is the text of one line, cut where it is long enough.
type line struct {
	b    strings.Builder
	left int
}

func (l *line) add(s string) {
	if l.left <= 0 {
		return
	}
	l.left -= len(s)
	l.b.WriteString(s)
	if l.left <= 0 {
		l.b.WriteString("...")
	}
}

func (l *line) String() string { return l.b.String() }

// value describes a value within a width.
func (p *printer) value(n *sym.Node, width int) string {
	l := line{left: width}
	p.put(&l, n, 0)
	return l.String()
}

// inner is value for what stands inside of another one: a stream can nest them as
// deep as it is long.
func (p *printer) inner(n *sym.Node, width int) string {
	if p.depth == maxNested {
		return "..."
	}
	p.depth++
	defer func() { p.depth-- }()
	return p.value(n, width)
}

func (p *printer) put(l *line, n *sym.Node, depth int) {
	if id := p.names[n]; id > 0 {
		l.add("v" + strconv.Itoa(id))
		return
	}
	switch n.Kind {
	case sym.String, sym.Bytes, sym.ByteArray:
		l.add(p.text(n, min(maxText, max(l.left, 16))))
	case sym.Tuple, sym.List, sym.Set, sym.FrozenSet:
		p.container(l, n, depth)
	case sym.Dict:
		l.add("{")
		p.pairs(l, n.Pairs(), depth)
		l.add("}")
	case sym.Global:
		l.add(global(n))
	case sym.Object:
		p.object(l, n, depth)
	case sym.Persistent:
		l.add(p.persistent(n))
	case sym.Extension:
		l.add(fmt.Sprintf("extension(%d)", n.Int))
	case sym.Buffer:
		l.add("next_buffer()")
	default:
		l.add(scalar(n))
	}
}

func scalar(n *sym.Node) string {
	switch n.Kind {
	case sym.Bool:
		if n.Int != 0 {
			return "True"
		}
		return "False"
	case sym.Int:
		if b := n.Big(); b != nil && b.BitLen() > 128 {
			return fmt.Sprintf("int(of %d bits)", b.BitLen())
		} else if b != nil {
			return b.String()
		}
		return strconv.FormatInt(n.Int, 10)
	case sym.Float:
		if math.IsInf(n.Float(), 0) || math.IsNaN(n.Float()) {
			return `float("` + strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(n.Float(), 'g', -1, 64), "+")) + `")`
		}
		text := strconv.FormatFloat(n.Float(), 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return text
	}
	return "None"
}

func (p *printer) container(l *line, n *sym.Node, depth int) {
	begin, end := "(", ")"
	switch n.Kind {
	case sym.List:
		begin, end = "[", "]"
	case sym.Set:
		begin, end = "{", "}"
		if len(n.Items()) == 0 {
			begin, end = "set(", ")"
		}
	case sym.FrozenSet:
		begin, end = "frozenset([", "])"
	}
	if n.Kind == sym.Tuple && len(n.Items()) == 1 {
		end = ",)"
	}
	l.add(begin)
	p.items(l, n.Items(), depth)
	l.add(end)
}

func (p *printer) items(l *line, items []*sym.Node, depth int) {
	if depth >= maxNested && len(items) > 0 {
		l.add(fmt.Sprintf("...%d", len(items)))
		return
	}
	for i, v := range items {
		if i > 0 {
			l.add(", ")
		}
		if most := max(maxItems-2*depth, 3); i == most && len(items) > most+1 || l.left <= 0 {
			l.add(fmt.Sprintf("...%d more", len(items)-i))
			return
		}
		p.put(l, v, depth+1)
	}
}

func (p *printer) pairs(l *line, pairs []sym.Pair, depth int) {
	if depth >= maxNested && len(pairs) > 0 {
		l.add(fmt.Sprintf("...%d", len(pairs)))
		return
	}
	for i, pair := range pairs {
		if i > 0 {
			l.add(", ")
		}
		if most := max(maxPairs-depth, 2); i == most && len(pairs) > most+1 || l.left <= 0 {
			l.add(fmt.Sprintf("...%d more", len(pairs)-i))
			return
		}
		p.put(l, pair.Key, depth+1)
		l.add(": ")
		p.put(l, pair.Value, depth+1)
	}
}

// object describes a value that a call made, with what was put into it.
func (p *printer) object(l *line, n *sym.Node, depth int) {
	if text, ok := p.folded(n); ok {
		l.add(text)
		return
	}
	call := n.Call()
	if call == nil {
		l.add("import_by_name(...)")
		return
	}
	if depth >= maxNested {
		l.add(p.function(call) + "(...)")
		return
	}
	l.add(p.function(call) + "(")
	p.arguments(l, call, depth)
	if len(n.Pairs()) > 0 {
		if len(call.Args) > 0 {
			l.add(", ")
		}
		l.add("{")
		p.pairs(l, n.Pairs(), depth+1)
		l.add("}")
	}
	if len(n.Items()) > 0 {
		if len(call.Args) > 0 {
			l.add(", ")
		}
		l.add("[")
		p.items(l, n.Items(), depth+1)
		l.add("]")
	}
	l.add(")")
	if s := n.States(); len(s) > 0 {
		l.add(" with ")
		p.put(l, s[len(s)-1].Frozen, depth+1)
	}
}

// call words a call within a width.
func (p *printer) call(call *sym.Call, width int) string {
	l := line{left: width}
	l.add(p.function(call) + "(")
	p.arguments(&l, call, 0)
	return l.String() + ")"
}

func (p *printer) arguments(l *line, call *sym.Call, depth int) {
	if !call.Known {
		l.add("*")
	}
	p.items(l, call.Args, depth)
	if call.Kwargs != nil && len(call.Kwargs.Pairs()) > 0 {
		l.add(", **")
		p.put(l, call.Kwargs, depth+1)
	}
}

// function names what is called. NEWOBJ calls __new__ alone.
func (p *printer) function(call *sym.Call) string {
	name := p.inner(call.Func, 80)
	if call.Op == pickle.OpNewObj || call.Op == pickle.OpNewObjEx {
		return name + ".__new__"
	}
	return name
}

// global is the name of a global as Python writes it, quoted where it is no
// dotted name.
func global(n *sym.Node) string {
	module, name := n.Module(), n.Name()
	text := module + "." + name
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") != "" || len(text) > maxText || module == "" || name == "" {
		return "global(" + quote(module, maxText) + ", " + quote(name, maxText) + ")"
	}
	return text
}

// text describes a text or bytes, reading long ones from the file.
func (p *printer) text(n *sym.Node, limit int) string {
	text, size := n.Text, int64(len(n.Text))
	if n.Kind != sym.String {
		limit = min(limit, maxBytes)
	}
	if n.Lazy {
		text, size = sym.Beginning(p.opt.Data, n, int64(limit)), n.Data().Len // what is missing is not shown
	}
	shown := quote(text, limit)
	switch n.Kind {
	case sym.Bytes:
		shown = "b" + shown
	case sym.ByteArray:
		shown = "bytearray(b" + shown + ")"
	}
	if size > int64(min(len(text), limit)) {
		shown += fmt.Sprintf("...(%d bytes)", size)
	}
	return shown
}

// quote writes at most limit bytes of a text as a literal in printable ASCII.
// CI runners take "##" for a command of theirs.
func quote(s string, limit int) string {
	return strings.ReplaceAll(strconv.QuoteToASCII(s[:min(len(s), max(limit, 0))]), "##", `#\x23`)
}

// Plain returns at most 1,000 bytes of a text, without anything that a terminal
// would act on.
func Plain(s string) string { return plain(s) }

// plain is a text without anything that a terminal would act on.
func plain(s string) string {
	q := quote(s, 1000)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}
