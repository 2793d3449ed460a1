package pipeline

import (
	"fmt"

	"github.com/modelaudit/action/internal/decompile"
	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/scan"
)

// Limits of what is kept for the remarks on one listing.
const (
	maxRemarks     = 200_000
	remarkWidth    = 48
	remarkMemory   = 24 << 20 // for the graph from which the memo is told
	statementWidth = 300
)

// remarks is what can be said of the instructions of a stream: what they
// import, call and change, and what the memo holds.
type remarks struct {
	does map[int64]string // by the end of the instruction
	memo map[int64]string // by its place
	kept map[int64]bool   // places of the memo
	raw  map[int64]int64  // what the loader reads itself, from and to
}

func newRemarks(p scan.Pickle) *remarks {
	r := &remarks{does: map[int64]string{}, memo: map[int64]string{}, kept: map[int64]bool{}, raw: map[int64]int64{}}
	for _, b := range p.Trace.Raw {
		r.raw[b.Off] = b.Off + b.Len
	}
	decompile.Statements(p.Trace, p.Judgement, decompile.Options{Storage: p.Storage, Data: p.Data}, func(s decompile.Statement) bool {
		text := s.Text[:min(len(s.Text), statementWidth)]
		if before := r.does[s.End]; before != "" { // INST imports and calls
			text = before + "; " + text
		}
		r.does[s.End] = text
		return len(r.does) < maxRemarks
	})
	sym.Run(p.Data, p.Trace.Start, p.Trace.End, sym.Options{MaxBytes: remarkMemory, Python: true, AfterBuild: r.skip, Each: r.remember})
	return r
}

// skip takes the loader's own reading for what it was when the stream was judged.
func (r *remarks) skip(b *sym.Built) error {
	if to, ok := r.raw[b.File]; ok {
		b.File = to
	}
	return nil
}

// remember notes what an instruction writes to the memo or gets from it.
func (r *remarks) remember(op pickle.Op, top *sym.Node) {
	if top == nil || len(r.memo) >= maxRemarks {
		return
	}
	switch op.Code {
	case pickle.OpGet, pickle.OpBinGet, pickle.OpLongBinGet:
		r.memo[op.Pos] = fmt.Sprintf("memo %d: %s", op.Int, decompile.Value(top, remarkWidth))
	case pickle.OpPut, pickle.OpBinPut, pickle.OpLongBinPut, pickle.OpMemoize:
		at := op.Int
		if op.Code == pickle.OpMemoize {
			at = int64(len(r.kept))
		}
		r.kept[at] = true
		r.memo[op.Pos] = fmt.Sprintf("memo %d = %s", at, decompile.Value(top, remarkWidth))
	case pickle.OpPop, pickle.OpDup:
		r.memo[op.Pos] = "on top: " + decompile.Value(top, remarkWidth)
	}
}

func (r *remarks) listing() pickle.Listing {
	return pickle.Listing{
		Note: func(op pickle.Op) (notes []string) {
			for _, text := range []string{r.does[op.End], r.memo[op.Pos]} {
				if text != "" {
					notes = append(notes, text)
				}
			}
			if op.Code == pickle.OpFrame {
				notes = append(notes, fmt.Sprintf("to %#x", op.End+op.Int))
			}
			return notes
		},
		Next: func(pos int64) int64 {
			if to, ok := r.raw[pos]; ok {
				return to
			}
			return pos
		},
	}
}
