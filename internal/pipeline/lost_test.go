package pipeline

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is left out for one reason is one note with its count; of many reasons the
// first three are told, and how many values the others are of.
func TestLost(t *testing.T) {
	c := Conversion{Omitted: []Missing{
		{Path: "a", Reason: "x"}, {Path: "b", Reason: "y"}, {Path: "c", Reason: "x"}, {Path: "d", Reason: "x"},
		{Path: "", Reason: "z"}, {Path: "e", Reason: "y"}, {Path: "f", Reason: "v"}, {Path: "g", Reason: "w"}, {Path: "h", Reason: "w"},
	}}
	want := []string{
		"left out: a and 2 more values: x",
		"left out: b and 1 more value: y",
		"left out: the object itself: z",
		"3 more values are left out",
	}
	if d := cmp.Diff(want, c.Lost()); d != "" {
		t.Error(d)
	}
}
