package rules

import sym "github.com/modelaudit/action/internal/pickle/symbolic"

const (
	dtensorSpec = "torch.distributed.tensor._dtensor_spec"
	deviceMesh  = "torch.distributed.device_mesh"
	meshLayout  = "torch.distributed._mesh_layout"
	placements  = "torch.distributed.tensor.placement_types"
)

var distributedTensor = global("torch.distributed.tensor", "DTensor")

// distributedState is what a distributed tensor has in its slots: the part of it
// that a process holds, and how it is distributed (torch/distributed/tensor/_api.py).
var distributedState = fields(none, dictOf(oneOfText("_local_tensor", "_spec"), either(rebuilt, madeBy(dtensorSpec, "DTensorSpec"))))

// dtensorContracts: what the state of a distributed tensor is made of (torch
// 2.15). All are made by NEWOBJ; but for DeviceMesh, whose __setstate__ updates
// __dict__ and asks for process groups by the names that its texts are, none has a
// __setstate__, so that BUILD only sets the fields.
func dtensorContracts() []contract {
	sized := either(ints, madeBy("torch", "Size"))
	at := either(integer, ints)
	tuples := kinds(sym.Tuple)
	mesh := dictOf(oneOfText("device_type", "_device_type", "mesh", "_mesh", "_layout", "_rank_map", "mesh_dim_names", "_mesh_dim_names", "_root_mesh", "_parent_mesh",
		"_preserve_rank_order", "_flatten_rank_map", "_flatten_mesh_list", "_thread_id", "_flatten_mapping", "_dim_group_names", "_dim_group_infos", "_rank",
		"_coordinate_on_dim", "_hash"), meshValue(4))
	spec := dictOf(oneOfText("mesh", "placements", "tensor_meta", "shard_order", "use_strided_shard_as_shard_order", "_hash"),
		either(none, integer, kinds(sym.Bool), tuples, madeBy(deviceMesh, "DeviceMesh"), madeBy(dtensorSpec, "TensorMeta")))
	layout := dictOf(oneOfText("shape", "stride", "axes", "_shape", "_stride"), either(at, tuples))
	placement := dictOf(oneOfText("dim", "split_factor", "reduce_op"), either(integer, text))
	meta := with(sized, ints, torchDType)
	plain := func(module string, state shape, names ...string) contract {
		return contract{module: module, names: names, newobj: true, onlyNew: true, calls: with(), state: state}
	}
	return []contract{
		plain(deviceMesh, mesh, "DeviceMesh"),
		plain(meshLayout, layout, "_MeshLayout", "_FlatLayout"),
		plain(dtensorSpec, spec, "DTensorSpec"),
		plain(placements, placement, "Shard", "Replicate", "Partial", "_StridedShard"),
		{module: dtensorSpec, names: []string{"TensorMeta"}, newobj: true, onlyNew: true, calls: meta},
		{module: dtensorSpec, names: []string{"ShardOrderEntry"}, newobj: true, onlyNew: true, calls: with(integer, ints)},
		{module: "torch.distributed.tensor", names: []string{"DTensor"}},
	}
}

// meshValue accepts plain values, tensors and what a mesh refers to, nested so deeply.
func meshValue(depth int) shape {
	return func(n *sym.Node) bool {
		switch n.Kind {
		case sym.None, sym.Bool, sym.Int, sym.String:
			return true
		case sym.Tuple, sym.List:
			for _, item := range n.Items() {
				if depth == 0 || !meshValue(depth-1)(item) {
					return false
				}
			}
			return true
		case sym.Dict:
			for _, p := range n.Pairs() {
				if depth == 0 || !meshValue(0)(p.Key) || !meshValue(depth-1)(p.Value) {
					return false
				}
			}
			return true
		}
		return rebuilt(n) || madeBy(meshLayout, "_MeshLayout")(n) || madeBy(deviceMesh, "DeviceMesh")(n)
	}
}
