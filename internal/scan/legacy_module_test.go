package scan

import (
	"fmt"
	"testing"
)

// torch's older format asks for classes by their source text. A listed layer of
// torch's own is taken as named; any other class, and a text that does harm, is a finding.
func TestLegacyModules(t *testing.T) {
	file := func(module, class, source string) []byte {
		return legacy(t, 3, assemble(t, fmt.Sprintf(`PROTO 2; MARK; UNICODE "module"; GLOBAL %q %q; UNICODE "linear.py"; UNICODE %q; TUPLE; BINPERSID; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "training"; NEWTRUE; SETITEM; BUILD; STOP`, module, class, source)))
	}
	const linear = "torch.nn.modules.linear"
	expect(t, scanBytes(t, "m.pt", file(linear, "Linear", "class Linear(Module):\n    pass\n")), "clean")
	expect(t, scanBytes(t, "m.pt", file("acme.nets", "Net", "class Net(Module):\n    pass\n")), "MA108")
	expect(t, scanBytes(t, "m.pt", file("torch.hub", "load", "")), "MA108")
	expect(t, scanBytes(t, "m.pt", file(linear, "Linear", "import socket, os, pty\ns = socket.socket()\nos.dup2(s.fileno(), 0)\npty.spawn('/bin/sh')\n")), "MA111")
}
