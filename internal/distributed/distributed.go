// Package distributed reads what the .metadata of a distributed checkpoint of
// torch says: which tensors and objects there are, and in which place of which
// file each chunk of them lies.
//
// # Security
//
// The graph comes from a hostile pickle. A class is taken only by its exact
// name, with one state of exactly the fields that torch writes; everything else
// is an error. What is said of files and places is a claim: the names are
// checked to be names of files below the directory, the numbers not to be
// negative, and nothing is read.
package distributed

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// MetadataFile is the name of the file in a checkpoint's directory
// (torch/distributed/checkpoint/filesystem.py, _metadata_fn).
const MetadataFile = ".metadata"

// ExtraFile is the name of the file that Lightning writes beside the checkpoint,
// with the rest of the state (lightning/fabric/utilities/load.py,
// _METADATA_FILENAME).
const ExtraFile = "meta.pt"

// An Entry is one value of the state that was saved.
type Entry struct {
	Name string // the name in the checkpoint, whatever the path is
	// Path is where the value stood in the state: keys of mappings, and indexes
	// of lists as Int.
	Path []tensor.Key
	// Tensor says that the value is one, of that type and shape, in Chunks. Else
	// it is an object, and has one chunk.
	Tensor bool
	DType  tensor.DType
	Shape  []int64
	Chunks []Chunk
}

// A Chunk is a box of a tensor, or an object, and its place.
type Chunk struct {
	Lo, Size       []int64 // nil for an object
	File           string  // below the directory, with slashes
	Offset, Length int64   // bytes
}

// Modules that have had the classes, today's first (torch 2.15, and 1.13 to 2.2).
var (
	metadataModules = []string{"torch.distributed.checkpoint.metadata", "torch.distributed._shard.checkpoint.metadata"}
	propertyModules = append([]string{"torch.distributed._shard.sharded_tensor.metadata"}, metadataModules...)
	storageModules  = []string{"torch.distributed.checkpoint.filesystem", "torch.distributed._shard.checkpoint.filesystem"}
)

// Read reads the object of a .metadata
// (torch/distributed/checkpoint/metadata.py, Metadata).
func Read(root *sym.Node) ([]Entry, error) {
	fields, err := object(root, metadataModules, "Metadata")
	if err != nil {
		return nil, err
	}
	state, places := fields["state_dict_metadata"], fields["storage_data"]
	if state == nil || state.Kind != sym.Dict || places == nil || places.Kind != sym.Dict {
		return nil, errors.New("the metadata does not say which values there are, or where")
	}
	r := &reader{places: map[string]place{}, used: map[string]bool{}}
	for _, p := range places.Pairs() {
		if err := r.place(p); err != nil {
			return nil, err
		}
	}
	if err := r.planner(fields["planner_data"]); err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(state.Pairs()))
	for _, p := range state.Pairs() {
		e, err := r.entry(p)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	if len(r.used) != len(r.places) {
		return nil, fmt.Errorf("%d places belong to no value that the metadata names", len(r.places)-len(r.used))
	}
	return entries, nil
}

type reader struct {
	places map[string]place // by index
	used   map[string]bool
	paths  map[string][]tensor.Key // by name; nil if the state was not flattened
	list   []Place                 // the places as they were read
}

type place struct {
	file           string
	offset, length int64
}

// index identifies a chunk as MetadataIndex does, whose third field does not
// count (__eq__ of a dataclass with compare=False).
func index(name string, lo []int64, whole bool) string {
	if whole {
		return strconv.Quote(name)
	}
	return fmt.Sprintf("%q %d", name, lo)
}

// place reads one item of storage_data: MetadataIndex to _StorageInfo.
func (r *reader) place(p sym.Pair) error {
	key, err := object(p.Key, metadataModules, "MetadataIndex")
	if err != nil {
		return err
	}
	name, err := text(key["fqn"])
	if err != nil {
		return fmt.Errorf("the name in an index: %w", err)
	}
	whole := key["offset"] == nil || key["offset"].Kind == sym.None
	var lo []int64
	if !whole {
		if lo, err = ints(key["offset"]); err != nil {
			return fmt.Errorf("%q: its offset: %w", name, err)
		}
	}
	info, err := object(p.Value, storageModules, "_StorageInfo")
	if err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	if t := info["transform_descriptors"]; t != nil && t.Kind != sym.None {
		return fmt.Errorf("%q: its bytes were transformed by an extension", name)
	}
	var at place
	if at.file, err = text(info["relative_path"]); err != nil || !fileBelow(at.file) {
		return fmt.Errorf("%q: its file is no file below the directory", name)
	}
	if at.offset, err = number(info["offset"]); err != nil {
		return fmt.Errorf("%q: its place: %w", name, err)
	}
	if at.length, err = number(info["length"]); err != nil {
		return fmt.Errorf("%q: its length: %w", name, err)
	}
	id := index(name, lo, whole)
	if _, twice := r.places[id]; twice {
		return fmt.Errorf("%q has two places", name)
	}
	r.places[id] = at
	r.list = append(r.list, Place{Name: name, File: at.file, Offset: at.offset, Length: at.length})
	return nil
}

