package rules

import (
	"strings"
	"testing"
)

// TorchScript source as torch 2.15 writes it is data; what reaches outside is a finding.
func TestTorchScript(t *testing.T) {
	const module = `class Net(Module):
  __parameters__ = ["weight", ]
  __buffers__ = []
  weight : Tensor
  training : bool
  def forward(self: __torch__.Net,
    x: Tensor) -> Tensor:
    _0 = torch.conv2d(x, self.weight, None, [1, 1])
    if torch.__isnot__(_0, None):
      ops.prim.RaiseException("open file", "builtins.ValueError")
    return torch.relu(ops.quantized.linear(_0, annotate(List[int], [])))
`
	for _, tt := range []struct{ text, says string }{
		{module, ""},
		{"", ""},
		{module + `    _1 = torch.from_file("/etc/hostname", True, 4, dtype=0)`, "maps a file into a tensor"},
		{module + `    torch.save(x, "/tmp/x")`, "writes a file (torch.save)"},
		{module + `    _2 = ops.rpc.remote("worker", f)`, "calls functions in other processes"},
		{module + `    _3 = "/root/.ssh/id_rsa"`, "reads credentials"},
	} {
		got := TorchScript("a/code/net.py", tt.text)
		if tt.says == "" {
			if len(got) > 0 {
				t.Errorf("%v", got)
			}
			continue
		}
		if len(got) != 1 || got[0].Rule != "MA111" || !strings.Contains(got[0].Message, tt.says) || got[0].Location.Member != "a/code/net.py" {
			t.Errorf("%v does not say %q", got, tt.says)
		}
	}
}
