//go:build interop

package symbolic

import (
	"bytes"
	gocmp "cmp"
	"encoding/hex"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "record the answers of CPython in testdata/semantics.json")

// ask runs testdata/oracle.py with the interpreter that MODELAUDIT_PYTHON names,
// or else python3.
func ask(t *testing.T, streams [][]byte) (answers []reading) {
	t.Helper()
	var list []string
	for _, s := range streams {
		list = append(list, hex.EncodeToString(s))
	}
	stdin, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(gocmp.Or(os.Getenv("MODELAUDIT_PYTHON"), "python3"), "testdata/oracle.py")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(stdin), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

func TestPythonSemantics(t *testing.T) {
	var streams [][]byte
	for _, c := range semantics {
		streams = append(streams, assemble(t, c.program))
	}
	recorded := map[string]reading{}
	for i, want := range ask(t, streams) {
		recorded[semantics[i].name] = want
		if diff := cmp.Diff(want, read(streams[i])); diff != "" {
			t.Errorf("%s: %s\n(-CPython +ours)\n%s", semantics[i].name, semantics[i].program, diff)
		}
	}
	if *update {
		raw, err := json.MarshalIndent(recorded, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/semantics.json", append(raw, '\n'), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPythonMutants asks about random changes of the same streams: bytes cut
// out, doubled, exchanged. What CPython does we must see, in the same order;
// where it ends in an error we may see more, where it does not, its object.
func TestPythonMutants(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 9))
	var streams [][]byte
	for len(streams) < 3000 {
		if s := mutant(t, rng); !bytes.ContainsAny(s, "rG") { // a memo of gigabytes; denormal floats
			streams = append(streams, s)
		}
	}
	for i, want := range ask(t, streams) {
		got := read(streams[i])
		if want.Error {
			got.Root, got.Error = "", true
		}
		if !want.Error && !cmp.Equal(want, got) || !subsequence(want.Log, got.Log) {
			t.Errorf("%q\n(-CPython +ours)\n%s", streams[i], cmp.Diff(want, got))
		}
	}
}

func mutant(t *testing.T, rng *rand.Rand) []byte {
	s := slices.Clone(assemble(t, semantics[rng.IntN(len(semantics))].program))
	for range 1 + rng.IntN(3) {
		at, other := rng.IntN(len(s)), rng.IntN(len(s))
		switch rng.IntN(4) {
		case 0:
			s = append(slices.Delete(s, at, at+1), '.')
		case 1:
			s = slices.Insert(s, at, s[other])
		case 2:
			s[at], s[other] = s[other], s[at]
		default:
			ops := "0123(tlds]})ebRoi\x81\x85\x86\x87\x94ahq\x90\x91\x8f"
			s[at] = ops[rng.IntN(len(ops))]
		}
	}
	return s
}

func subsequence(short, long []string) bool {
	for _, line := range long {
		if len(short) > 0 && short[0] == line {
			short = short[1:]
		}
	}
	return len(short) == 0
}
