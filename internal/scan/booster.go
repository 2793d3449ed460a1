package scan

import (
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/action/internal/booster"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
)

// largeModel is how long a model of a booster may be until its lists may take
// more than some MiB of memory.
const largeModel = 2 << 20

// boosters audits what is handed to the readers of xgboost and lightgbm, which
// trust the counts and indices in a model. One that is not as its writer writes
// it is unread.
func (w *walk) boosters(p part, models []rules.Booster) {
	left := 2*p.size + 1<<20 // one model may be given to any number of objects
	seen := map[*sym.Node]bool{}
	for _, b := range models {
		if seen[b.Model] {
			continue
		}
		seen[b.Model] = true
		r, size, ok := modelOf(p, b.Model)
		if left -= size; !ok || left < 0 {
			w.unread(p.member, b.Pos, b.Pos, "a model of xgboost or lightgbm that is not spelled as their pickles spell it")
			continue
		}
		if size > largeModel && w.opt.Large != nil {
			w.opt.Large()
		}
		check, library := booster.XGBoost, "xgboost"
		if b.Light {
			check, library = booster.LightGBM, "lightgbm"
		}
		if err := check(r, size); err != nil {
			w.unread(p.member, b.Model.Pos, b.Model.End, fmt.Sprintf("a model that %s's own reader is given, and that is not as %s writes it: %v", library, library, err))
		}
	}
}

// modelOf returns the bytes of a text or a bytes-like value.
func modelOf(p part, n *sym.Node) (io.ReaderAt, int64, bool) {
	if n.Kind == sym.String {
		switch d := n.Data(); {
		case n.Lazy && n.Line():
			return nil, 0, false
		case n.Lazy:
			return io.NewSectionReader(p.r, d.Off, d.Len), d.Len, true
		}
		return strings.NewReader(n.Text), int64(len(n.Text)), true
	}
	data, ok := sym.PayloadOf(p.r, n)
	if !ok {
		return nil, 0, false
	}
	return data.Data, data.Size, true
}
