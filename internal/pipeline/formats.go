package pipeline

import (
	"cmp"
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/scan"
)

// A FormatInfo is a row of the compatibility matrix.
type FormatInfo struct {
	Name    audit.Format
	Read    bool     // scanned; if not, recognised and unread
	Targets []string // what it converts to
	Note    string
	// Tensors says which tensors a conversion takes from it, Lost what of it no
	// target has, Limits what is refused; all are "" without Targets.
	Tensors, Lost, Limits string
}

// A TargetInfo is what a conversion to a format keeps and loses.
type TargetInfo struct {
	Name       string
	Kept, Lost []string
}

// Formats is the compatibility matrix.
func Formats() []FormatInfo {
	var rows []FormatInfo
	from := sources()
	for _, f := range audit.Formats() {
		row := FormatInfo{Name: f.Name, Read: scan.Reads(f.Name), Note: f.Note}
		if s, ok := from[f.Name]; ok {
			for _, c := range converters.All() {
				if c.Target != string(f.Name) && (c.From == nil || slices.Contains(c.From, string(f.Name))) {
					row.Targets = append(row.Targets, c.Target)
				}
			}
			row.Tensors, row.Lost, row.Limits = s.tensors, s.lost, s.limits
		}
		if !row.Read {
			row.Note = cmp.Or(f.Note, "recognised, and reported as unread (exit 3)")
		}
		rows = append(rows, row)
	}
	return rows
}

// TargetFormats lists what conversions to each target keep and lose.
func TargetFormats() (list []TargetInfo) {
	for _, c := range converters.All() {
		list = append(list, TargetInfo{c.Target, c.Kept, c.Lost})
	}
	return list
}

// A source is what a conversion makes of one format.
type source struct{ tensors, lost, limits string }

// sources has an entry for every format that can be converted; a test holds it
// to what real files give.
func sources() map[audit.Format]source {
	const (
		objects = "code; of objects of classes that are not listed, all but their class's name and plain state"
		refused = "a tensor behind a call that cannot be trusted is refused (--partial leaves it out)"
		elems   = "an array behind a call that cannot be trusted is refused (--partial leaves it out), another value is left out and named"
	)
	list := map[audit.Format]source{
		audit.FormatTorchZip:    {"state_dicts, checkpoints, whole modules, tensors of every kind", objects, refused + "; meta tensors have no data"},
		audit.FormatTorchLegacy: {"as pytorch-zip", objects, refused},
		audit.FormatTorchTar:    {"as pytorch-zip", objects, refused},
		audit.FormatTorchDCP:    {"of the directory: the tensors of its plan, put together from their chunks", objects, "all files of the checkpoint must be there"},
		audit.FormatTorchScript: {"parameters, buffers and constants, as state_dict names them", "the program", ""},
		audit.FormatTorchExport: {"parameters, buffers and constants of the program", "the program; example inputs", ""},
		audit.FormatPickle:      {"arrays of numpy, tensors of torch, frames of pandas by column, arrays of fitted estimators by attribute", objects, elems},
		audit.FormatJoblib:      {"as pickle, with every compressor; before 0.10 from the .npy files beside it", objects, elems},
		audit.FormatNumpy:       {"the array of a .npy; those of a .npz by their names", "", elems},
		audit.FormatSafetensors: {"every tensor, shards by their index, and the tree of the source where the metadata has it", "", ""},
	}
	const hdf5Limits = "files with external links or data, and numbers that no tensor has, are refused; weights must be in HDF5"
	list[audit.FormatKeras] = source{"weights by layer, the optimizer's as state, the config as plain values; shards by their .weights.json", "code of Lambda layers; assets", hdf5Limits}
	list[audit.FormatHDF5] = source{"every dataset by its path", "attributes", hdf5Limits}
	wrapper := source{"those of the one model in it", "", "two models in one file are refused"}
	for _, f := range []audit.Format{audit.FormatZip, audit.FormatTar, audit.Format7z, audit.FormatGzip, audit.FormatBzip2, audit.FormatXz,
		audit.FormatLzma, audit.FormatZstd, audit.FormatLZ4, audit.FormatZlib, audit.FormatZFile} {
		list[f] = wrapper
	}
	return list
}
