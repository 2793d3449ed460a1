package rules

import (
	"fmt"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// Pickle judges a trace: every import, call and change in it is either what a
// contract allows, or a finding.
func Pickle(tr *sym.Trace, ctx PickleContext) PickleJudgement {
	j := &judge{ctx: ctx, book: newBook(ctx.Trusted), called: map[*sym.Node]bool{}, settled: map[*sym.Node]bool{}, named: map[*sym.Node]bool{},
		emptied: map[*sym.Node]*sym.Node{}, setters: map[*sym.Node]*sym.Node{}, trust: map[string]bool{}, built: map[string]bool{}, hold: newHold(ctx.Data, tr.End-tr.Start), half: -1}
	j.book.own = ctx.Own
	j.book.modules = ctx.Storage != nil
	j.out.Untrusted, j.out.Foreign, j.out.Wrapped = map[*sym.Node]bool{}, map[*sym.Node]bool{}, map[*sym.Node]Wrapped{}
	j.unwrapper.Untrusted = func(n *sym.Node) bool { return j.out.Untrusted[n] }
	for i := range tr.Events {
		if e := &tr.Events[i]; e.Kind == sym.EventCall {
			j.called[j.book.class(e.Node.Call().Func)] = true
			for _, class := range []*sym.Node{classOf(e.Node.Call()), j.book.tensorClass(e.Node.Call())} {
				if class != nil {
					j.called[class] = true
				}
			}
		}
	}
	for i := len(tr.Events) - 1; i >= 0 && tr.Events[i].Kind == sym.EventShort && ctx.Cut; i-- {
		j.half = tr.Events[i].Pos
	}
	for i := range tr.Events {
		if i%eventsPerLook == 0 && ctx.Stop != nil && ctx.Stop() {
			j.out.Stopped = true
			break
		}
		j.event(&tr.Events[i])
	}
	j.doubted()
	if tr.Root != nil {
		j.extent(tr)
		if j.out.Stopped {
			j.out.Untrusted[tr.Root] = true
		}
	}
	j.kept(tr)
	if f := tr.Failure; f != nil && !f.Limit && !(f.Truncated && ctx.Cut) {
		j.add("MA201", f.Pos, max(tr.End, f.Pos), "", "the stream ends in an error: "+f.Msg)
	}
	return j.out
}

type judge struct {
	ctx       PickleContext
	book      book
	called    map[*sym.Node]bool // globals that some call uses
	named     map[*sym.Node]bool // globals whose import is part of an earlier place
	settled   map[*sym.Node]bool // dtypes that an array or scalar has taken, and the containers that make them up
	trust     map[string]bool
	hold      *hold
	built     map[string]bool // unlisted classes of which an object was reported
	half      int64           // where a GLOBAL may stand whose name is cut off, -1 without one
	unwrapper Unwrapper
	setters   map[*sym.Node]*sym.Node // objects with a planted __setstate__, and that
	emptied   map[*sym.Node]*sym.Node // containers that a call took a value out of, and what it gave
	quiet     []*sym.Node             // what calls gave that leave as it is what they are given
	patched   bool                    // the stream changes something that it imports
	callers   bool                    // a name was imported that calls what it is given
	spelled   int                     // items of dicts that were looked through for computed names
	out       PickleJudgement
}

// eventsPerLook is how many events are judged between two questions whether to stop.
const eventsPerLook = 64

// MaxFindings bounds the findings of one stream: with so many it is beyond doubt.
const MaxFindings = 10_001

func (j *judge) add(rule string, start, end int64, callable, message string) {
	j.append(New(rule, audit.Location{Member: j.ctx.Member, Start: start, End: end}, callable, message))
}

func (j *judge) append(f audit.Finding) {
	if len(j.out.Findings) < MaxFindings {
		j.out.Findings = append(j.out.Findings, f)
	}
}

func (j *judge) event(e *sym.Event) {
	switch e.Kind {
	case sym.EventImport:
		j.imported(e)
	case sym.EventCall:
		j.call(e)
	case sym.EventBuild:
		j.build(e)
	case sym.EventAppend, sym.EventSetItem:
		j.mutate(e)
	case sym.EventPersistent:
		if j.ctx.Storage == nil || !j.ctx.Storage(e.Node) {
			j.asked(e)
		}
	case sym.EventExtension:
		j.out.Untrusted[e.Node] = true
		j.add("MA105", e.Pos, e.End, "", fmt.Sprintf("extension code %d is looked up in the registry of the loading process", e.Node.Int))
	case sym.EventBuffer:
		j.out.Untrusted[e.Node] = true
		j.add("MA109", e.Pos, e.End, "", "bytes come from a buffer outside the file")
	case sym.EventUnresolved:
		j.computed(e)
	case sym.EventCollision:
		j.out.Touched = append(j.out.Touched, e.Node)
		j.add("MA207", e.Pos, e.End, "", "the key "+describe(e.Args[0])+" is set twice")
	case sym.EventLate:
		if j.settled[e.Node] {
			j.out.Touched = append(j.out.Touched, e.Node)
			j.add("MA104", e.Pos, e.End, "", "changes "+describe(e.Node)+" that a numpy type is made of")
		}
	case sym.EventExcess:
		j.add("MA501", e.Pos, e.End, "", e.Text)
	case sym.EventShort:
		if !j.ctx.Cut {
			j.add("MA202", e.Pos, e.End, "", e.Text)
		}
	case sym.EventAnomaly:
		j.add("MA202", e.Pos, e.End, "", e.Text)
	}
}

// imported reports an unlisted global, unless a call of it says so anyway.
func (j *judge) imported(e *sym.Event) {
	c, ok := j.book.find(e.Node)
	if c.trusted && !j.trust[e.Node.FullName()] {
		j.trust[e.Node.FullName()] = true
		j.out.TrustUsed = append(j.out.TrustUsed, e.Node.FullName())
	}
	if ok {
		j.callers = j.callers || c.caller || c.starts || c.onlyNew
		return
	}
	j.out.Untrusted[e.Node] = true
	if j.called[e.Node] || e.Pos == j.half && e.Op == pickle.OpGlobal && j.book.begins(e.Node.Module(), e.Node.Name()) {
		return
	}
	f := New("MA103", audit.Location{Member: j.ctx.Member, Start: e.Pos, End: e.End}, e.Node.FullName(),
		"imports "+spelled(e.Node))
	if known := familyOf(e.Node.Module(), e.Node.Name()); known != "" {
		f.Severity = audit.Critical
		f.Message += ", which " + string(known)
	}
	j.append(f)
}

func (j *judge) call(e *sym.Event) {
	call := e.Node.Call()
	fn := j.book.class(call.Func)
	c, ok := j.book.find(fn)
	switch {
	case fn.Kind != sym.Global && !ok:
		j.distrust(e.Node, call)
		j.addCall("MA105", e.Pos, e.End, call, "calls "+describe(fn)+", which the file does not show")
	case !ok:
		j.unlisted(e, fn, call)
	case !j.book.accepts(c, call), c.stated && len(e.Node.States()) == 0:
		if class := classOf(call); class != nil && j.builds(class) {
			j.unlisted(e, class, call)
			return
		}
		if class := j.book.tensorClass(call); class != nil {
			j.tensorOf(e, class)
			return
		}
		if class := memberByName(call); class != nil {
			if _, listed := j.book.find(class); !listed {
				j.out.Untrusted[e.Node], j.out.Foreign[e.Node] = true, true
				j.once(class.FullName(), "MA110", e.Pos, e.End, "takes a member of the class "+spelled(class)+" by its name, as of an enumeration")
				return
			}
		}
		if c.onlyNamed() && j.plainNew(call) && !dangerous(fn.Module(), fn.Name()) {
			j.unlisted(e, fn, call)
			return
		}
		if j.hookedTensor(c, call) {
			j.settle(call.Args)
		} else if j.reads(call) {
			j.out.Untrusted[e.Node], j.out.Foreign[e.Node] = true, true
			j.unwrapped(e.Node)
		} else {
			j.distrust(e.Node, call)
		}
		rule := "MA104"
		if len(c.calls) == 0 && dangerous(fn.Module(), fn.Name()) {
			rule = "MA101"
		}
		j.addCall(rule, e.Pos, e.End, call, "calls "+spelled(fn)+argumentText(call)+" in another way than the harmless one")
	default:
		j.settle(call.Args)
		j.pointers(call, e.Pos)
		if c.nested > 0 {
			j.out.Nested = append(j.out.Nested, e.Node)
		}
	}
}

// begin is where the place of a call begins: at the import, if this is the
// first call of it, so that the place shows what is called and with what.
func (j *judge) begin(e *sym.Event, fn *sym.Node) int64 {
	if !j.named[fn] && fn.Pos < e.Pos {
		j.named[fn] = true
		return fn.Pos
	}
	return e.Pos
}

// distrust marks the result of a call and everything the call could change.
func (j *judge) distrust(result *sym.Node, call *sym.Call) {
	j.out.Untrusted[result] = true
	if j.unwrapped(result) {
		return
	}
	j.out.Touched = append(j.out.Touched, call.Live...)
	if call.Kwargs != nil {
		j.out.Touched = append(j.out.Touched, call.Kwargs)
	}
	if call.Func.Kind != sym.Global {
		j.out.Touched = append(j.out.Touched, call.Func)
	}
}
