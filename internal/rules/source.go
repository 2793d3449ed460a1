package rules

import (
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
)

// TorchScript judges a member of a TorchScript archive that holds source text
// (code/*.py). The compiler of TorchScript knows no Python module, so that
// ordinary source is data; what it has to reach files and other processes with
// is looked for by name (torch/csrc/jit/runtime/register_prim_ops.cpp and
// register_distributed_ops.cpp; aten/src/ATen/native/native_functions.yaml,
// from_file). The text is cut at 64 KiB for whatever else it may hold, and
// looked through whole for these.
func TorchScript(member, text string) []audit.Finding {
	at := audit.Location{Member: member, End: int64(len(text))}
	found := grave(Source(text))
	for _, s := range []struct {
		part, does string
		severity   audit.Severity
	}{
		{"from_file(", "maps a file into a tensor, or makes one", audit.High},
		{"torch.save(", "writes a file", audit.High},
		{"aten.save(", "writes a file", audit.High},
		{"rpc_async(", "calls functions in other processes", audit.High},
		{"rpc_sync(", "calls functions in other processes", audit.High},
		{"ops.rpc.", "calls functions in other processes", audit.High},
	} {
		if strings.Contains(text, s.part) {
			found = append(found, Pattern{Name: "torchscript", Does: s.does, Severity: s.severity, Seen: strings.TrimSuffix(s.part, "(")})
		}
	}
	if f, ok := carriedSource(at, "the TorchScript source ", found); ok {
		return []audit.Finding{f}
	}
	return nil
}

// grave keeps the patterns that no model needs.
func grave(found []Pattern) []Pattern {
	return slices.DeleteFunc(found, func(p Pattern) bool { return p.Severity != audit.Critical })
}

// carriedSource makes the finding of a source text, if there is any.
func carriedSource(at audit.Location, begin string, found []Pattern) (audit.Finding, bool) {
	if len(found) == 0 {
		return audit.Finding{}, false
	}
	f := New("MA111", at, "", begin+sentence(found))
	for _, p := range found {
		if p.Severity.Rank() > f.Severity.Rank() {
			f.Severity = p.Severity
		}
	}
	return f, true
}
