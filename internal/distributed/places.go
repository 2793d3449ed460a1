package distributed

import (
	"errors"
	"slices"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// ShardSuffix is what the names of the files end in that torch writes the values
// to (torch/distributed/checkpoint/filesystem.py, DEFAULT_SUFFIX).
const ShardSuffix = ".distcp"

// IsMetadata reports whether torch reads a file of that name as the metadata of a
// checkpoint, or of one rank's part (filesystem.py, _get_metadata_path).
func IsMetadata(name string) bool {
	rank, ok := strings.CutSuffix(strings.ToLower(name), MetadataFile)
	return ok && (rank == "" || strings.HasPrefix(rank, "__"))
}

// Describes reports whether a value is the object of a .metadata.
func Describes(root *sym.Node) bool {
	_, err := made(root, metadataModules, "Metadata")
	return err == nil
}

// A Place is a run of bytes of a file that torch.load is given.
type Place struct {
	Name           string // of the value
	File           string // beside the metadata
	Offset, Length int64
}

// Places lists every place that a .metadata names, by file and offset, whether
// or not a value has it. No number is negative and every name is that of a file
// below the directory; nothing else is known of them.
func Places(root *sym.Node) ([]Place, error) {
	fields, err := object(root, metadataModules, "Metadata")
	if err != nil {
		return nil, err
	}
	at := fields["storage_data"]
	if at == nil || at.Kind == sym.None {
		return nil, nil // and torch reads nothing
	}
	if at.Kind != sym.Dict {
		return nil, errors.New("its places are no dict")
	}
	r := &reader{places: map[string]place{}}
	for _, p := range at.Pairs() {
		if err := r.place(p); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(r.list, func(a, b Place) int {
		if a.File != b.File {
			return strings.Compare(a.File, b.File)
		}
		return int(max(min(a.Offset-b.Offset, 1), -1))
	})
	return r.list, nil
}
