//go:build interop

package pickle

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "record the answers of CPython 3.11 in testdata/values.json")

// askPython runs testdata/oracle.py with the interpreter MODELAUDIT_PYTHON
// names, or else python3.
func askPython(t *testing.T, inputs []string) (raw []byte, answer oracleAnswer) {
	t.Helper()
	list := make([]string, len(inputs))
	for i, in := range inputs {
		list[i] = hex.EncodeToString([]byte(in))
	}
	stdin, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(cmp.Or(os.Getenv("MODELAUDIT_PYTHON"), "python3"), "testdata/oracle.py")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(stdin), os.Stderr
	if raw, err = cmd.Output(); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatal(err)
	}
	return raw, answer
}

// TestPython asks a real CPython, of any version, about every recorded pickle.
func TestPython(t *testing.T) {
	raw, answer := askPython(t, valueInputs())
	t.Logf("CPython %s", answer.Version)
	for _, c := range answer.Cases {
		checkReading(t, c)
	}
	if *update {
		if err := os.WriteFile("testdata/values.json", raw, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPythonMutants asks about changed copies of the recorded pickles with text
// arguments, where readings differ most.
func TestPythonMutants(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const alphabet = "0123456789abefinotux_+-.LE \t\r\x00\\'\"\xc3\xa9\xed\xa0"
	var inputs []string
	for _, in := range valueInputs() {
		if len(in) < 3 || len(in) > 100 || !strings.Contains("ILFSVPc(", in[:1]) {
			continue
		}
		for range 40 {
			b := []byte(in)
			for range 1 + rng.IntN(3) {
				at, c := 1+rng.IntN(len(b)-2), alphabet[rng.IntN(len(alphabet))]
				if b[0] == '(' {
					at = max(at, 2)
				}
				switch rng.IntN(3) {
				case 0:
					b[at] = c
				case 1:
					b = append(b[:at], append([]byte{c}, b[at:]...)...)
				case 2:
					if len(b) > 4 {
						b = append(b[:at], b[at+1:]...)
					}
				}
			}
			inputs = append(inputs, string(b))
		}
	}
	_, answer := askPython(t, inputs)
	for _, c := range answer.Cases {
		checkReading(t, c)
	}
	t.Logf("CPython %s, %d pickles", answer.Version, len(inputs))
}

// TestPythonFrames asks about pickles whose frames are of any length, as files
// whose reader cannot look ahead.
func TestPythonFrames(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var inputs []string
	sound := 0
	for range 4000 {
		in := "\x80\x04"
		for range rng.IntN(6) {
			switch rng.IntN(4) {
			case 0:
				in += "N0"
			case 1:
				n := rng.IntN(12)
				in += "C" + string(rune(n)) + strings.Repeat("N", n) + "0"
			case 2:
				in += "V" + strings.Repeat("N", rng.IntN(5)) + "\n0"
			case 3:
				in += "\x95" + string(rune(rng.IntN(20))) + "\x00\x00\x00\x00\x00\x00\x00"
			}
		}
		in += "K\x07."
		inputs = append(inputs, in)
		if _, odd := decodeValue([]byte(in)); !odd {
			sound++
		}
	}
	_, answer := askPython(t, inputs)
	for _, c := range answer.Cases {
		checkReading(t, c)
	}
	t.Logf("CPython %s, %d pickles, %d without anomaly", answer.Version, len(inputs), sound)
}
