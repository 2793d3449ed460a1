package pipeline

import (
	"path"
	"regexp"
	"strings"

	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/converters/safetensors"
)

var shardName = regexp.MustCompile(`^pytorch_model(-\d{5}-of-\d{5})?\.bin$`)

// OutputName is the name of the converted file of a source, in the same
// directory: x.pt becomes x.safetensors, pytorch_model.bin
// model.safetensors, the index of its shards too; another extension is replaced,
// a missing one appended.
// The state of a checkpoint goes to x.state.safetensors. Paths use slashes.
func OutputName(src, role string) string {
	dir, base := path.Split(src)
	stem := strings.TrimSuffix(base, path.Ext(base))
	if m := shardName.FindStringSubmatch(base); m != nil {
		stem = "model" + m[1]
	}
	if index, ok := indexStem(base); ok {
		stem = index
		if rest, ok := strings.CutPrefix(index, "pytorch_model"); ok {
			stem = "model" + rest
		}
	}
	if stem == "" {
		stem = base // a dot file: its name is not an extension
	}
	return dir + withRole(stem, role)
}

// WithTarget is a name that ends in .safetensors with the extension of a target.
func WithTarget(name, to string) string {
	c, err := converters.Lookup(to)
	if err != nil {
		return name
	}
	stem := strings.TrimSuffix(name, ".safetensors")
	if strings.HasSuffix(c.Ext, ".h5") { // x.weights.h5 becomes x.weights.safetensors, and Keras tells its forms by .weights
		stem = strings.TrimSuffix(stem, ".weights")
	}
	return stem + c.Ext
}

// RoleName is the name of another part of a conversion whose weights go to out.
func RoleName(out, role string) string { return PartName(out, role, 0, 0) }

// PartName is the name of a file of a conversion whose weights, uncut, go to out.
func PartName(out, role string, shard, shards int) string {
	dir, base := path.Split(out)
	return dir + converters.FileName(base, role, shard, shards)
}

func withRole(stem, role string) string {
	if role == safetensors.RoleState {
		return stem + ".state.safetensors"
	}
	return stem + ".safetensors"
}

// IndexName is the name of the index of the shards of a role.
func IndexName(out, role string) string {
	dir, base := path.Split(out)
	return dir + converters.IndexName(base, role)
}

// ZipName is the name of the zip that a 7z archive is written as.
func ZipName(src string) string { return strings.TrimSuffix(src, path.Ext(src)) + ".zip" }

// TreeName is the name of the file for a tree that does not fit the header.
func TreeName(out string) string { return strings.TrimSuffix(out, ".safetensors") + ".tree.json" }
