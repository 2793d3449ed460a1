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
	for i, o := range outputs {
		if i == p.max.outputs {
			p.more(len(outputs)-i, "files")
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
