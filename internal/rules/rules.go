// Package rules knows what is dangerous. Formats hand it what they saw (the
// trace of a pickle, the anomalies of a container) and it answers with
// findings; it reads no bytes itself.
//
// A global is safe only if its exact name stands in [contracts] and it is used
// as its contract says. There is no list of dangerous names that decides
// anything: [dangerous] only raises a severity.
//
// # Security
//
// Traces come from hostile streams. Every walk visits a node once and keeps
// its own stack; a shape compares against closed sets and never resolves a
// name through another.
package rules

import (
	"sync"

	"github.com/modelaudit/action/audit"
)

// All returns every rule, in order of ID.
func All() []audit.Rule {
	var all []audit.Rule
	all = append(all, executionRules()...)
	all = append(all, integrityRules()...)
	return append(all, resourceRules()...)
}

// byID is the catalogue as a table, made when the first finding is.
var byID = sync.OnceValue(func() map[string]audit.Rule {
	table := map[string]audit.Rule{}
	for _, r := range All() {
		table[r.ID] = r
	}
	return table
})

// Lookup returns the rule with that ID.
func Lookup(id string) (audit.Rule, bool) {
	r, ok := byID()[id]
	return r, ok
}

// New makes a finding of the rule with that ID, at the rule's usual severity.
// Remedies are filled where the artifact as a whole is known.
func New(id string, loc audit.Location, callable, message string) audit.Finding {
	r, _ := Lookup(id)
	return audit.Finding{Rule: id, Severity: r.Severity, Message: message, Location: loc, Callable: callable}
}
