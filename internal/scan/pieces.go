package scan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/safetensors"
)

// dcpSharding is the key under which torch says which part of a tensor each one in
// a file is (torch/distributed/checkpoint/_hf_utils.py, CUSTOM_METADATA_KEY), and
// dcpShard what the name of a file begins with that has parts (_gen_file_name).
const (
	dcpSharding = "DCP_SHARDING_INFO"
	dcpShard    = "shard-"
)

// pieces refuses a file whose tensors are parts of others, or may be: one that
// HuggingFaceStorageWriter wrote for one of several processes. No file says how
// many there are, nor how large a tensor is of which the last part is missing.
func pieces(f *safetensors.File, name string) error {
	text, ok := f.Metadata[dcpSharding]
	if !ok {
		return nil
	}
	var said map[string]struct {
		Offsets []int64 `json:"saved_offsets"`
	}
	misunderstood := json.Unmarshal([]byte(text), &said) != nil
	for _, tensor := range said {
		misunderstood = misunderstood || tensor.Offsets == nil
	}
	if misunderstood {
		return fmt.Errorf("%s in its metadata is not understood", dcpSharding)
	}
	const advice = "no file says how many shards there are: let torch put them together (torch.distributed.checkpoint, consolidate_safetensors_files) and convert the result"
	for _, tensor := range slices.Sorted(maps.Keys(said)) {
		if offsets := said[tensor].Offsets; slices.ContainsFunc(offsets, func(n int64) bool { return n != 0 }) {
			return fmt.Errorf("it is one shard of a checkpoint that HuggingFaceStorageWriter wrote: %q is the part that begins at %d; %s", tensor, offsets, advice)
		}
	}
	if strings.HasPrefix(name, dcpShard) {
		return fmt.Errorf("it is one shard of a checkpoint that HuggingFaceStorageWriter wrote, and its tensors may be parts; %s", advice)
	}
	return nil
}
