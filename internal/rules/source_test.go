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

// TestEvaluated: a text that is evaluated is as critical as what it is seen to do.
func TestEvaluated(t *testing.T) {
	for text, want := range map[string]audit.Severity{
		"__import__('os').system('true')": audit.Critical,
		"exec('x')":                       audit.Critical,
		"().__class__.__subclasses__()":   audit.Critical,
		"acme(Symbol('s0'))":              audit.High,
		"open('notes')":                   audit.High,
	} {
		if f := Evaluated(audit.Location{}, "a size", text); f.Severity != want {
			t.Errorf("%s: %s, %s", text, f.Severity, f.Message)
		}
	}
}
