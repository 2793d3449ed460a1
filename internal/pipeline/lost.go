package pipeline

import (
	"cmp"
	"fmt"
)

// Losses are the values that a conversion leaves out for one reason.
type Losses struct {
	First  string // the first of them
	Count  int
	Reason string
}

// Names is the first of the values and how many more there are.
func (l Losses) Names() string {
	switch n := l.Count - 1; n {
	case 0:
		return l.First
	case 1:
		return l.First + " and 1 more value"
	default:
		return fmt.Sprintf("%s and %d more values", l.First, n)
	}
}

// ByReason groups values that are left out by why, in the order of the first of each.
func ByReason(list []Missing) []Losses {
	var out []Losses
	at := map[string]int{}
	for _, m := range list {
		i, known := at[m.Reason]
		if !known {
			i = len(out)
			at[m.Reason] = i
			out = append(out, Losses{First: cmp.Or(m.Path, "the object itself"), Reason: m.Reason})
		}
		out[i].Count++
	}
	return out
}

// maxLost is of how many reasons Lost tells.
const maxLost = 3

// Lost says in words which plain values the result does not have, and why.
func (c *Conversion) Lost() (notes []string) {
	left := len(c.Omitted)
	for i, l := range ByReason(c.Omitted) {
		if i == maxLost {
			return append(notes, fmt.Sprintf("%d more values are left out", left))
		}
		notes = append(notes, fmt.Sprintf("left out: %s: %s", l.Names(), l.Reason))
		left -= l.Count
	}
	return notes
}
