package symbolic

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/action/internal/pickle"
)

// A reading is what an unpickler makes of a stream: what it would import, call
// and change, in order, the object, and whether it ended in an error. It is
// what testdata/oracle.py answers.
type reading struct {
	Log   []string `json:"log"`
	Root  string   `json:"root"`
	Error bool     `json:"error"`
}

func assemble(t testing.TB, program string) []byte {
	t.Helper()
	data, err := pickle.Assemble(strings.ReplaceAll(program, "; ", "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func runBytes(data []byte, opt Options) *Trace {
	return Run(strings.NewReader(string(data)), 0, int64(len(data)), opt)
}

// read is our reading of a stream, in the oracle's words.
func read(data []byte) reading {
	tr := runBytes(data, Options{})
	s := speller{numbers: map[*Node]int{}}
	out := reading{Log: []string{}, Error: tr.Failure != nil}
	for _, e := range tr.Events {
		if line := s.event(e); line != "" {
			out.Log = append(out.Log, line)
		}
	}
	if tr.Root != nil {
		out.Root = s.show(tr.Root, 0)
	}
	return out
}

// A speller writes nodes as oracle.py writes objects.
type speller struct{ numbers map[*Node]int }

func (s *speller) event(e Event) string {
	switch e.Kind {
	case EventImport:
		return "import " + e.Node.Raw()
	case EventCall:
		s.numbers[e.Node] = len(s.numbers)
		c := e.Node.Call()
		kw := ""
		if c.Kwargs != nil {
			kw = s.show(c.Kwargs, 0)
		}
		return "call " + s.show(c.Func, 0) + "(" + s.list(c.Args, 0) + ")" + kw
	case EventBuild:
		return "build " + s.show(e.Node, 0) + " " + s.show(e.State.Frozen, 0)
	case EventAppend:
		return "append " + s.show(e.Node, 0) + " " + s.list(e.Args, -1)
	case EventSetItem:
		return "setitem " + s.show(e.Node, 0) + " " + s.list(e.Args, -1)
	case EventPersistent:
		return "persistent " + s.show(e.Node.Of(), 0)
	}
	return ""
}

func (s *speller) list(items []*Node, depth int) string {
	var out []string
	for _, i := range items {
		out = append(out, s.show(i, depth+1))
	}
	return strings.Join(out, " ")
}

func (s *speller) show(n *Node, depth int) string {
	if depth > 20 {
		return "..."
	}
	switch n.Kind {
	case None:
		return "None"
	case Bool:
		return map[int64]string{0: "False", 1: "True"}[n.Int]
	case Int:
		if n.Big() != nil {
			return n.Big().String()
		}
		return strconv.FormatInt(n.Int, 10)
	case Float:
		return "f" + pythonHex(n.Float())
	case String, Bytes, ByteArray:
		return map[Kind]string{String: "s", Bytes: "b", ByteArray: "a"}[n.Kind] + hex.EncodeToString([]byte(n.Text))
	case Global:
		return n.Raw()
	case Persistent:
		return "P(" + s.show(n.Of(), depth+1) + ")"
	case Object:
		return fmt.Sprintf("#%d", s.numbers[n])
	}
	return s.container(n, depth)
}

func (s *speller) container(n *Node, depth int) string {
	switch n.Kind {
	case Tuple:
		return "(" + s.list(n.Items(), depth) + ")"
	case List:
		return "[" + s.list(n.Items(), depth) + "]"
	case Dict:
		var out []string
		for _, p := range n.Pairs() {
			out = append(out, s.show(p.Key, depth+1)+":"+s.show(p.Value, depth+1))
		}
		return "{" + strings.Join(out, " ") + "}"
	}
	items := strings.Fields(s.list(n.Items(), depth))
	slices.Sort(items)
	return n.Kind.String() + "{" + strings.Join(items, " ") + "}"
}

// pythonHex is float.hex of Python.
func pythonHex(f float64) string {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return strings.TrimPrefix(strings.ToLower(fmt.Sprint(f)), "+")
	}
	mant, exp, _ := strings.Cut(strconv.FormatFloat(f, 'x', 13, 64), "p")
	e, _ := strconv.Atoi(exp)
	if f == 0 {
		mant = strings.Replace(mant, ".0000000000000", ".0", 1)
	}
	return fmt.Sprintf("%sp%+d", mant, e)
}

// TestSemantics compares our reading of each stream with what CPython's C
// unpickler answered (testdata/semantics.json; the interop build asks again).
func TestSemantics(t *testing.T) {
	raw, err := os.ReadFile("testdata/semantics.json")
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[string]reading{}
	if err := json.Unmarshal(raw, &recorded); err != nil {
		t.Fatal(err)
	}
	for _, c := range semantics {
		t.Run(c.name, func(t *testing.T) {
			want, ok := recorded[c.name]
			if !ok {
				t.Fatal("not recorded: go test -tags interop -run TestPythonSemantics -update")
			}
			if diff := cmp.Diff(want, read(assemble(t, c.program))); diff != "" {
				t.Errorf("%s\n(-CPython +ours)\n%s", c.program, diff)
			}
		})
	}
}
