package torch

import (
	"fmt"
	"io"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/zipfile"
)

// A Zip is an archive of torch.save
// (caffe2/serialize/inline_container.cc, PyTorchStreamReader).
type Zip struct {
	Archive *zipfile.File
	Root    string // directory of all records
	// Main is the entry that torch.load unpickles.
	Main zipfile.Entry
	Data io.ReaderAt // the bytes of Main
	Size int64
	// Broken says that Data is only what could be had of a damaged record,
	// which torch unpickles all the same.
	Broken error
	Trace  *sym.Trace
	Table  *storageTable
	// storages is the directory of the records of its tensors, "data/".
	storages  string
	Claimed   zipfile.Marks // the entries that storages claim
	BigEndian bool
	inflated  inflated
	// inflatable is how many bytes of compressed records may still be checked.
	inflatable int64
}

// IsArchive reports whether torch would unpickle a record of f: whether it has
// a data.pkl below the directory of its first entry.
func IsArchive(f *zipfile.File) bool {
	_, ok := f.TorchLookup("data.pkl")
	return ok
}

// ReadZip reads the archive's directory and interprets its data.pkl.
func ReadZip(f *zipfile.File, lim safeio.Limits, opt sym.Options) (*Zip, error) {
	return ReadPickle(f, "data.pkl", "data/", lim, opt)
}

// ReadPickle interprets a record whose tensors are in the records below
// storages, as TorchScript has several
// (torch/csrc/jit/serialization/import_read.cpp, readArchiveAndTensors).
func ReadPickle(f *zipfile.File, record, storages string, lim safeio.Limits, opt sym.Options) (*Zip, error) {
	root, err := f.TorchRoot()
	if err != nil {
		return nil, err
	}
	z := &Zip{Archive: f, Root: root, storages: storages, inflatable: lim.WithDefaults().MaxExpand}
	var ok bool
	if z.Main, ok = f.TorchLookup(record); !ok {
		return nil, &FormatError{Msg: "no record " + record}
	}
	if z.Data, z.Size, z.Broken = f.Open(z.Main); z.Data == nil {
		return nil, fmt.Errorf("%s: %w", z.Main.Name, z.Broken)
	}
	if err := z.readByteOrder(lim); err != nil {
		return nil, err
	}
	opt.UTF8 = true // torch.load's default
	packed := &packer{z: z}
	if storages == "data/" && opt.Memo == nil {
		opt.Pack = packed
	}
	z.Trace = sym.Run(z.Data, 0, z.Size, opt)
	_, program := f.TorchLookup("constants.pkl") // torch/serialization.py, _is_torchscript_zip
	z.Table = &storageTable{open: z.openStorage, bigEndian: z.BigEndian, program: program, shapes: storages == "traced_inputs/", packed: packed}
	z.Table.bind(z.Trace)
	if storages != "data/" {
		return z, nil // only torch.load computes places
	}
	if err := z.checkOffsets(); err != nil {
		z.Table.Bad = append(z.Table.Bad, Problem{Kind: Misplaced, Msg: err.Error()})
	}
	return z, nil
}

// readByteOrder reads the record byteorder; without one the file is
// little-endian (torch/serialization.py, _load).
func (z *Zip) readByteOrder(lim safeio.Limits) error {
	e, ok := z.Archive.TorchLookup("byteorder")
	if !ok {
		return nil
	}
	r, size, err := z.Archive.Open(e)
	if err != nil {
		return fmt.Errorf("%s: %w", e.Name, err)
	}
	b, err := safeio.ReadRange(r, size, 0, size, 64)
	if err != nil {
		return &FormatError{Member: e.Name, Msg: err.Error()}
	}
	switch string(b) {
	case "little":
	case "big":
		z.BigEndian = true
	default:
		return &FormatError{Member: e.Name, Msg: fmt.Sprintf("unknown byte order %q", b)}
	}
	return nil
}

func (z *Zip) openStorage(i id) (*tensor.Storage, error) {
	e, ok := z.Archive.TorchLookup(z.storages + i.key)
	if !ok {
		return nil, fmt.Errorf("there is no record %s%s", z.storages, i.key)
	}
	z.Claimed.Add(e)
	return z.storageAt(i, e)
}

// storageAt is a storage that lies in a record.
func (z *Zip) storageAt(i id, e zipfile.Entry) (*tensor.Storage, error) {
	return z.storageIn(z.storages+i.key, i.untyped, e)
}

// storageIn is storageAt for a record of that name.
func (z *Zip) storageIn(name string, untyped bool, e zipfile.Entry) (*tensor.Storage, error) {
	r, size, err := z.openRecord(e)
	if err != nil {
		return nil, err
	}
	return &tensor.Storage{Key: name, Data: r, Size: size,
		// torch swaps elements of the storage's type; those of an untyped one
		// are bytes to it (torch/serialization.py, load_tensor).
		BigEndian: z.BigEndian && !untyped,
		Origin:    tensor.Origin{Record: name, Spelling: tensor.SpelledRaw}}, nil
}

// Resolver returns the resolver for the tensors of Main.
func (z *Zip) Resolver() *Resolver {
	return &Resolver{table: z.Table, nested: nestedStorages(z.Data, "data.pkl")}
}
