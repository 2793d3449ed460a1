package audit

import (
	"cmp"
	"slices"
)

// Tool identifies the program that made a report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// PolicySource identifies the policy that decided.
type PolicySource struct {
	Source string `json:"source"` // e.g. ".modelaudit.yml@index" or "built-in"
	SHA256 string `json:"sha256"`
	// Floor is the policy that this one may not loosen, nil if there is none.
	Floor *PolicyFloor `json:"floor,omitempty"`
}

// PolicyFloor identifies the policy that another may tighten and not loosen.
type PolicyFloor struct {
	Source string `json:"source"`
	SHA256 string `json:"sha256"`
}

// Revisions are those of the change that a report is about.
type Revisions struct {
	Event string `json:"event,omitempty"` // as the CI service calls it: "push"
	Base  string `json:"base,omitempty"`  // commit id; "" if every file of Head was looked at
	Head  string `json:"head"`            // commit id
}

// Summary counts artifacts by outcome.
type Summary struct {
	Artifacts  int `json:"artifacts"`
	Clean      int `json:"clean"`
	Findings   int `json:"findings"`
	Incomplete int `json:"incomplete"`
	Rewritten  int `json:"rewritten"`
	Blocked    int `json:"blocked"`
	Skipped    int `json:"skipped,omitempty"` // files that nothing shows to be a model
}

// A Report is the complete, ordered account of one run.
type Report struct {
	Schema int           `json:"schema"`
	Tool   Tool          `json:"tool"`
	Policy *PolicySource `json:"policy,omitempty"`
	// Change is what `modelaudit ci` audited, in a report of that command alone.
	Change    *Revisions `json:"change,omitempty"`
	Artifacts []Artifact `json:"artifacts"`
	Notes     []string   `json:"notes,omitempty"`
	// Validation is what `validate` compared, in a report of that command alone.
	Validation *Validation `json:"validation,omitempty"`
	Summary    Summary     `json:"summary"`
	ExitCode   int         `json:"exit_code"`
}

// The exit codes, the same at every door.
const (
	ExitAllowed     = 0
	ExitBlocked     = 1
	ExitUsage       = 2
	ExitIncomplete  = 3
	ExitInterrupted = 130
)

// WorseExit combines two exit codes: interrupted beats 2 beats 1 beats 3 beats 0.
func WorseExit(a, b int) int {
	order := []int{ExitAllowed, ExitIncomplete, ExitBlocked, ExitUsage, ExitInterrupted}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// Close sorts the artifacts by path and fills Schema, Summary and ExitCode.
// Summary.Skipped and Notes are kept. An artifact without a decision counts by
// its verdict alone. The code is the worst over all artifacts and extra.
func (r *Report) Close(extra int) {
	r.Schema = SchemaVersion
	slices.SortStableFunc(r.Artifacts, func(a, b Artifact) int { return cmp.Compare(a.Path, b.Path) })
	if r.Artifacts == nil {
		r.Artifacts = []Artifact{}
	}
	s := Summary{Artifacts: len(r.Artifacts), Skipped: r.Summary.Skipped}
	code := extra
	for i := range r.Artifacts {
		a := &r.Artifacts[i]
		a.normalise()
		switch a.Verdict {
		case VerdictClean:
			s.Clean++
		case VerdictFindings:
			s.Findings++
		default:
			s.Incomplete++
		}
		if a.Remedy != nil && !a.Remedy.Planned {
			s.Rewritten++
		}
		c := a.exitCode()
		if c != ExitAllowed && a.Remedy == nil {
			s.Blocked++
		}
		code = WorseExit(code, c)
	}
	r.Summary, r.ExitCode = s, code
}

// exitCode is the artifact's own contribution. A rewritten artifact
// contributes nothing: whether to stop after a rewrite is the hook's business.
func (a *Artifact) exitCode() int {
	if a.Remedy != nil {
		return ExitAllowed
	}
	if a.Decision != nil {
		switch a.Decision.Action {
		case ActionAllow, ActionWarn:
			return ExitAllowed
		case ActionBlock, ActionConvert, ActionStrip:
			if a.Verdict == VerdictIncomplete && a.Decision.Action == ActionBlock {
				return ExitIncomplete
			}
			return ExitBlocked
		}
	}
	switch a.Verdict {
	case VerdictClean:
		return ExitAllowed
	case VerdictFindings:
		return ExitBlocked
	}
	return ExitIncomplete
}

// Passes reports whether the artifact alone would let a run end in exit code 0.
func (a *Artifact) Passes() bool { return a.exitCode() == ExitAllowed }

// normalise replaces nil lists by empty ones, so that JSON never shows null.
func (a *Artifact) normalise() {
	if a.Formats == nil {
		a.Formats = []Format{}
	}
	if a.Findings == nil {
		a.Findings = []Finding{}
	}
	for i := range a.Findings {
		if a.Findings[i].Remedies == nil {
			a.Findings[i].Remedies = []RemedyKind{}
		}
	}
	if a.Coverage.Unread == nil {
		a.Coverage.Unread = []Unread{}
	}
	if a.Decision != nil && a.Decision.Clauses == nil {
		a.Decision.Clauses = []string{}
	}
	if a.Remedy != nil && a.Remedy.Outputs == nil {
		a.Remedy.Outputs = []Output{}
	}
}

// Offers reports whether a remedy of that kind would remove the findings.
func (a *Artifact) Offers(k RemedyKind) bool {
	return len(a.Findings) > 0 && slices.Contains(a.Findings[0].Remedies, k)
}

// StripKeeps reports whether a strip is offered that keeps what a conversion loses.
func (a *Artifact) StripKeeps() bool { return a.ArraysAlone && a.Offers(RemedyStrip) }

// StripFirst reports whether such a strip is the better offer: where the policy
// wants a conversion it may let nothing else through.
func (a *Artifact) StripFirst() bool {
	return a.StripKeeps() && (a.Decision == nil || a.Decision.Action != ActionConvert)
}
