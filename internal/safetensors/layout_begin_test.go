package safetensors

import (
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/tensor"
)

// No file begins with a whole pickle, NEWTRUE and STOP.
func TestHeaderIsNoPickle(t *testing.T) {
	for more := range 64 {
		p, err := Layout([]Tensor{{Name: "w", DType: tensor.U8, Shape: []int64{1}}}, []KeyValue{{"k", strings.Repeat("x", 0x2e88-96+more)}})
		if err != nil {
			t.Fatal(err)
		}
		if head := p.Header(); head[0] == 0x88 && head[1] == '.' || int64(len(head)) != p.begin {
			t.Errorf("the file begins with %q, its header has %d bytes of %d", head[:2], len(head), p.begin)
		}
	}
}

// A large file never begins with the opcode of a persistent id, which takes the rest
// for a line; a small one is as the reference writer has it.
func TestHeaderIsNoPersistentID(t *testing.T) {
	for _, c := range []struct {
		name string
		data int64
		want byte
	}{{"large", 16 << 20, 'X'}, {"small", 1 << 20, 'P'}} {
		plan := func(n int) *Plan {
			p, err := Layout([]Tensor{{Name: "w", DType: tensor.U8, Shape: []int64{c.data}}}, []KeyValue{{"k", strings.Repeat("x", n)}})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		seen := false
		for more := range 256 {
			p := plan(more)
			head := p.Header()
			seen = seen || head[0] == c.want
			if c.want == 'X' && head[0] == 'P' || int64(len(head)) != p.begin || p.begin%8 != 0 {
				t.Errorf("%s: the file begins with %q, its header has %d bytes of %d", c.name, head[0], len(head), p.begin)
			}
		}
		if !seen {
			t.Errorf("%s: no file begins with %q", c.name, c.want)
		}
	}
}
