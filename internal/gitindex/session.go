package gitindex

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
)

// A Session runs programs in a directory, as a person at a shell would, and
// keeps what they print. It is for the demonstration, which shows the real
// program under the real git.
type Session struct {
	Dir string
	Env []string
}

// Run runs a program, found on PATH or by its name, and returns what it
// printed on both streams and its exit code. The error is that it could not be
// started or was killed.
func (s Session) Run(ctx context.Context, name string, args ...string) (output string, code int, err error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = s.Dir, s.Env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return out.String(), exit.ExitCode(), nil
	}
	return out.String(), 0, err
}
