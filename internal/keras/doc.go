// Package keras reads the configuration of Keras models: what classes and
// functions it has Keras look up, what code it carries, and which files it names.
//
// The configuration is JSON, in config.json of a .keras archive, in the attributes
// model_config and training_config of an HDF5 file, in those of a SavedModel, or alone. [Parse] keeps where
// each value stands, so that one may be replaced and everything else stay as it is;
// [Uses] lists what Keras acts on (keras/src/saving/serialization_lib.py of Keras 3,
// keras/src/saving/legacy/serialization.py and keras/src/layers/core/lambda_layer.py of Keras 2).
//
// # Security
//
// The JSON is read strictly: a name that stands twice in an object, anything behind
// the value, and nesting deeper than [MaxDepth] are errors, because two readers could
// see two things; [ParseAll] alone goes on after such a name, and tells it. Memory is in proportion to the text, which is limited to [MaxSize].
package keras
