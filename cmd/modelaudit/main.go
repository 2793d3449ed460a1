// Command modelaudit tells what a machine-learning model file would do when it
// is opened, without opening it, and turns it into one that can do nothing.
package main

import (
	"os"

	"github.com/modelaudit/action/cmd/internal/door"
)

func main() {
	door.BoundMemory()
	os.Exit(run(os.Args[1:], door.Standard()))
}
