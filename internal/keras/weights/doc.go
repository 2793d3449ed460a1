// Package weights makes the tree of a Keras model: its weights by name, the state
// of its optimizer, its config and what else the file says as plain values.
//
//	t, err := weights.Tree(file, weights.Texts{"config": text})
//
// In the legacy form (.h5, keras/src/legacy/saving/legacy_h5_format.py of Keras 3)
// the attributes layer_names and weight_names give names and order; a weight is
// called LAYER/WEIGHT, once where its own name begins so: hidden/kernel:0. In the
// form of Keras 3 (.weights.h5 and the archive .keras, keras/src/saving/saving_lib.py)
// and in any other HDF5 file a dataset is called by its path, with dots:
// layers.dense.vars.0. There layers are called by their class and a number; what the
// model calls them stands in the tree under names. What of the places of datasets their
// names do not say stands under layer_names, paths and empty_groups, so that converters/kerasweights
// can write the file once more.
//
// # Security
//
// The file is hostile. A file of which something could not be read has no tree. A
// dataset that cannot be had, and what leads to another file or to a group that
// was seen before, is refused, never left out silently. Code in a config is left out. The
// values of a config are bounded in number, and the bytes of at most two datasets
// that are not stored in one piece are held at a time, 64 MiB each.
//
// FuzzTree checks that every tensor of a tree lies inside its bytes.
package weights
