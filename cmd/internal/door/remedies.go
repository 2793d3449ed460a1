package door

import (
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
)

// Remedies are the commands that would help with a file on disk, the best first.
func Remedies(a *audit.Artifact) (list []string) {
	if a.Remedy != nil || a.Path == pipeline.Received {
		return nil
	}
	// A clean file is converted because the policy wants none of its format.
	unwanted := a.Verdict == audit.VerdictClean && a.Decision != nil && a.Decision.Action == audit.ActionConvert && a.Refusal == ""
	if unwanted || a.Offers(audit.RemedyConvert) {
		words := append([]string{"modelaudit", "convert", "--to", "safetensors"}, pipeline.WayBeside(a.Path).Flags...)
		list = append(list, render.ShellCommand(append(words, "--", a.Path)))
	}
	if a.Offers(audit.RemedyStrip) {
		list = append(list, "modelaudit remediate -- "+render.ShellQuote(a.Path))
	}
	if a.StripFirst() {
		slices.Reverse(list)
	}
	return list
}
