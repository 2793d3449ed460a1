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
	s := door.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Environ()}
	os.Exit(hookcommand.Run(os.Args[1:], s))
}
