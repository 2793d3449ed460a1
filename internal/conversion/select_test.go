package conversion

import "testing"

func TestStrip(t *testing.T) {
	for name, want := range map[string]string{
		"module._orig_mod.fc.w": "fc.w", "_orig_mod.module.fc.w": "fc.w", "fc.w": "fc.w", "module.": "module.", "module.module.w": "module.w",
	} {
		if got := Strip(name, []string{"module.", "_orig_mod."}); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
