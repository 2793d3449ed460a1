package audit

import "testing"

// TestMember: a member's path lies below the path of what holds it, and below no other.
func TestMember(t *testing.T) {
	in := Below(Below("", "a.zip"), "b")
	for of, want := range map[string]bool{"": true, "a.zip": true, "a": false, in: false, Below("a.zip", ""): false} {
		if Within(in, of) != want {
			t.Errorf("%q within %q: %t", in, of, !want)
		}
	}
	if Within("", "") || Below("", "") == "" {
		t.Error("a member without a name is the artifact itself")
	}
}
