//go:build interop

package booster

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var numbers = regexp.MustCompile(`-?\d+(\.\d+)?(E-?\d+)?`)

// TestReaders alters models that today's libraries read, and lets them read those
// that are taken here: none of them crashes.
func TestReaders(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 5))
	var lines strings.Builder
	var taken [][]byte
	tried := 0
	for _, name := range []string{"xgb-3.2.0-cat", "xgb-3.2.0-multi_out", "xgb-1.7.6-gblinear", "lgb-4.7-lightcat", "lgb-4.7-linear", "lgb-3.3.5-rf", "lgb-2.3.1-multiclass"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for range 300 {
			altered := alter(rng, name[:3], b)
			if tried++; read(name, altered) == nil {
				taken = append(taken, altered)
				fmt.Fprintln(&lines, name[:3], hex.EncodeToString(altered))
			}
		}
	}
	cmd := exec.Command(cmp.Or(os.Getenv("MODELAUDIT_PYTHON"), "python3"), "testdata/load.py")
	cmd.Stdin = strings.NewReader(lines.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.Fields(strings.ReplaceAll(string(out), " ", ""))
	if len(answers) != len(taken) || len(taken) < 100 {
		t.Fatalf("%d answers about %d of %d", len(answers), len(taken), tried)
	}
	for i, a := range answers {
		if a != "done" {
			t.Errorf("%s: %s", a, hex.EncodeToString(taken[i]))
		}
	}
}

// alter changes one number of a text, or some bytes.
func alter(rng *rand.Rand, kind string, b []byte) []byte {
	from, to := bytes.Index(b, []byte("\x05Model")), len(b)
	if kind == "lgb" {
		from, to = 0, bytes.Index(b, []byte("end of trees"))
		at := numbers.FindAllIndex(b[:to], -1)
		n := at[rng.IntN(len(at))]
		with := []string{"-5", "100000000", "-1", "2147483647", "0", "1", "2", "9", "-2147483648", "", "1 1"}
		return bytes.Join([][]byte{b[:n[0]], b[n[1]:]}, []byte(with[rng.IntN(len(with))]))
	}
	out := bytes.Clone(b)
	at := from + rng.IntN(to-from-4)
	if rng.IntN(2) == 0 {
		out[at] = byte(rng.IntN(256))
	} else {
		copy(out[at:], [][]byte{{0xff, 0xff, 0xff, 0xff}, {0, 0, 0, 0}, {0, 0, 0, 5}, {0x40, 0, 0, 0}, {0, 0, 1, 0}}[rng.IntN(5)])
	}
	return out
}
