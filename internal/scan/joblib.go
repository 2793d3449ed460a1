package scan

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/joblib"
	"github.com/modelaudit/action/internal/numpy"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/torch"
)

// arrays is what is known of one stream of joblib beside its trace.
type arrays struct {
	*joblib.Stream
	at int64 // where the stream begins
	// nested are the pickles of arrays of objects, by where they begin, and
	// traces what they do, of the first ones: what is held of them is counted.
	nested map[int64]*Checkpoint
	traces map[int64]*sym.Trace
	held   int64
}

// maxHeld is how many bytes of traces of arrays of objects are kept of a stream or an archive,
// maxWhole of one that is to be converted; each takes traceBytes besides its values. The others are read
// again when they are judged.
const (
	maxHeld    = 48 << 20
	maxWhole   = 10 * maxHeld
	traceBytes = 8 << 10
)

// errMoreObjects is why an array of objects has no value.
var errMoreObjects = errors.New("an array of objects, of which there are more than are converted")

// room counts a trace among those that are held, and reports whether it may be kept.
func (w *walk) room(held *int64, tr *sym.Trace) bool {
	most := int64(maxHeld)
	if w.opt.Whole {
		most = maxWhole
	}
	*held += traceBytes + tr.Bytes
	return *held <= most
}

// joblib reads the stream at as joblib of today reads it, and notes it if it
// has a wrapper.
func (w *walk) joblib(p part, at int64, opt joblib.Options) *sym.Trace {
	opt.Beside = w.live
	s := joblib.Read(p.r, at, p.size, opt)
	if s.Wrappers > 0 {
		a := &arrays{Stream: s, at: at, nested: map[int64]*Checkpoint{}, traces: map[int64]*sym.Trace{}}
		w.arrays[s.Trace] = a
		w.nestedTraces(p, a)
		w.plainSiblings(p, a)
	}
	return s.Trace
}

// plainSiblings notes at the wrappers which arrays in files of their own have elements that
// are no objects. What cannot be opened or read is said where the file is audited.
func (w *walk) plainSiblings(p part, a *arrays) {
	if !p.root || w.opt.Beside == nil {
		return
	}
	for _, s := range a.Siblings {
		if s.Compressed || s.Outside {
			continue
		}
		if r, size, err := w.beside(s.Name); err == nil {
			if h, err := numpy.ReadHeader(r, 0, size); err == nil && !h.Object {
				s.Wrapper.SetKnown(rules.ReadElements{})
			}
		}
	}
}

// nestedTraces reads the pickles of arrays of objects, and notes at the wrappers
// which of them make arrays.
func (w *walk) nestedTraces(p part, a *arrays) {
	for _, x := range a.Arrays {
		if !x.Element.Object || a.traces[x.Offset] != nil {
			continue
		}
		tr := w.plain(p, x.Offset, x.Offset+x.Length)
		if w.room(&a.held, tr) {
			a.traces[x.Offset] = tr
		}
		if rules.MakesArray(tr) {
			x.Wrapper.SetKnown(rules.ReadObjects{})
		}
	}
}

// otherJoblib reads the stream at as an older joblib does.
func (w *walk) otherJoblib(p part, at int64, l joblib.Loader) *sym.Trace {
	tr := joblib.Read(p.r, at, p.size, joblib.Options{MaxOps: w.opcodes(), Loader: l, Beside: w.live}).Trace
	w.read(tr)
	return tr
}

// arraysOf audits what lies between the instructions of a stream that was judged.
func (w *walk) arraysOf(p part, tr *sym.Trace, j rules.PickleJudgement) {
	a := w.arrays[tr]
	if a == nil {
		return
	}
	delete(w.arrays, tr)
	switch f := &w.out.Artifact.Formats; {
	case p.member == "":
		*f = replace(*f, audit.FormatPickle, audit.FormatJoblib)
	case p.member == decompressed && !slices.Contains(*f, audit.FormatJoblib):
		*f = append(*f, audit.FormatJoblib)
	}
	for _, b := range a.Problems {
		w.finding("MA202", p.member, b.Start, b.End, b.Msg)
	}
	for _, s := range a.Siblings {
		w.sibling(p, s)
	}
	seen := map[seenAt]bool{}
	note := func(found []audit.Finding) {
		for _, f := range found {
			seen[seenAt{f.Location, f.Callable}] = true
		}
	}
	note(j.Findings)
	for _, x := range a.Arrays {
		w.opaque += x.Padding
		if !x.Element.Object {
			w.opaque += x.Length
			continue
		}
		inner := p
		inner.size = x.Offset + x.Length
		tr, held := a.traces[x.Offset]
		if !held {
			tr = w.plain(p, x.Offset, inner.size)
		}
		j := w.stream(inner, tr, nil)
		note(j.Findings)
		if p.root && held {
			a.nested[x.Offset] = &Checkpoint{Trace: tr, Stream: p.r, Tensors: torch.NestedResolver(p.r), Judgement: j}
		}
	}
	w.asides(p, a, seen)
}

