// Package decompile writes down what loading a pickle does, one line a step, in
// a notation close to Python:
//
//	v1 = os.system("true")  # called at 0x12, MA101 critical: runs commands
//	result = {"epoch": 3, "w": tensor(float32 [2, 3], storage 0)}
//
// A step that is harmless as it stands has no line of its own: its value is
// shown where it is used.
//
// # Security
//
// Traces come from hostile streams. Every line is bounded in length, depth and
// elements, so that shared and cyclic values cost no more than others; output
// is printable ASCII whatever the stream's names and texts are. Nothing is
// looked up or run.
package decompile

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
)

// Options says how much is written. The zero value shortens everything.
type Options struct {
	// All writes every step, harmless ones included, and every element of the
	// result, each container once.
	All bool
	// Steps is how many steps are written unless All is set; 0 means 300.
	Steps int
	// Storage reports whether a persistent id is a tensor storage of the container.
	Storage func(*sym.Node) bool
	// Data is what the trace's offsets count in: long texts are read there.
	Data io.ReaderAt
}

// A Statement is what one opcode does, in the notation of the package.
type Statement struct {
	Pos, End int64 // of the opcode
	Text     string
}

// Write writes the steps of a trace that matter, each behind two spaces, and
// last the object that it makes. Findings are those of the same stream. It
// returns the writer's error.
func Write(w io.Writer, tr *sym.Trace, j rules.PickleJudgement, opt Options) error {
	if opt.Steps == 0 {
		opt.Steps = 300
	}
	p := newPrinter(tr, j, opt)
	p.out = bufio.NewWriter(w)
	left := 0
	for i := range tr.Events {
		e := &tr.Events[i]
		if !p.matters(e) {
			continue
		}
		if !opt.All && p.written >= opt.Steps {
			left++
			continue
		}
		p.step(e)
	}
	if left > 0 {
		fmt.Fprintf(p.out, "  # and %d more steps like these\n", left)
	}
	if f := tr.Failure; f != nil {
		fmt.Fprintf(p.out, "  # it breaks off at %#x: %s\n", f.Pos, plain(f.Msg))
	}
	p.result(tr)
	return p.out.Flush()
}

// Statements calls f with every import, call and change of a trace, in order,
// in the words of Write. It stops when f returns false.
func Statements(tr *sym.Trace, j rules.PickleJudgement, opt Options, f func(Statement) bool) {
	p := newPrinter(tr, j, opt)
	for i := range tr.Events {
		e := &tr.Events[i]
		text := p.say(e)
		if text == "" {
			continue
		}
		if e.Kind == sym.EventCall {
			text = "calls " + text
		}
		// INST imports and calls: what is noted stands behind the call.
		if note := p.note(e); note != "" && (e.Kind != sym.EventImport || i+1 == len(tr.Events) || tr.Events[i+1].End != e.End) {
			text += "; " + note
		}
		if !f(Statement{e.Pos, e.End, text}) {
			return
		}
	}
}

// Value describes a value in at most width characters, and some more to say
// that it is cut.
func Value(n *sym.Node, width int) string {
	p := newPrinter(&sym.Trace{}, rules.PickleJudgement{}, Options{})
	return p.value(n, width)
}

type printer struct {
	out      *bufio.Writer
	opt      Options
	judge    rules.PickleJudgement
	findings map[int64][]audit.Finding // by the end of their place
	called   map[*sym.Node]bool        // globals that some call uses
	targets  map[*sym.Node]bool        // objects that a step which matters changes
	names    map[*sym.Node]int
	written  int
	cargos   int
	depth    int                // values in one another that are being written, see inner
	seen     map[*sym.Node]bool // containers of the result that are written
}

func newPrinter(tr *sym.Trace, j rules.PickleJudgement, opt Options) *printer {
	p := &printer{opt: opt, judge: j, findings: map[int64][]audit.Finding{}, called: map[*sym.Node]bool{}, targets: map[*sym.Node]bool{},
		names: map[*sym.Node]int{}, seen: map[*sym.Node]bool{}}
	for _, f := range j.Findings {
		p.findings[f.Location.End] = append(p.findings[f.Location.End], f)
	}
	for i := range tr.Events {
		e := &tr.Events[i]
		switch {
		case e.Kind == sym.EventCall:
			p.called[e.Node.Call().Func] = true
		case e.Node != nil && e.Node.Kind == sym.Object && len(p.findings[e.End]) > 0:
			p.targets[e.Node] = true
		}
	}
	return p
}

