package pipeline

import (
	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
)

// A FormatInfo is a row of the compatibility matrix.
type FormatInfo struct {
	Name    audit.Format
	Read    bool     // scanned; if not, recognised and unread
	Targets []string // what it converts to
	Note    string
}

// Formats is the compatibility matrix.
func Formats() []FormatInfo {
	var targets []string
	for _, c := range converters.All() {
		targets = append(targets, c.Target)
	}
	return []FormatInfo{
		{audit.FormatTorchZip, true, targets, "torch.save since 1.6"},
		{audit.FormatTorchLegacy, true, targets, "torch.save before 1.6"},
		{audit.FormatPickle, true, targets, "protocols 0 to 5; tensors of numpy and torch"},
		{audit.FormatSafetensors, true, nil, "checked strictly"},
		{audit.FormatZip, true, nil, "every member is scanned"},
		{audit.FormatLFSPointer, false, nil, "the content is somewhere else"},
		{audit.FormatNumpy, false, nil, "recognised, not supported yet"},
		{audit.FormatHDF5, false, nil, "recognised, not supported yet"},
		{audit.FormatGGUF, false, nil, "recognised, not supported yet"},
		{audit.FormatTar, false, nil, "recognised, not supported yet"},
		{audit.FormatGzip, false, nil, "recognised, not supported yet"},
		{audit.FormatBzip2, false, nil, "recognised, not supported yet"},
		{audit.FormatXz, false, nil, "recognised, not supported yet"},
		{audit.FormatZstd, false, nil, "recognised, not supported yet"},
		{audit.FormatLZ4, false, nil, "recognised, not supported yet"},
		{audit.FormatZlib, false, nil, "recognised, not supported yet"},
		{audit.Format7z, false, nil, "recognised, not supported yet"},
	}
}
