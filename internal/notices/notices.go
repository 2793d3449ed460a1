// Package notices has the licences of the modules that the programs are built
// from, and of Go itself, as those who distribute a program must hand them on.
package notices

import (
	_ "embed" // for the file below
)

//go:embed notices.txt
var text string

// Text lists every module with its version and its licence in full, in the order
// of their paths, after this project's own.
func Text() string { return text }