// matters reports whether an event has a line of its own.
func (p *printer) matters(e *sym.Event) bool {
	switch e.Kind {
	case sym.EventImport:
		return !p.called[e.Node] && (p.opt.All || p.judge.Untrusted[e.Node])
	case sym.EventCall, sym.EventPersistent:
		return p.opt.All || p.judge.Untrusted[e.Node] || p.targets[e.Node] || len(p.findings[e.End]) > 0
	case sym.EventBuild:
		if e.Node.Kind < sym.Global {
			return false
		}
		fallthrough
	case sym.EventAppend, sym.EventSetItem:
		return p.opt.All || len(p.findings[e.End]) > 0 || p.judge.Untrusted[e.Node] || p.targets[e.Node]
	case sym.EventExtension, sym.EventBuffer, sym.EventUnresolved:
		return true
	}
	return len(p.findings[e.End]) > 0
}

// step writes one event.
func (p *printer) step(e *sym.Event) {
	p.written++
	text, name := p.say(e), ""
	switch e.Kind {
	case sym.EventCall, sym.EventPersistent, sym.EventExtension, sym.EventBuffer, sym.EventUnresolved:
		p.names[e.Node] = len(p.names) + 1
		name = fmt.Sprintf("v%d = ", p.names[e.Node])
	}
	how := "at"
	switch e.Kind {
	case sym.EventCall:
		how = "called at"
	case sym.EventImport:
		how = "imported at"
	case sym.EventBuild, sym.EventAppend, sym.EventSetItem:
		how = e.Op.String() + " at"
	}
	if text == "" {
		text = "# " + plain(e.Text)
		if e.Kind == sym.EventCollision {
			text = "# the key " + p.value(e.Args[0], 80) + " is set twice"
		}
	}
	fmt.Fprintf(p.out, "  %s%s  # %s %#x", name, text, how, e.Pos)
	if note := p.note(e); note != "" {
		fmt.Fprintf(p.out, ", %s", note)
	}
	p.out.WriteByte('\n')
	if e.Kind == sym.EventCall && p.judge.Untrusted[e.Node] {
		p.cargo(e.Node.Call())
	}
}

// say words an event, "" if it is none that does something.
func (p *printer) say(e *sym.Event) string {
	switch e.Kind {
	case sym.EventImport:
		return "import " + global(e.Node)
	case sym.EventCall:
		if text, ok := p.folded(e.Node); ok {
			return text
		}
		return p.call(e.Node.Call(), lineWidth)
	case sym.EventBuild:
		if e.Node.Kind < sym.Global {
			return ""
		}
		return p.subject(e.Node) + ".__setstate__(" + p.value(e.State.Frozen, lineWidth) + ")"
	case sym.EventAppend:
		return p.append(e)
	case sym.EventSetItem:
		return p.setItem(e)
	case sym.EventPersistent:
		return p.persistent(e.Node)
	case sym.EventExtension:
		return fmt.Sprintf("extension(%d)", e.Node.Int)
	case sym.EventBuffer:
		return "next_buffer()"
	case sym.EventUnresolved:
		return "import_by_name(" + p.value(e.Args[0], 80) + ", " + p.value(e.Args[1], 80) + ")"
	}
	return ""
}

// note is what the findings at an event say in short.
func (p *printer) note(e *sym.Event) string {
	var notes []string
	for _, f := range p.findings[e.End] {
		if len(notes) < 3 && (f.Location.Start <= e.Pos) {
			notes = append(notes, fmt.Sprintf("%s %s", f.Rule, f.Severity))
		}
	}
	text := strings.Join(notes, ", ")
	fn := e.Node
	if e.Kind == sym.EventCall {
		fn = fn.Call().Func
	}
	if what := rules.Known(fn); what != "" && text != "" {
		text += ": " + what
	}
	return text
}

func (p *printer) append(e *sym.Event) string {
	if len(e.Args) == 1 && e.Op == pickle.OpAppend {
		return p.subject(e.Node) + ".append(" + p.value(e.Args[0], lineWidth) + ")"
	}
	method := ".extend(["
	if e.Op == pickle.OpAddItems {
		method = ".update(["
	}
	l := line{left: lineWidth}
	p.items(&l, e.Args, 1)
	return p.subject(e.Node) + method + l.String() + "])"
}

func (p *printer) setItem(e *sym.Event) string {
	var sets []string
	for i := 0; i+1 < len(e.Args) && i < 2*maxPairs; i += 2 {
		sets = append(sets, fmt.Sprintf("%s[%s] = %s", p.subject(e.Node), p.value(e.Args[i], 60), p.value(e.Args[i+1], 80)))
	}
	text := strings.Join(sets, "; ")
	if n := len(e.Args)/2 - len(sets); n > 0 {
		text += fmt.Sprintf("; and %d more items", n)
	}
	return text
}

// subject names the object that a step changes.
func (p *printer) subject(n *sym.Node) string {
	if n.Kind == sym.Object && p.names[n] == 0 && n.Call() != nil {
		if name := global(n.Call().Func); n.Call().Func.Kind == sym.Global {
			return fmt.Sprintf("(%s object of %#x)", name, n.Pos)
		}
	}
	return p.value(n, 80)
}
