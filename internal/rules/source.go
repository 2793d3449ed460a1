package rules

import (
	"slices"

	"github.com/modelaudit/action/audit"
)

// SourceFinding reports a member of an archive whose text its loader or server
// runs, with what the text is seen to do; it raises the severity by that. A
// .pyc is looked at for its names.
func SourceFinding(id string, loc audit.Location, message, text string) audit.Finding {
	f := New(id, loc, "", message)
	found := unpacked(text)
	if len(found) == 0 {
		return f
	}
	f.Message += "; the code " + sentence(found)
	f.Severity = gravest(f.Severity, found)
	return f
}

// PackagedSource reports a module that an archive of torch.package carries, whose
// importer runs it, if its text is seen to do what no model needs.
func PackagedSource(loc audit.Location, name, text string) (f audit.Finding, ok bool) {
	return carriedSource(loc, "whoever unpacks the package imports its "+name+", which ", unpacked(text))
}

// unpacked is what a source text does that no model needs, codes within it included.
func unpacked(text string) []Pattern {
	u := unpacker{left: maxCargoText, evidence: evidence{words: map[string]bool{}, commands: map[string]bool{}}}
	u.bytes([]byte(text[:min(len(text), maxCargoText)]), "", 0)
	return grave(u.cargo().Patterns)
}

// Evaluated is the finding of a text that a loader evaluates as an expression. One that
// is seen to make code, start programs or reach files or the network is as critical
// as the call of such a function.
func Evaluated(loc audit.Location, message, text string) audit.Finding {
	f := New("MA405", loc, "", message)
	found := slices.DeleteFunc(Source(text), func(p Pattern) bool { return p.Severity.Rank() < audit.High.Rank() })
	if len(found) > 0 {
		f.Message += "; it " + sentence(found)
		f.Severity = audit.Critical
	}
	return f
}

// grave keeps the patterns that no model needs, and the start of programs.
func grave(found []Pattern) []Pattern {
	return slices.DeleteFunc(found, func(p Pattern) bool { return p.Severity != audit.Critical && p.Name != "process" })
}

// gravest is the highest severity of the patterns, at least that which is given.
func gravest(least audit.Severity, found []Pattern) audit.Severity {
	for _, p := range found {
		if p.Severity.Rank() > least.Rank() {
			least = p.Severity
		}
	}
	return least
}

// carriedSource makes the finding of a source text, if there is any.
func carriedSource(at audit.Location, begin string, found []Pattern) (audit.Finding, bool) {
	if len(found) == 0 {
		return audit.Finding{}, false
	}
	f := New("MA111", at, "", begin+sentence(found))
	f.Severity = gravest(f.Severity, found)
	return f, true
}
