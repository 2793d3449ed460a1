package rules

import sym "github.com/modelaudit/action/internal/pickle/symbolic"

// graphContracts: a graph of torch_geometric is what stands in its store, which looks the
// attributes of both up among its items (torch_geometric/data/data.py and storage.py: each
// __setstate__ sets __dict__, the store's makes a weak reference to the graph). A batch is
// of a class that is made while loading, and layers carry the annotations of their methods:
// neither is listed.
func graphContracts() []contract {
	const data, storage = "torch_geometric.data.data", "torch_geometric.data.storage"
	items := func(n *sym.Node) bool { return dictOf(shortText, anything)(n) && !special(n) }
	return []contract{
		{module: data, names: []string{"DataEdgeAttr", "DataTensorAttr"}},
		{module: data, names: []string{"Data"}, calls: with(), newobj: true, onlyNew: true, state: record(map[string]shape{
			"_store": built(storage, "GlobalStorage"), "_edge_attr_cls": global(data, "DataEdgeAttr"), "_tensor_attr_cls": global(data, "DataTensorAttr")})},
		{module: storage, names: []string{"GlobalStorage"}, calls: with(), newobj: true, onlyNew: true, state: record(map[string]shape{
			"_mapping": items, "_parent": either(none, built(data, "Data"), built("torch_geometric.data.temporal", "TemporalData"))})},
	}
}
