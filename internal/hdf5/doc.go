// Package hdf5 reads HDF5 files, whoever wrote them, changes strings in them, and
// writes new ones.
//
// [Open] reads the whole structure of a file and no data: superblocks 0 to 3
// after a user block, object headers 1 and 2, groups of the old and the new
// form, attributes wherever they stand, every kind of index of chunks. What it
// gives is a tree of [Object] values below [File.Root]:
//
//	f, err := hdf5.Open(r, size, limits)
//	for _, p := range f.Problems { ... }          // what was not read: it may hide anything
//	for _, o := range f.Objects { ... }           // each group, dataset and named type, once
//	a := f.Root.Attribute("model_config")         // nil if there is none
//	texts, err := f.Strings(a)                    // with the place of each in the file
//	o := f.Lookup("model_weights/dense/kernel:0") // by hard links alone
//	data, err := f.Data(o)                        // an io.ReaderAt of o.Bytes() bytes in C order
//	for _, g := range f.Regions { ... }           // what each byte of the file is
//
// [File.Edit] plans a file in which some strings of attributes have other
// values and every other byte is what and where it was; [Edit.WriteTo] streams it.
// [PlanFile] lays out a new file of groups, attributes and datasets.
//
// A [Type] spells itself as numpy would ("<f4"), and [Object.Space] has the
// shape. Links that lead elsewhere are kept as they are, see [Link], and so is
// the storage of a dataset in other files: [Layout.External], and [Layout.Sources] of
// the Kind [Virtual]. They are no Problems, as the file says all that there is of them;
// nothing is ever opened through a name.
//
// The facts are those of the HDF5 File Format Specification, version 3.0, and
// where it is silent of the library's sources.
//
// # Security
//
// Input is hostile. What is not understood is a [Problem] with its address,
// never left out; where there is any, bytes that nothing else accounts for are
// Unread. Structures may not begin where others do, and all that is read of
// structure is bounded by the size of the file, so that no loop or sharing
// costs more than the file is worth; links, attributes and the text of names
// are bounded by safeio.Limits and a constant. Checksums are verified. Two
// links or attributes of one name, an object that is two things, names out of
// order, attributes where the header says that there are none, and ranges that
// overlap are Problems, because two readers could see two things in them.
// Chunks are decoded to the size that the shape gives them, and no further;
// a dataset whose shape is out of proportion to what is stored is not read.
//
// FuzzOpen checks that Open and what follows it never panic, that Regions cover
// the file, and that what is read lies inside it.
package hdf5
