package symbolic

import (
	"io"
	"math"

	"github.com/modelaudit/action/internal/pickle"
)

// Run interprets the stream that begins at start and must end before end.
func Run(r io.ReaderAt, start, end int64, opt Options) *Trace {
	if opt.MaxBytes == 0 {
		opt.MaxBytes = DefaultBytes
	}
	if opt.MaxOps == 0 {
		opt.MaxOps = 20_000_000
	}
	if opt.Skim {
		if tr := skim(r, start, end, opt.Memo, opt.Large); tr != nil {
			return tr
		}
	}
	if opt.Memo != nil {
		if f := opt.Memo.recall(opt); f != nil {
			return &Trace{Start: start, End: start, Failure: f, Gets: 1, Memo: opt.Memo}
		}
	}
	if tr := keepFirst(r, start, end, opt); tr != nil {
		return tr
	}
	tr := run(r, start, end, opt)
	if tr.Failure == nil || !tr.Failure.Limit || opt.Fold || opt.Memo != nil || opt.AfterBuild != nil {
		return tr
	}
	if !opt.Skim && len(tr.Events) == 0 {
		if p := skim(r, start, end, nil, opt.Large); p != nil {
			return p
		}
	}
	opt.Fold = true
	if opt.Keep > 0 {
		if tr = keep(r, start, end, opt); tr != nil {
			return tr
		}
		opt.Keep = 0
	}
	if tr = run(r, start, end, opt); tr.Failure == nil || !tr.Failure.Limit || !tr.Folded {
		return tr
	}
	opt.Thin = true
	return run(r, start, end, opt)
}

// keep is Run as Options.Keep says, nil if it keeps nothing or not all.
func keep(r io.ReaderAt, start, end int64, opt Options) *Trace {
	opt.Fold, opt.Thin, opt.MaxBytes = true, true, opt.Keep
	if tr := run(r, start, end, opt); tr.Kept > 0 && tr.Packed && tr.Failure == nil {
		return tr
	}
	return nil
}

// leastTensor is what a tensor takes in a graph at least: three events, and more than
// as many nodes.
const leastTensor = 512

// keepFirst is keep for a stream that is so long that it may be known beforehand to need
// it, nil if its values would not certainly pass MaxBytes.
func keepFirst(r io.ReaderAt, start, end int64, opt Options) *Trace {
	if opt.Keep <= 0 || opt.Fold || opt.Memo != nil || opt.AfterBuild != nil || end-start < opt.MaxBytes/8 {
		return nil
	}
	if tr := keep(r, start, end, opt); tr != nil && int64(tr.Kept)*leastTensor > opt.MaxBytes {
		return tr
	}
	return nil
}

// run interprets a stream once.
func run(r io.ReaderAt, start, end int64, opt Options) *Trace {
	m := &machine{
		dec:    pickle.NewDecoder(r, start, end, pickle.Options{MaxOps: opt.MaxOps, MaxLine: opt.MaxLine, Drops: opt.Drops, Frame: opt.Frame}),
		opt:    opt,
		memo:   opt.Memo,
		tr:     &Trace{Start: start},
		small:  map[int64]*Node{},
		consts: [3]*Node{{Kind: None}, {Kind: Bool}, {Kind: Bool, Int: 1}},
	}
	m.thin.on = opt.Fold && opt.Thin
	m.thin.keep = m.thin.on && opt.Keep > 0 && opt.Pack != nil
	m.fold.scalars = [2]*Node{{Kind: Int, Int: math.MinInt64}, {Kind: Float, Int: int64(math.Float64bits(math.NaN()))}}
	if m.memo == nil {
		m.memo = &Memo{}
	}
	before := m.memo.bytes
	if m.opt.foldFrom == 0 {
		m.opt.foldFrom = foldFrom
	}
	if opt.Pack != nil {
		opt.Pack.Reset()
	}
	m.run()
	m.tr.Folded = m.fold.done || m.pack.n > 0
	m.tr.Packed = !m.fold.done && m.pack.n > 0
	m.thin.finish()
	m.tr.Bytes = m.memo.bytes - before
	m.memo.mixed = m.memo.mixed || len(m.tr.Events) > 0
	return m.tr
}
