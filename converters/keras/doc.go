// Package keras takes Lambda layers out of Keras models: in the place of each stand
// layers and operations that compute what its function computes and that Keras opens in
// safe mode. Weights and everything else of the file stay as they are, byte for byte.
//
// [Open] reads a .keras archive or an HDF5 file and says what is to stand in the place
// of which bytes; [Replace] does that for the text of a config. A Lambda whose function is
// not understood is a [Refusal] with the layer's name and its code.
//
// What a replaced layer rests on are the shapes and types of tensors that the config
// itself says. A file that lies about them computes something else afterwards; it
// runs nothing.
//
// # Security
//
// The file is hostile. Its code is read by package bytecode and never run; JSON, HDF5 and
// zip are bounded by the packages that read them. Names and numbers of the file
// come back only inside JSON that is written anew. The result is not to be believed until it
// was scanned as a stranger's.
package keras
