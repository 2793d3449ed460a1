package scan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/hdf5"
	"github.com/modelaudit/action/internal/keras"
	"github.com/modelaudit/action/internal/keras/weights"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
	"github.com/modelaudit/action/internal/zipfile"
)

// decodedAsHDF5 is the report's second_decoder for weights in HDF5.
const decodedAsHDF5 = "not applicable: one decoder reads the structure of HDF5 files"

// hdf5Model is the model of an HDF5 file: a dict of its datasets, as Keras reads them
// if it is one of Keras.
func hdf5Model(f *hdf5.File, isKeras bool, member string) *Model {
	m := &Model{Format: audit.FormatHDF5, Member: member, Once: decodedAsHDF5, hdf5: f}
	if isKeras || f.Root.Lookup("layers") != nil || f.Root.Lookup("_layer_checkpoint_dependencies") != nil {
		m.Format = audit.FormatKeras
	}
	m.Build = func() (*tree.Tree, error) { return weights.Tree(f, nil) }
	return m
}

// kerasShards are the files of a model's weights that Keras has cut into several, nil
// if one of them is no HDF5.
func kerasShards(parts []*Result) (list []*hdf5.File) {
	for _, p := range parts {
		if p.Model == nil || p.Model.hdf5 == nil || p.Model.Member != "" {
			return nil
		}
		list = append(list, p.Model.hdf5)
	}
	return list
}

// joinKeras makes one tree of the files, of which each must hold a part of exactly
// those groups for which the index names it: Keras looks nowhere else.
func joinKeras(of []*hdf5.File, index map[string]string, files []File) (*tree.Tree, error) {
	left := map[string]bool{}
	for group, file := range index {
		group, _, _ = strings.Cut(group, "\x00")
		left[group+"\x00"+file] = true
	}
	held := map[string]bool{}
	t, err := weights.Join(of, func(i int, tensors []tree.Named) error {
		f := files[i]
		for _, n := range tensors {
			group, _, _ := strings.Cut("/"+n.Storage.Key+"/", "/vars/")
			entry := group + "/vars\x00" + f.Name
			if held[entry] = true; !left[entry] {
				return fmt.Errorf("%s holds %s, and the index does not name it for that", f.Name, n.Storage.Key)
			}
		}
		relocate(&tree.Tree{Tensors: tensors}, f.Name+audit.Inside, []tensor.Layer{{Kind: tensor.LayerRange, Name: f.Name, Start: f.Start, End: f.Start + f.Size}})
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, entry := range slices.Sorted(maps.Keys(left)) {
		if group, file, _ := strings.Cut(entry, "\x00"); !held[entry] {
			return nil, fmt.Errorf("the index names %q, and %s does not hold it", group, file)
		}
	}
	return t, nil
}

const kerasWeights = "model.weights.h5"

// kerasTexts reads what stands beside the weights of a .keras archive; nil if f is none.
func (w *walk) kerasTexts(f *zipfile.File) weights.Texts {
	texts := weights.Texts{}
	if !holdsMember(f, kerasWeights) || !holdsMember(f, "config.json") {
		return nil
	}
	for e := range f.All() {
		if e.Name != "config.json" && e.Name != "metadata.json" {
			continue
		}
		r, size, release, err := w.openMember(f, e)
		if err != nil {
			continue // the walk over members says so
		}
		text, err := safeio.ReadRange(r, size, 0, size, min(w.lim.MaxAlloc, keras.MaxSize))
		release()
		if err == nil { // else it is unread
			texts[strings.TrimSuffix(e.Name, ".json")] = string(text)
		}
	}
	return texts
}

func holdsMember(f *zipfile.File, name string) bool {
	for e := range f.All() {
		if e.Name == name {
			return true
		}
	}
	return false
}

// kerasModel is the model of a .keras archive: the weights, with the config. Its other
// members are left out, and named.
func (h *holder) kerasModel(p part) *Model {
	for i, m := range h.models {
		if h.members[i].entry() != kerasWeights || m.hdf5 == nil {
			continue
		}
		out := &Model{Format: audit.FormatKeras, Member: m.Member, Once: m.Once}
		out.Build = func() (*tree.Tree, error) {
			t, err := weights.Tree(m.hdf5, h.keras)
			if err != nil {
				return nil, err
			}
			for _, name := range h.beside(kerasWeights) {
				t.Omitted = append(t.Omitted, tree.Missing{Path: name, Reason: "a member of the archive that holds no weights"})
			}
			relocate(t, "", h.members[i].layers)
			return t, nil
		}
		out.in = p
		return out
	}
	return nil
}

// beside lists the archive's members but one and those that the tree has.
func (h *holder) beside(but string) (names []string) {
	for i := range h.models {
		if name := h.members[i].entry(); name != but {
			names = append(names, name)
		}
	}
	for _, name := range h.others {
		if name != "config.json" && name != "metadata.json" {
			names = append(names, name)
		}
	}
	return names
}
