package pipeline

import (
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/modelaudit/action/converters/safetensors"
	"github.com/modelaudit/action/internal/distributed"
	"github.com/modelaudit/action/internal/scan"
)

// IsShardIndex reports whether a base name is one of an index of shards.
func IsShardIndex(name string) bool { return isIndex(name) }

// numbered is how the names of shards are numbered (transformers and
// huggingface_hub, SAFETENSORS_WEIGHTS_NAME and its like).
var numbered = regexp.MustCompile(`-\d+-of-\d+\.`)

// Uncut reports whether the shards of an index become one file of weights, and one of a
// state: those of Keras, in which both stand side by side.
func Uncut(index string) bool { return strings.HasSuffix(index, kerasIndex) }

// IsShard reports whether a base name is numbered as one of several.
func IsShard(name string) bool { return numbered.MatchString(name) }

// ShardFiles lists the files that the text of an index of shards names, in
// order, all of them base names.
func ShardFiles(r io.ReaderAt, size int64) ([]string, error) {
	index, err := scan.ReadIndex(r, size)
	if err != nil {
		return nil, err
	}
	return slices.Compact(slices.Sorted(maps.Values(index))), nil
}

// onlyIndex reports whether a text is an index of shards and nothing else: it is
// no model itself, and a rule that names the directory means the shards.
func onlyIndex(src Source, res *scan.Result) bool {
	a := &res.Artifact
	if !isIndex(path.Base(src.Path)) || len(a.Formats)+len(a.Findings) > 0 {
		return false
	}
	_, err := scan.ReadIndex(src.R, src.Size)
	return err == nil
}

// CheckpointFile tells whether a base name is one of a file of a distributed
// checkpoint: of its metadata, of a chunk of tensors, or of what Lightning writes
// beside them.
func CheckpointFile(name string) (metadata, chunk, extra bool) {
	return name == distributed.MetadataFile, strings.HasSuffix(name, chunkSuffix), name == distributed.ExtraFile
}

// FindSetWay is FindWay for the index of so many shards, or, with none, for the
// directory of a distributed checkpoint. The outputs of shards are cut as they are,
// their index last, but for those of Keras; these and those of a directory are the weights and a state, which it
// need not have.
func FindSetWay(source string, shards int, look func(name string) Place) Way {
	if shards == 0 {
		if source != "." {
			return FindWay([]string{source + ".safetensors", source + ".state.safetensors"}, look)
		}
		way := FindWay([]string{"checkpoint.safetensors", "checkpoint.state.safetensors"}, look)
		if !slices.Contains(way.Flags, "--output") { // by itself it would go beside the directory
			way.Flags = append(way.Flags, "--output", way.Outputs[0])
		}
		return way
	}
	out := OutputName(source, safetensors.RoleWeights)
	if Uncut(source) {
		return FindWay([]string{out, RoleName(out, safetensors.RoleState)}, look)
	}
	stem := strings.TrimSuffix(out, ".safetensors")
	for i := 1; i < 100; i++ {
		weights, flags := out, []string(nil)
		if i > 1 {
			weights = stem + "-" + strconv.Itoa(i) + ".safetensors"
			flags = []string{"--output", weights}
		}
		names, ours, free := shardNames(weights, shards, look)
		switch {
		case free:
			return Way{Flags: flags, Outputs: names}
		case ours && i == 1:
			return Way{Flags: []string{"--force"}, Outputs: names}
		}
	}
	names, _, _ := shardNames(out, shards, look)
	return Way{Outputs: names}
}

// shardNames are the outputs of a conversion into shards, whether all places are
// free, and whether an earlier conversion is all that holds them: an index
// belongs to its shards.
func shardNames(weights string, shards int, look func(string) Place) (names []string, ours, free bool) {
	if shards == 1 {
		names = []string{weights}
	}
	for i := 1; i <= shards && shards > 1; i++ {
		names = append(names, PartName(weights, safetensors.RoleWeights, i, shards))
	}
	ours, free = true, true
	for _, n := range names {
		place := look(n)
		ours, free = ours && place == PlaceOurs, free && place == PlaceFree
	}
	if shards > 1 {
		index := path.Join(path.Dir(weights), path.Base(IndexName(weights, safetensors.RoleWeights)))
		names = append(names, index)
		free = free && look(index) == PlaceFree
	}
	return names, ours, free
}