// asides audits the readings of other loaders, which take bytes for
// instructions that joblib of today takes for an array. They are made one
// after another: each may need as much memory as the first.
func (w *walk) asides(p part, a *arrays, seen map[seenAt]bool) {
	var first joblib.Array // with bytes: readings part there
	padded := false
	for _, x := range a.Arrays {
		if first.At == 0 && x.Padding+x.Length > 0 {
			first = x
		}
		padded = padded || x.Padding > 0
	}
	if first.At > 0 || a.Trace.Failure != nil {
		// Whoever knows no wrapper reads a nested pickle with the memo of the
		// stream around it, where names in a harmless one become others: only
		// known ones are believed.
		least := audit.Low
		if first.Element.Object {
			least = audit.Critical
		}
		w.aside(p, a, w.plain(p, a.at, p.size), "pickle.load", least, seen)
	}
	if padded {
		w.aside(p, a, w.otherJoblib(p, a.at, joblib.Before1_2), "joblib before 1.2", audit.Low, seen)
	}
	if len(a.Problems) > 0 {
		w.aside(p, a, w.otherJoblib(p, a.at, joblib.Since1_2), "joblib before 1.6", audit.Low, seen)
	}
}

// covers reports whether a byte belongs to an array, or lies behind all that
// could be read.
func (a *arrays) covers(at int64) bool {
	i, _ := slices.BinarySearchFunc(a.Arrays, at, func(x joblib.Array, at int64) int { return cmp.Compare(x.Offset+x.Length, at+1) })
	if i == len(a.Arrays) {
		return a.Trace.Failure != nil
	}
	return at >= a.Arrays[i].Offset-a.Arrays[i].Padding
}

// sibling audits an array that is not in the file itself, or reports it.
func (w *walk) sibling(p part, s joblib.Sibling) {
	reason := fmt.Sprintf("an array is in another file, %q, which is read when this one is", s.Name)
	switch {
	case s.Outside:
		w.finding("MA112", p.member, s.Pos, s.End, fmt.Sprintf("an array is read from %q, which is no file name beside this file", s.Name))
	case p.root && w.opt.Beside != nil:
		r, size, err := w.beside(s.Name)
		if err == nil {
			w.readSibling(part{r: r, size: size, name: s.Name, member: s.Name, depth: p.depth + 1, strict: true}, s.Compressed)
			return
		}
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err // a report names no directory
		}
		reason += ", and cannot be opened: " + err.Error()
	}
	w.unread(p.member, s.End, s.End, reason)
}

// readSibling audits a file beside the artifact, which joblib before 0.10 reads with it: a
// .npy, or the elements of an array, compressed, of which numpy takes as many as it has.
func (w *walk) readSibling(p part, compressed bool) {
	if compressed {
		return
	}
	opaque := w.opaque
	w.part(p)
	w.opaque = opaque // its bytes are none of the artifact's
}

// aside adds what another loader executes, if it is at least so severe. That it
// fails there is no fault of the file, and the few bytes of numbers that it may
// live through are none either: only names count that stand in an array, and
// known ones.
func (w *walk) aside(p part, a *arrays, tr *sym.Trace, who string, least audit.Severity, seen map[seenAt]bool) {
	j := w.judge(p, tr, rules.PickleContext{})
	for _, f := range j.Findings {
		if f.Rule >= "MA200" || seen[seenAt{f.Location, f.Callable}] || f.Severity.Rank() < least.Rank() || f.Callable == "" || !plausible(f.Callable) ||
			f.Severity != audit.Critical && !a.covers(f.Location.Start) {
			continue
		}
		seen[seenAt{f.Location, f.Callable}] = true
		f.Message += ", if " + who + " reads the file, which takes the bytes of an array for instructions"
		w.add([]audit.Finding{f})
	}
	if f := tr.Failure; f != nil && f.Limit {
		w.finding("MA501", p.member, f.Pos, p.size, f.Msg)
		w.unread(p.member, f.Pos, p.size, f.Msg)
	}
}

// plain reads a stream as pickle.load does.
func (w *walk) plain(p part, at, end int64) *sym.Trace {
	tr := sym.Run(p.r, at, end, w.among(sym.Options{MaxOps: w.opcodes(), Python: true}))
	w.read(tr)
	return tr
}

// plausible reports whether a name can be one that Python imports: the bytes
// of an array, read as instructions, may happen to import something.
func plausible(name string) bool {
	for _, c := range name {
		if c <= ' ' || c == 0x7f || c == '\ufffd' {
			return false
		}
	}
	return true
}
