// Command modelaudit-hook is the git hook: it audits what is staged, applies
// the repository's policy and rewrites the index. `modelaudit hook` is the
// same program.
package main

import (
	"os"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/cmd/internal/hookcommand"
)

func main() {
	door.BoundMemory()
	os.Exit(hookcommand.Run(os.Args[1:], door.Standard()))
}