// fileBelow reports whether a path leads to a file below the directory.
func fileBelow(path string) bool {
	return path != "" && !strings.ContainsAny(path, "\\:\x00") && !slices.ContainsFunc(strings.Split(path, "/"), func(s string) bool {
		return s == "" || s == "." || s == ".."
	})
}

// planner reads planner_data: for each name the path of its value
// (torch/distributed/checkpoint/_nested_dict.py, FLATTEN_MAPPING).
func (r *reader) planner(n *sym.Node) error {
	if n == nil || n.Kind == sym.None {
		return nil
	}
	if n.Kind != sym.Dict {
		return errors.New("the planner's data are no mapping of names to paths")
	}
	r.paths = map[string][]tensor.Key{}
	for _, p := range n.Pairs() {
		name, err := text(p.Key)
		if err != nil || p.Value.Kind != sym.Tuple || len(p.Value.Items()) == 0 || len(p.Value.Items()) > maxPath {
			return errors.New("the planner's data are no mapping of names to paths")
		}
		path := make([]tensor.Key, len(p.Value.Items()))
		for i, item := range p.Value.Items() {
			switch {
			case item.Kind == sym.String && !item.Lazy:
				path[i].Text = item.Text
			case item.Kind == sym.Int && item.Big() == nil && item.Int >= 0 && i > 0:
				path[i] = tensor.Key{Text: strconv.FormatInt(item.Int, 10), Int: true}
			default:
				return fmt.Errorf("%q: its path has a step that is neither a text nor an index", name)
			}
		}
		r.paths[name] = path
	}
	return nil
}

// maxPath bounds the steps of a path, as the tree's depth is bounded.
const maxPath = 100

// entry reads one item of state_dict_metadata.
func (r *reader) entry(p sym.Pair) (Entry, error) {
	name, err := text(p.Key)
	if err != nil {
		return Entry{}, fmt.Errorf("the name of a value: %w", err)
	}
	e := Entry{Name: name, Path: r.paths[name]}
	if e.Path == nil {
		e.Path = []tensor.Key{{Text: name}}
	}
	if _, err := object(p.Value, metadataModules, "BytesStorageMetadata"); err == nil {
		return e, r.take(&e, Chunk{}, true)
	}
	if err := r.tensor(&e, p.Value); err != nil {
		return Entry{}, fmt.Errorf("%q: %w", name, err)
	}
	return e, nil
}

// take gives a chunk its place, which no other chunk may have.
func (r *reader) take(e *Entry, c Chunk, whole bool) error {
	id := index(e.Name, c.Lo, whole)
	at, ok := r.places[id]
	if !ok {
		return fmt.Errorf("%q: nothing says where its chunk %d is", e.Name, c.Lo)
	}
	if r.used[id] {
		return fmt.Errorf("%q: two chunks begin at %d", e.Name, c.Lo)
	}
	r.used[id] = true
	c.File, c.Offset, c.Length = at.file, at.offset, at.length
	e.Chunks = append(e.Chunks, c)
	return nil
}

// tensor reads a TensorStorageMetadata.
func (r *reader) tensor(e *Entry, n *sym.Node) error {
	fields, err := object(n, metadataModules, "TensorStorageMetadata")
	if err != nil {
		return err
	}
	e.Tensor = true
	if e.Shape, err = ints(fields["size"]); err != nil {
		return fmt.Errorf("its size: %w", err)
	}
	if e.DType, err = dtype(fields["properties"]); err != nil {
		return err
	}
	chunks := fields["chunks"]
	if chunks == nil || chunks.Kind != sym.List {
		return errors.New("it has no list of chunks")
	}
	for _, item := range chunks.Items() {
		f, err := object(item, metadataModules, "ChunkStorageMetadata")
		if err != nil {
			return err
		}
		var c Chunk
		if c.Lo, err = ints(f["offsets"]); err != nil {
			return fmt.Errorf("a chunk's offsets: %w", err)
		}
		if c.Size, err = ints(f["sizes"]); err != nil {
			return fmt.Errorf("a chunk's sizes: %w", err)
		}
		if err := r.take(e, c, false); err != nil {
			return err
		}
	}
	return nil
}
