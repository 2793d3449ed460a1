package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
)

// remedy prints what was done, the proof in one line and how to load the result.
func (p *printer) remedy(a *audit.Artifact) {
	outputs := a.Remedy.Outputs
	label := doneWord(a.Remedy.Kind)
	if first := p.shared(a); first != "" {
		p.entry(label, green, "as one with "+clipMiddle(Escape(first), p.max.name)+", see there")
		return
	}
	p.removed(a.Remedy.Removed)
	for i, o := range outputs {
		if i == p.max.outputs {
			p.moreOf(len(outputs)-i, "file")
			break
		}
		where := "to " + Escape(o.Path)
		if o.Path == a.Path {
			where = "in place"
		}
		p.entry(label, green, where)
		label = ""
	}
	if len(outputs) == 0 {
		p.entry(label, green, "no file written")
	}
	p.entry("proof", green, clip(proofLine(a.Remedy.Proof), 2*p.max.message))
	if hint := loadHint(a); hint != "" {
		p.entry("load", cyan, hint)
	}
}

// shared is the file before that became the same files as a, which are a set of
// several; "" if a is the first or has its own.
func (p *printer) shared(a *audit.Artifact) string {
	if len(a.Remedy.Outputs) == 0 || a.Remedy.Outputs[0].Path == a.Path {
		return ""
	}
	if p.told == nil {
		p.told = map[string]string{}
	}
	name := a.Remedy.Outputs[0].Path
	first := p.told[name]
	if first == "" {
		p.told[name] = a.Path
	}
	return first
}

// removed prints what a strip took out and what became of it.
func (p *printer) removed(list []audit.Removal) {
	for i, g := range list {
		if i == p.max.removed {
			p.more(len(list)-i, "removed")
			return
		}
		p.entry("removed", green, clip(Escape(g.What+": "+g.Became), 2*p.max.message))
	}
}

// arraysAlone tells that a conversion loses what predicts; "" where it does not.
func arraysAlone(a *audit.Artifact) string {
	switch {
	case !a.ArraysAlone || !a.Offers(audit.RemedyConvert):
		return ""
	case a.StripKeeps():
		return "convert keeps the arrays alone, which predict nothing; remediate keeps the model"
	}
	return "convert keeps the arrays alone, which predict nothing"
}

// doneWord names a remedy that was carried out.
func doneWord(k audit.RemedyKind) string {
	switch k {
	case audit.RemedyConvert:
		return "converted"
	case audit.RemedyStrip:
		return "stripped"
	}
	return Escape(string(k))
}

// proofLine says in one line what was compared and what came out.
func proofLine(p audit.Proof) string {
	equal := "equal byte for byte"
	if p.MaxDiff != 0 {
		equal = fmt.Sprintf("compared, largest difference %g", p.MaxDiff)
	}
	line := fmt.Sprintf("%s, %s %s; rescan %s", count(p.Tensors, "tensor"), Bytes(p.BytesCompared), equal, Escape(string(p.Rescan)))
	if p.SecondDecoder != "" {
		line += "; second decoder " + Escape(p.SecondDecoder)
	}
	return line
}

// loadHint returns one line of Python that opens the result, or "" when no
// output is one that a line can open.
func loadHint(a *audit.Artifact) string {
	if a.Remedy.Kind == audit.RemedyStrip {
		return "as before, the format is the same"
	}
	for _, o := range a.Remedy.Outputs {
		if !strings.HasSuffix(o.Path, ".safetensors") {
			continue
		}
		library := "torch"
		if slices.Contains(a.Formats, audit.FormatNumpy) {
			library = "numpy"
		}
		return "from safetensors." + library + " import load_file; weights = load_file(" + pythonString(o.Path) + ")"
	}
	return ""
}
