package scan

import (
	"slices"
	"testing"

	"github.com/modelaudit/action/audit"
)

// TestPackaged: torch.package imports the modules of its archive; one that starts programs is high,
// a plain one is unread, and in another archive a source is a text.
func TestPackaged(t *testing.T) {
	const hostile, plain = "import os\nos.system('true')\n", "class Net:\n    width = 3\n"
	for name, test := range map[string]struct {
		extern, source string
		want           bool
	}{
		"hostile":       {"m/.data/extern_modules", hostile, true},
		"plain":         {"m/.data/extern_modules", plain, false},
		"of no package": {"m/.data/version", hostile, false},
	} {
		data := kerasArchive(t, map[string]string{test.extern: "os\n", "m/net.py": test.source})
		a := scanned(t, "m.pt", data, Options{})
		if b := scanned(t, "m.zip", data, Options{}); test.extern == "m/.data/extern_modules" && b.Verdict == audit.VerdictClean {
			t.Errorf("%s is clean as an ordinary archive", name)
		}
		if slices.Contains(rulesOf(a), "MA111") != test.want {
			t.Errorf("%s: %v", name, a.Findings)
		}
		if a.Verdict == audit.VerdictClean {
			t.Errorf("%s is clean", name)
		}
	}
}
