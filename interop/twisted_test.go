//go:build interop

package interop

import "testing"

// TestTwisted converts files that torch or pickle load and no library writes:
// each is converted to exactly the tensors that they load, or refused. One that
// they cannot load must be refused.
func TestTwisted(t *testing.T) {
	t.Parallel()
	cases, _ := generated(t, newPython, "twisted.py")
	converted := convertAll(t, cases)
	if len(converted) < len(cases)/10 || len(converted) == len(cases) {
		t.Errorf("%d of %d files were converted", len(converted), len(cases))
	}
	for name, difference := range compare(t, converted) {
		if difference != "" {
			t.Errorf("%s: %s", name, difference)
		}
	}
}
