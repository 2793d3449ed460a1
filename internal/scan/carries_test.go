package scan

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
)

// What was found out about one value is no other answer for the next one: calls
// that are given what other calls gave, some of them storages or in a cycle, carry
// a tensor exactly if one asked alone does.
func TestCarriesRemembers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	carrying := map[bool]int{}
	for range 200 {
		var b bytes.Buffer
		b.WriteString("\x80\x04cacme\nf\n\x94]\x94(")
		for n := 2; n < 30; n++ {
			if r.IntN(15) == 0 {
				b.WriteString("NQ\x94")
				continue
			}
			fmt.Fprintf(&b, "h%ch%c\x85R\x94", r.IntN(2)*r.IntN(n), 1+r.IntN(n-1))
		}
		fmt.Fprintf(&b, "1h\x01h%ca.", 2+r.IntN(28))
		data := b.Bytes()
		tr := sym.Run(bytes.NewReader(data), 0, int64(len(data)), sym.Options{})
		if tr.Failure != nil && tr.Failure.Limit {
			t.Fatal(tr.Failure)
		}
		c := &Checkpoint{Trace: tr, Judgement: rules.Pickle(tr, rules.PickleContext{Data: bytes.NewReader(data)})}
		asked := newTaint(c)
		for n := range asked.untrusted {
			got, want := asked.carries(n), newTaint(c).carries(n)
			if got != want {
				t.Fatalf("%q: the value at %#x carries: %t, asked alone %t", data, n.Pos, got, want)
			}
			carrying[got]++
		}
	}
	if min(carrying[true], carrying[false]) < 300 {
		t.Errorf("too little is compared: %v", carrying)
	}
}
