package pipeline

import (
	"cmp"

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
}

// Formats is the compatibility matrix.
func Formats() []FormatInfo {
	var rows []FormatInfo
	for _, f := range audit.Formats() {
		row := FormatInfo{Name: f.Name, Read: scan.Reads(f.Name)}
		if scan.Converts(f.Name) {
			for _, c := range converters.All() {
				if c.Target != string(f.Name) {
					row.Targets = append(row.Targets, c.Target)
				}
			}
		}
		row.Note = f.Note
		if !row.Read {
			row.Note = cmp.Or(f.Note, "recognised, and reported as unread (exit 3)")
		}
		rows = append(rows, row)
	}
	return rows
}
