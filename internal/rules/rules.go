// Package rules knows what is dangerous. Formats hand it what they saw (the
// trace of a pickle, the anomalies of a container) and it answers with
// findings. Of a stream it reads only the texts that calls are given.
//
// A global is safe only if its exact name stands in [contracts] and it is used
// as its contract says. There is no list of dangerous names that decides
// anything: [gadgets] and [signs] raise severities and word messages.
//
// # Security
//
// Traces come from hostile streams. Every walk visits a node once and keeps
// its own stack; a shape compares against closed sets and never resolves a
// name through another. What calls are given as text or bytes is unpacked
// within limits for each call and each stream, and never run.
package rules

import (
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/action/audit"
)

// All returns every rule, in order of ID.
func All() []audit.Rule { return slices.Clone(catalog()) }

var catalog = sync.OnceValue(func() []audit.Rule {
	return slices.Concat(executionRules(), integrityRules(), kerasRules(), programRules(), resourceRules())
})

// Lookup returns the rule with that ID.
func Lookup(id string) (audit.Rule, bool) {
	i, ok := slices.BinarySearchFunc(catalog(), id, func(r audit.Rule, id string) int { return strings.Compare(r.ID, id) })
	if !ok {
		return audit.Rule{}, false
	}
	return catalog()[i], true
}

// New makes a finding of the rule with that ID, at the rule's usual severity.
// Remedies are filled where the artifact as a whole is known.
func New(id string, loc audit.Location, callable, message string) audit.Finding {
	r, _ := Lookup(id)
	return audit.Finding{Rule: id, Severity: r.Severity, Message: message, Location: loc, Callable: callable}
}
