//go:build interop

package symbolic_test

import (
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// A spelling is what an unpickler does with a stream, in the words of
// testdata/differential.py.
type spelling struct {
	Log   [][2]string `json:"log"` // what is done, and with what
	Roots []string    `json:"roots"`
	Error string      `json:"error"`
	// loose: something was changed in a way that our graph does not follow (a
	// finding in any case), so that only what is done can be compared.
	loose bool
	limit bool
	torn  bool // a reader may see other opcodes
	left  bool // a STOP leaves bytes in its frame
	odd   bool // a number is spelled in a way that not all read alike
}

// spell reads up to three pickles from data, one behind the other, as one
// Unpickler would.
func spell(data []byte, opt sym.Options) spelling {
	s := speller{numbers: map[*sym.Node]int{}, extensions: map[int64]bool{}}
	at, memo := int64(0), (*sym.Memo)(nil)
	s.out.Log, s.out.Roots = [][2]string{}, []string{}
	for range 3 {
		tr := sym.Run(strings.NewReader(string(data)), at, int64(len(data)), sym.Options{Memo: memo, MaxBytes: 16 << 20, Drops: opt.Drops, Frame: opt.Frame, Python: opt.Python})
		s.out.torn = s.out.torn || tr.Torn
		for i := range tr.Events {
			s.event(&tr.Events[i])
		}
		if tr.Failure != nil {
			s.out.Error, s.out.limit = tr.Failure.Error(), tr.Failure.Limit
			break
		}
		s.out.Roots = append(s.out.Roots, s.graph(tr.Root, map[*sym.Node]int{}, 0))
		at, memo = tr.End, tr.Memo
		if opt.Python { // a new frame reader for each pickle (Lib/pickle.py, load)
			at = max(at, tr.FrameEnd)
		} else {
			opt.Frame = tr.FrameEnd
		}
	}
	return s.out
}

type speller struct {
	out        spelling
	numbers    map[*sym.Node]int
	extensions map[int64]bool
}

func (s *speller) log(head, detail string) { s.out.Log = append(s.out.Log, [2]string{head, detail}) }

func (s *speller) event(e *sym.Event) {
	builtin := e.Node != nil && (e.Node.Kind < sym.Global || e.Node.Kind == sym.Buffer)
	switch e.Kind {
	case sym.EventImport:
		s.log("import "+word(e.Node.FullName()), "")
	case sym.EventCall:
		s.call(e.Node)
	case sym.EventBuild, sym.EventAppend, sym.EventSetItem:
		if builtin {
			s.out.loose = true
			return
		}
		s.change(e)
	case sym.EventPersistent:
		s.log("persistent "+s.show(e.Node.Of(), true, 0), "")
	case sym.EventExtension:
		if !s.extensions[e.Node.Int] {
			s.log(fmt.Sprintf("extension %d", e.Node.Int), "")
		}
		s.extensions[e.Node.Int] = true
	case sym.EventAnomaly:
		s.out.left = s.out.left || strings.Contains(e.Text, "STOP with")
		s.out.odd = s.out.odd || strings.Contains(e.Text, "differ about the number")
	case sym.EventBuffer:
		s.log("buffer", "")
	}
}

func (s *speller) call(n *sym.Node) {
	c := n.Call()
	fn := s.show(c.Func, false, 0)
	s.out.loose = s.out.loose || !c.Known
	s.numbers[n] = len(s.numbers)
	s.log("call "+fn, "("+s.several(c.Args, false, 1)+")")
}

func (s *speller) change(e *sym.Event) {
	target := s.show(e.Node, false, 0)
	switch e.Kind {
	case sym.EventBuild:
		s.log("build "+target, s.show(e.State.Frozen, false, 0))
	case sym.EventAppend:
		for _, a := range e.Args {
			s.log("append "+target, s.show(a, true, 0))
		}
	default:
		for i := 0; i < len(e.Args); i += 2 {
			s.log("setitem "+target, s.show(e.Args[i], true, 0)+" "+s.show(e.Args[i+1], true, 0))
		}
	}
}

func word(text string) string {
	if strings.IndexFunc(text, func(c rune) bool { return c <= ' ' || c >= 0x7f }) < 0 {
		return text
	}
	return "x" + hex.EncodeToString([]byte(text))
}

// show spells a value as it was at that time; of containers in containers that
// can change only the kind is known.
func (s *speller) show(n *sym.Node, inside bool, depth int) string {
	if out, ok := s.scalar(n); ok {
		return out
	}
	if n.Kind == sym.Tuple || n.Kind == sym.FrozenSet {
		switch {
		case depth >= 4:
			return "~"
		case n.Kind == sym.Tuple:
			return "(" + s.several(n.Items(), inside, depth+1) + ")"
		}
		return "f" + s.set(n, inside, depth)
	}
	if inside {
		return n.Kind.String()
	}
	switch n.Kind {
	case sym.List:
		return "[" + s.several(n.Items(), true, depth+1) + "]"
	case sym.Set:
		return s.set(n, true, depth)
	}
	var out []string
	for _, p := range n.Pairs() {
		out = append(out, s.show(p.Key, true, depth+1)+":"+s.show(p.Value, true, depth+1))
	}
	return "{" + strings.Join(out, " ") + "}"
}

func (s *speller) several(items []*sym.Node, inside bool, depth int) string {
	out := make([]string, len(items))
	for i, n := range items {
		out[i] = s.show(n, inside, depth)
	}
	return strings.Join(out, " ")
}

func (s *speller) set(n *sym.Node, inside bool, depth int) string {
	out := make([]string, len(n.Items()))
	for i, e := range n.Items() {
		out[i] = s.show(e, inside, depth+1)
	}
	slices.Sort(out)
	return "{" + strings.Join(out, " ") + "}"
}

func (s *speller) scalar(n *sym.Node) (string, bool) {
	switch n.Kind {
	case sym.None:
		return "None", true
	case sym.Bool, sym.Int: // some readers take "I+1" for the one, some for the other
		if n.Big() != nil {
			return strings.Replace(fmt.Sprintf("0x%x", n.Big()), "0x-", "-0x", 1), true
		}
		return strings.Replace(fmt.Sprintf("0x%x", n.Int), "0x-", "-0x", 1), true
	case sym.Float:
		return "f" + floatHex(n.Float()), true
	case sym.String, sym.Bytes:
		return map[sym.Kind]string{sym.String: "s", sym.Bytes: "b"}[n.Kind] + hex.EncodeToString([]byte(n.Text)), true
	case sym.ByteArray, sym.Buffer:
		return "B", true
	case sym.Global:
		return word(n.FullName()), true
	case sym.Persistent:
		return "P", true
	case sym.Extension:
		return fmt.Sprintf("E%d", n.Int), true
	case sym.Object:
		return fmt.Sprintf("#%d", s.numbers[n]), true
	}
	return "", false
}

// graph spells a whole graph: what is met again is a number.
func (s *speller) graph(n *sym.Node, seen map[*sym.Node]int, depth int) string {
	switch n.Kind {
	case sym.List, sym.Dict:
	case sym.Tuple:
		if len(n.Items()) == 0 {
			return "()"
		}
	default:
		return s.show(n, false, 0)
	}
	if at, ok := seen[n]; ok {
		return fmt.Sprintf("@%d", at)
	}
	seen[n] = len(seen)
	if depth > 60 {
		return "..."
	}
	var out []string
	for _, i := range n.Items() {
		out = append(out, s.graph(i, seen, depth+1))
	}
	for _, p := range n.Pairs() {
		out = append(out, s.graph(p.Key, seen, depth+1)+":"+s.graph(p.Value, seen, depth+1))
	}
	marks := map[sym.Kind]string{sym.List: "[]", sym.Tuple: "()", sym.Dict: "{}"}[n.Kind]
	return marks[:1] + strings.Join(out, " ") + marks[1:]
}

// floatHex is float.hex of Python.
func floatHex(f float64) string {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return strings.TrimPrefix(strings.ToLower(fmt.Sprint(f)), "+")
	}
	if a := math.Abs(f); a != 0 && a < 0x1p-1022 { // Python keeps the exponent of subnormal numbers
		mant := strconv.FormatUint(math.Float64bits(a), 16)
		return map[bool]string{true: "-"}[f < 0] + "0x0." + strings.Repeat("0", 13-len(mant)) + mant + "p-1022"
	}
	mant, exp, _ := strings.Cut(strconv.FormatFloat(f, 'x', 13, 64), "p")
	e, _ := strconv.Atoi(exp)
	if f == 0 {
		mant = strings.Replace(mant, ".0000000000000", ".0", 1)
	}
	return fmt.Sprintf("%sp%+d", mant, e)
}
