package torch

import sym "github.com/modelaudit/action/internal/pickle/symbolic"

// IsStorageID reports whether a persistent id is one that torch.save writes for a
// storage, in either of its formats, whatever file it stands in.
func IsStorageID(n *sym.Node) bool {
	if n.Kind != sym.Persistent {
		return false
	}
	_, now := parseID(n.Of(), false)
	_, before := parseID(n.Of(), true)
	return now == nil || before == nil
}
