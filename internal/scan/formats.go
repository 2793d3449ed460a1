package scan

import (
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/detect"
)

// refined lists the formats that are not told by a signature but by a walker
// of a more general one.
func refined() map[audit.Format]audit.Format {
	return map[audit.Format]audit.Format{
		audit.FormatTorchZip:    audit.FormatZip,
		audit.FormatTorchScript: audit.FormatZip,
		audit.FormatTorchExport: audit.FormatZip,
		audit.FormatTorchServe:  audit.FormatZip,
		audit.FormatNeMo:        audit.FormatTar,
		audit.FormatKeras:       audit.FormatZip,
		audit.FormatTorchDCP:    audit.FormatZip,
		audit.FormatTorchLegacy: audit.FormatPickle,
		audit.FormatTorchTar:    audit.FormatTar,
		audit.FormatJoblib:      audit.FormatPickle,
	}
}

// Reads reports whether artifacts of a format are read, not only recognised.
func Reads(f audit.Format) bool {
	if general, ok := refined()[f]; ok {
		f = general
	}
	return slices.ContainsFunc(walkers(), func(w walker) bool { return w.format == f })
}

// Recognises lists every format that an artifact can be found to be: by its
// content, by what the members of an archive show, or by a walker.
func Recognises() []audit.Format {
	list := detect.Known()
	for _, b := range bundles() {
		list = append(list, b.format)
	}
	for f := range refined() {
		list = append(list, f)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
