package rules

import (
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

// A source that its server runs is graded by what it does.
func TestSourceFinding(t *testing.T) {
	const handler = "import torch\nclass Handler:\n  def handle(self, data, context):\n    with open(self.path) as f:\n      return self.model(torch.tensor(data))\n"
	for _, tt := range []struct {
		text, says string
		severity   audit.Severity
	}{
		{handler, "", audit.Medium},
		{"", "", audit.Medium},
		{handler + "import socket, pty\npty.spawn('sh')\nsocket.socket()", "the code opens a reverse shell", audit.Critical},
		{handler + "import os\nos.system('true')", "the code starts programs", audit.High},
		{"exec(__import__('zlib').decompress(__import__('base64').b64decode('" + wrapped(reverse) + "')))", "opens a reverse shell", audit.Critical},
	} {
		f := SourceFinding("MA403", audit.Location{Member: "handler.py"}, "runs", tt.text)
		if f.Severity != tt.severity || !strings.Contains(f.Message, tt.says) || tt.says == "" && f.Message != "runs" {
			t.Errorf("%s: %s", f.Severity, f.Message)
		}
	}
}
