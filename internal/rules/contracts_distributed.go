package rules

import (
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// distributedContracts: the .metadata of a distributed checkpoint
// (torch/distributed/checkpoint/metadata.py and filesystem.py of torch 2.3, 2.5
// and 2.15; the modules below _shard are those of 1.13 to 2.2). Each class is a
// dataclass made by NEWOBJ; but for TensorProperties, none has a __setstate__,
// so that BUILD only sets the fields.
func distributedContracts() []contract {
	const meta, files = "torch.distributed.checkpoint.metadata", "torch.distributed.checkpoint.filesystem"
	const oldMeta, oldFiles = "torch.distributed._shard.checkpoint.metadata", "torch.distributed._shard.checkpoint.filesystem"
	const oldTensor = "torch.distributed._shard.sharded_tensor.metadata"
	maybe := func(s shape) shape { return either(none, s) }
	flag := kinds(sym.Bool)
	layout := madeBy("torch.serialization", "_get_layout")
	memory := either(madeBy(meta, "_MEM_FORMAT_ENCODING"), madeBy(oldTensor, "MEM_FORMAT_ENCODING"))
	properties := either(fields(torchDType, layout, flag, memory, flag), fields(torchDType, layout, flag, memory, flag, maybe(ints)))
	classes := map[string]shape{
		"Metadata": record(map[string]shape{"state_dict_metadata": kinds(sym.Dict), "planner_data": anything, "storage_data": maybe(kinds(sym.Dict)),
			"storage_meta": maybe(madeBy(meta, "StorageMeta")), "version": maybe(text)}),
		"TensorStorageMetadata": record(map[string]shape{"size": ints, "chunks": listOf(either(madeBy(meta, "ChunkStorageMetadata"), madeBy(oldMeta, "ChunkStorageMetadata"))),
			"properties": either(madeBy(meta, "TensorProperties"), madeBy(oldTensor, "TensorProperties"))}),
		"TensorProperties":     properties,
		"ChunkStorageMetadata": record(map[string]shape{"offsets": ints, "sizes": ints}),
		"BytesStorageMetadata": record(nil),
		"MetadataIndex":        record(map[string]shape{"fqn": text, "offset": maybe(ints), "index": maybe(integer)}),
		"StorageMeta": record(map[string]shape{"checkpoint_id": maybe(either(text, madeBy("pathlib", "PosixPath", "WindowsPath"), madeBy("pathlib._local", "PosixPath", "WindowsPath"))),
			"save_id": maybe(text), "load_id": maybe(text), "modules": listOf(text)}),
	}
	out := []contract{
		{module: meta, names: []string{"_MEM_FORMAT_ENCODING"}, calls: with(integer)},
		{module: oldTensor, names: []string{"MEM_FORMAT_ENCODING"}, calls: with(integer)},
		{module: oldTensor, names: []string{"TensorProperties"}, calls: with(), newobj: true, state: properties},
	}
	for _, module := range []string{meta, oldMeta} {
		for name, state := range classes {
			out = append(out, contract{module: module, names: []string{name}, calls: with(), newobj: true, state: state})
		}
	}
	info := record(map[string]shape{"relative_path": shardBeside, "offset": integer, "length": integer, "transform_descriptors": maybe(listOf(text))})
	for _, module := range []string{files, oldFiles} {
		out = append(out, contract{module: module, names: []string{"_StorageInfo"}, calls: with(), newobj: true, state: info})
	}
	return out
}

// shardBeside accepts the name of a file of values beside the metadata
// (filesystem.py, DEFAULT_SUFFIX): the reader unpickles what it says is in there,
// and a file of another name would not be audited as what torch reads.
func shardBeside(n *sym.Node) bool {
	return n.Kind == sym.String && !n.Lazy && strings.HasSuffix(n.Text, ".distcp") && !strings.ContainsAny(n.Text, "/\\:\x00")
}
