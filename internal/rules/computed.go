package rules

import (
	"fmt"
	"strings"

	"github.com/modelaudit/action/audit"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// computed reports a module or name that is computed while loading. Where what is
// computed is plain to see, str("os"), it says what is imported.
func (j *judge) computed(e *sym.Event) {
	j.out.Untrusted[e.Node] = true
	f := New("MA105", audit.Location{Member: j.ctx.Member, Start: e.Pos, End: e.End}, "", "a module or name is imported that is computed while loading")
	if len(e.Args) == 2 {
		s := speller{left: maxSpelled, pairs: &j.spelled}
		module, known := s.spell(e.Args[0])
		name, also := s.spell(e.Args[1])
		if known && also {
			f.Message += fmt.Sprintf(": %s.%s", clip(module), clip(name))
			if does := familyOf(module, name); does != "" {
				f.Severity = audit.Critical
				f.Message += ", which " + string(does)
			}
		}
	}
	j.append(f)
}

// maxSpelled bounds how many values are looked at that make a name, and its length.
const maxSpelled = 200

// maxSpelledPairs bounds the items of dicts that a file has looked through for its names.
const maxSpelledPairs = 1 << 24

// A speller works out what two names are. Values may share others, so that what is
// looked at is counted.
type speller struct {
	left  int
	pairs *int // that were looked through, by all of the file
}

// spell returns the text that a value is, if it is one or is made of some by a
// function that only joins, picks or decodes them.
func (s *speller) spell(n *sym.Node) (string, bool) {
	if s.left--; s.left < 0 {
		return "", false
	}
	if (n.Kind == sym.String || n.Kind == sym.Bytes) && !n.Lazy {
		return n.Text, len(n.Text) <= maxSpelled
	}
	if n.Kind != sym.Object || n.Call() == nil || n.Call().Kwargs != nil {
		return "", false
	}
	fn, args := n.Call().Func, n.Call().Args
	if fn.Kind != sym.Global {
		return s.picked(fn, args)
	}
	switch strings.TrimPrefix(fn.FullName(), "_") {
	case "builtins.str", "builtins.bytes", "codecs.decode", "codecs.encode", "builtins.bytes.decode", "builtins.str.encode", "builtins.str.strip":
		if len(args) == 1 || len(args) > 1 && plainEncoding(args[1]) {
			return s.spell(args[0])
		}
	case "builtins.str.join":
		if len(args) == 2 {
			return s.joined(args[0], args[1])
		}
	case "operator.concat", "operator.add", "builtins.str.__add__":
		if len(args) == 2 {
			a, ok := s.spell(args[0])
			b, also := s.spell(args[1])
			return a + b, ok && also && len(a+b) <= maxSpelled
		}
	case "operator.getitem":
		if len(args) == 2 {
			return s.item(args[0], args[1])
		}
	}
	return "", false
}

// plainEncoding accepts the encodings in which names are spelled as they are.
func plainEncoding(n *sym.Node) bool {
	return oneOfText("ascii", "utf8", "utf-8", "latin1", "latin-1", "iso-8859-1")(n)
}

// picked is operator.itemgetter(i)(list).
func (s *speller) picked(fn *sym.Node, args []*sym.Node) (string, bool) {
	if madeBy("operator", "itemgetter")(fn) && len(fn.Call().Args) == 1 && len(args) == 1 {
		return s.item(args[0], fn.Call().Args[0])
	}
	return "", false
}

func (s *speller) item(of, at *sym.Node) (string, bool) {
	if i := of.Items(); at.Kind == sym.Int && at.Int >= 0 && at.Int < int64(len(i)) {
		return s.spell(i[at.Int])
	}
	for _, p := range of.Pairs() {
		if *s.pairs++; *s.pairs > maxSpelledPairs {
			return "", false
		}
		if p.Key.Kind == at.Kind && p.Key.Text == at.Text && p.Key.Int == at.Int {
			return s.spell(p.Value)
		}
	}
	return "", false
}

func (s *speller) joined(by, list *sym.Node) (string, bool) {
	sep, ok := s.spell(by)
	var parts []string
	for _, i := range list.Items() {
		if !ok {
			return "", false
		}
		var part string
		part, ok = s.spell(i)
		parts = append(parts, part)
	}
	text := strings.Join(parts, sep)
	return text, ok && len(parts) > 0 && len(text) <= maxSpelled
}
