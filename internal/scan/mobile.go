package scan

import (
	"regexp"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/torch"
	"github.com/modelaudit/action/internal/zipfile"
)

// mobileCode is the record with the instructions for the interpreter of mobile devices.
const mobileCode = "bytecode.pkl"

var (
	operatorName = regexp.MustCompile(`^\w+::[\w.]+$`)
	nativeName   = regexp.MustCompile(`__torch__\.torch\.classes\.[\w.]+`)
)

// mobile judges the instructions for the interpreter of mobile devices, which reads
// no source: torch.jit.mobile runs what this record names (torch/csrc/jit/mobile/import.cpp,
// parseMethods). Its texts are read one by one, so that a stream which torch's unpickler
// understands and Python's does not hides none.
func (w *walk) mobile(p part, f *zipfile.File) {
	e, ok := f.TorchLookup(mobileCode)
	if !ok {
		return
	}
	member := p.below(e.Name)
	r, size, done, err := w.openMember(f, e)
	defer done()
	if err != nil {
		w.unread(member, 0, e.Size, err.Error())
		return
	}
	constant := w.mobileConstants(f)
	d := pickle.NewDecoder(r, 0, size, pickle.Options{MaxOps: w.lim.MaxOpcodes})
	seen := map[string]bool{}
	for op := (pickle.Op{}); d.Read(&op) == nil && op.Code != pickle.OpStop; {
		native := nativeName.FindString(op.Text)
		name, what := native, "uses the native class "
		if native == "" && strings.Contains(op.Text, "::") && operatorName.MatchString(op.Text) && !constant(op.Text) {
			name, what = op.Text, "uses the operator "
		}
		if name == "" || seen[name] || rules.ListedOperator(name) || rules.ListedNativeClass(native) {
			continue
		}
		seen[name] = true
		w.add([]audit.Finding{rules.New("MA402", audit.Location{Member: member, Start: op.Pos, End: op.End}, name, what+name)})
	}
}

// mobileConstants says which texts stand in no list of operators. Where the values are not
// known to their end that is said of none.
func (w *walk) mobileConstants(f *zipfile.File) func(string) bool {
	z, err := torch.ReadPickle(f, mobileCode, "constants/", w.lim, w.among(sym.Options{MaxOps: w.lim.MaxOpcodes}))
	if err != nil || z.Broken != nil || z.Trace.Failure != nil || z.Trace.Root == nil {
		return func(string) bool { return false }
	}
	var lists []*sym.Node
	sym.Reach(func(n *sym.Node) bool {
		if i := n.Items(); len(i) > 1 && i[0].Kind == sym.String && i[0].Text == "operators" {
			lists = append(lists, i[1:]...)
		}
		return true
	}, z.Trace.Root)
	named := map[string]bool{}
	sym.Reach(func(n *sym.Node) bool {
		named[n.Text] = true
		return true
	}, lists...)
	return func(text string) bool { return !named[text] }
}
