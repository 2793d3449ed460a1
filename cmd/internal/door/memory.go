package door

import (
	"os"
	"runtime/debug"
)

// softMemory is how many bytes the garbage collector lets the process grow to
// as long as it can. What a file may make the program keep is bounded below
// it; the rest is garbage that would otherwise double the figure.
const softMemory = 208 << 20

// softConversion is softMemory for a conversion: beside the values of a pickle
// it holds what is known of each tensor, in the source, in the result and for the
// proof.
const softConversion = 448 << 20

// BoundConversion lets the process grow further, for a command that converts.
func BoundConversion() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softConversion)
	}
}

// BoundMemory tells the garbage collector so. A GOMEMLIMIT of the user's counts more.
func BoundMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softMemory)
	}
}
