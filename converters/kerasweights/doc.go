// Package kerasweights converts the weights of a Keras model back to the HDF5 files
// that load_weights of Keras reads.
//
// [Plan] writes the form of Keras 3 (.weights.h5, keras/src/saving/saving_lib.py):
// a weight lies at the path of its name, layers/dense/vars/0. [PlanLegacy] writes the
// older one (.h5, keras/src/legacy/saving/legacy_h5_format.py), in which the attributes
// layer_names and weight_names say what is loaded, in which order. Which of the two a
// tree can become, its names say; neither can be made of the other, for only a model
// knows which of its layers is called what.
//
// # Security
//
// The tree comes from a hostile file. What is no name of a weight is refused, and so
// are two weights at one place, a name that would lead elsewhere, and numbers that no
// file of Keras holds; a dataset is written with exactly the bytes of its shape.
package kerasweights
