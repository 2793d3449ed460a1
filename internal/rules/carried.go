package rules

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// A Cargo is what a call is given that reads as code: texts, bytes that unpack
// to texts, compiled code, pickles.
type Cargo struct {
	Patterns []Pattern
	Snippets []Snippet
	// Calls lists what pickles among the bytes would call, `os.system("true")`.
	Calls []string
}

// A Snippet is a piece of carried code, as it was found.
type Snippet struct {
	How  string // "" for a plain text, else what it is hidden in: "base64", "compiled code"
	Text string // at most 4 KiB of it
}

// Limits of what is looked at for one call, and for all calls of a stream.
const (
	maxCargoNodes   = 256
	maxCargoText    = 256 << 10
	maxSnippet      = 4 << 10
	maxSnippets     = 24
	maxStreamNodes  = 1 << 20
	maxStreamCargo  = 8 << 20
	maxWraps        = 3 // base64 in zlib in base64
	maxNestedOps    = 100_000
	maxNestedMemory = 4 << 20
)

// A hold reads the cargo of the calls of one stream, within a budget for all of
// them: the same long text can be given to each of a million calls.
type hold struct {
	data        io.ReaderAt // the bytes of the stream; nil leaves long texts out
	nodes, left int
}

// newHold makes the budget for a stream of so many bytes: a file can have many
// streams, and each may give one text to many calls.
func newHold(data io.ReaderAt, size int64) *hold {
	return &hold{data: data, nodes: int(min(maxStreamNodes, 4<<10+size)), left: int(min(maxStreamCargo, 64<<10+2*size))}
}

// CargoOf returns what a call is given that reads as code; r is the file that
// holds the stream. It takes time and memory within fixed limits.
func CargoOf(r io.ReaderAt, call *sym.Call) Cargo { return newHold(r, maxStreamCargo).of(call) }

func (h *hold) of(call *sym.Call) Cargo {
	u := unpacker{left: min(maxCargoText, h.left)}
	u.evidence = evidence{words: map[string]bool{}, commands: map[string]bool{}}
	before := u.left
	roots := append([]*sym.Node{}, call.Args...)
	if call.Kwargs != nil {
		roots = append(roots, call.Kwargs)
	}
	if call.Func.Kind != sym.Global {
		roots = append(roots, call.Func) // methodcaller("run", text)(object)
	}
	h.gather(roots, func(n *sym.Node) {
		switch n.Kind {
		case sym.Global:
			u.evidence.add(n.FullName())
		case sym.String, sym.Bytes, sym.ByteArray:
			if text := h.text(n, u.left); n.Kind == sym.String {
				u.text(text, "", 0)
			} else {
				u.bytes([]byte(text), "", 0)
			}
		}
	})
	h.left -= before - u.left
	return u.cargo()
}

// gather visits the values that the roots are made of, each once.
func (h *hold) gather(roots []*sym.Node, visit func(*sym.Node)) {
	left := min(maxCargoNodes, h.nodes)
	sym.Reach(func(n *sym.Node) bool {
		if left--; left < 0 {
			return false
		}
		h.nodes--
		visit(n)
		switch n.Kind {
		case sym.Tuple, sym.List, sym.Dict, sym.Set, sym.FrozenSet:
			return len(n.Items())+len(n.Pairs()) <= maxCargoNodes
		case sym.Object:
			return n.Call() != nil && len(n.Call().Args) <= maxCargoNodes
		}
		return false
	}, roots...)
}

// text returns the first bytes of a text or bytes value, at most n.
func (h *hold) text(v *sym.Node, n int) string {
	return sym.Beginning(h.data, v, int64(n)) // what cannot be read is reported by whoever audits it
}

// An unpacker takes texts and bytes apart.
type unpacker struct {
	evidence evidence
	snippets []Snippet
	calls    []string
	hidden   string // how the first code that was hidden is hidden
	left     int
}

func (u *unpacker) cargo() Cargo {
	c := Cargo{Patterns: u.evidence.patterns(), Snippets: u.snippets, Calls: u.calls}
	if u.hidden != "" {
		c.Patterns = append(c.Patterns, Pattern{Name: "hidden", Does: "hides code", Severity: audit.High, Seen: u.hidden})
	}
	return c
}

func (u *unpacker) text(text, how string, depth int) {
	u.left -= len(text)
	u.evidence.add(text)
	if len(u.snippets) < maxSnippets && text != "" {
		u.snippets = append(u.snippets, Snippet{How: how, Text: text[:min(len(text), maxSnippet)]})
	}
	if how != "" && u.hidden == "" {
		u.hidden = how
	}
	if depth < maxWraps {
		u.encoded(text, how, depth)
	}
}

// bytes looks at bytes as what they seem to be.
func (u *unpacker) bytes(b []byte, how string, depth int) {
	u.left -= len(b)
	if u.left < 0 || depth > maxWraps || len(b) == 0 {
		return
	}
	if plain, format := expand(b, u.left); format != "" {
		u.bytes(plain, joined(how, format), depth+1)
		return
	}
	switch names := compiled(b); {
	case len(names) > 0:
		u.text(strings.Join(names, " "), joined(how, "compiled code"), maxWraps)
	case len(b) > 2 && b[0] == byte(pickle.OpProto) && b[1] <= 5:
		u.pickle(b, depth)
	case readable(b):
		u.text(string(b), how, depth)
	}
}

// pickle lists what a pickle among the bytes would call.
func (u *unpacker) pickle(b []byte, depth int) {
	tr := sym.Run(strings.NewReader(string(b)), 0, int64(len(b)), sym.Options{MaxOps: maxNestedOps, MaxBytes: maxNestedMemory})
	listed := newBook(nil)
	for i := range tr.Events {
		e := &tr.Events[i]
		if e.Kind != sym.EventCall || e.Node.Call().Func.Kind != sym.Global {
			continue
		}
		call := e.Node.Call()
		if c, ok := listed.find(call.Func); ok && listed.accepts(c, call) {
			continue
		}
		if len(u.calls) == 3 {
			return
		}
		u.calls = append(u.calls, spelled(call.Func)+argumentText(call))
		u.evidence.add(call.Func.FullName())
		for _, a := range call.Args {
			if a.Kind == sym.String && !a.Lazy {
				u.text(a.Text, "", depth+1)
			}
		}
	}
}

// readable reports whether bytes are text.
func readable(b []byte) bool {
	b = b[:min(len(b), maxSnippet)]
	odd := 0
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 && len(b) > 3 || r < ' ' && r != '\n' && r != '\t' && r != '\r' {
			odd++
		}
		b = b[n:]
	}
	return odd == 0
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return b + " in " + a
}
