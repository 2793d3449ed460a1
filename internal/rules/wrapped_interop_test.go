//go:build interop

package rules

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// evaluator answers what eval gives for each text: "x" for the value that it was
// given, a class for an empty object, "unknown" where a name is missing, else "?". The texts are of words that do nothing.
const evaluator = `
import builtins, collections, contextlib, io, json, sys, warnings
warnings.simplefilter("ignore")
names = {dict: "dict", list: "list", collections.OrderedDict: "collections.OrderedDict"}
def given(text, x):
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            got = eval(text, {"x": x} if x is not None else {"foo": lambda *a, **k: 0})
    except NameError:
        return "unknown"  # a name that the loader's own code could have
    except BaseException:
        return "?"
    return "x" if got is x and x is not None else names.get(type(got), "?") if not got else "?"
json.dump([given(t, {} if w else None) for t, w in json.load(sys.stdin)], sys.stdout)
`

// TestExpressionsOfPython: whatever is said of what a text gives, CPython says too.
func TestExpressionsOfPython(t *testing.T) {
	words := strings.Split(`x|x|(|)|[|]|{|}|,|,|.| |or |or |or|'|"|'''|''|''|'a'|\|\x41|\x4|\u12|\N{a}|0|1|01|-1|1.5|=|a=|print|print('')|exec('')|exec("y = 1")|dict()|list()|{}|[]|`+
		`__import__('collections').OrderedDict()|__import__|None|if|lambda|not|#|;|:|é|exec('print = 1')|foo(|foo(1|foo('')|[0]|[1]|[-1]|[00]|(x,|, x)[1]|, {})[-1]`, "|")
	rng := rand.New(rand.NewPCG(6, 17))
	var texts [][2]any
	var want []string
	for range 1_000_000 {
		var b strings.Builder
		for range 1 + rng.IntN(7) {
			b.WriteString(words[rng.IntN(len(words))])
		}
		with := rng.IntN(2) == 0
		x := &sym.Node{Kind: sym.Dict}
		e := expression{rest: b.String()}
		if with {
			e.names = map[string]*sym.Node{"x": x}
		}
		if y, ok := e.whole(); ok && (y.node != nil || y.made != "") {
			texts, want = append(texts, [2]any{b.String(), with}), append(want, said(y, ok))
		}
	}
	if len(texts) < 10_000 {
		t.Fatalf("%d texts", len(texts))
	}
	stdin, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(cmp.Or(os.Getenv("MODELAUDIT_PYTHON"), "python3"), "-c", evaluator)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(stdin), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for i := range texts {
		if got[i] != want[i] && got[i] != "unknown" {
			if wrong++; wrong < 20 {
				t.Errorf("%q, given x: %t, is said to give %s, and gives %s", texts[i][0], texts[i][1], want[i], got[i])
			}
		}
	}
	t.Logf("%d texts", len(texts))
}
