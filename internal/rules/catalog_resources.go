package rules

import "github.com/modelaudit/action/audit"

const resources = "Resource exhaustion"

// resourceRules: files that are small and take all of a machine.
func resourceRules() []audit.Rule {
	return []audit.Rule{
		{
			ID: "MA501", Family: resources, Title: "limit exceeded", Severity: audit.Medium, CWE: "CWE-400", Since: since,
			Text:       "The file asks for more opcodes, members, nesting or memory than the limits allow. Where reading stopped at a limit, what lies beyond is unread.",
			Why:        "Whoever reads it, or walks the object that it makes, may run out of memory or stack, and padding is a way to keep a scanner from reaching a payload.",
			Bad:        pickled("PROTO 2", "6000 times EMPTY_LIST", "5999 times APPEND", "STOP"),
			Good:       pickled("PROTO 2", "60 times EMPTY_LIST", "59 times APPEND", "STOP"),
			References: []string{"https://cwe.mitre.org/data/definitions/400.html"},
		},
		{
			ID: "MA502", Family: resources, Title: "expansion bomb", Severity: audit.High, CWE: "CWE-409", Since: since,
			Text:       "A compressed member expands to far more than the limits allow.",
			Why:        "Opening it can exhaust memory or disk of whoever opens it, a scanner included.",
			Bad:        archived("member model.pkl", "zeros 314572800"),
			Good:       archived("member model.pkl", "PROTO 2", "EMPTY_DICT", "STOP"),
			References: []string{"https://cwe.mitre.org/data/definitions/409.html"},
		},
	}
}
