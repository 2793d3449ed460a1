package gitindex

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A GitError is a git process that failed.
type GitError struct {
	Command string // the subcommand, e.g. "update-index"
	Code    int    // exit code, -1 if it was killed
	Stderr  string // the beginning of its error text, one line, control characters escaped
}

func (e *GitError) Error() string {
	text := headline(e.Stderr)
	if strings.Contains(e.Stderr, "safe.directory") {
		text += "; `git config --global --add safe.directory DIRECTORY` tells git to trust it"
	}
	return strings.TrimSuffix(fmt.Sprintf("git %s: exit code %d: %s", e.Command, e.Code, text), ": ")
}

// headline is the line of git's error text, line breaks escaped, that says what failed,
// or else its first; git's advice follows on lines of its own. A line that ends in a colon
// says less than the one after it.
func headline(stderr string) string {
	lines := strings.Split(stderr, `\x0a`)
	for i, l := range lines {
		if strings.HasSuffix(l, ":") && i+1 < len(lines) {
			l += " " + strings.TrimPrefix(lines[i+1], `\x09`)
		}
		if strings.HasPrefix(l, "fatal: ") || strings.HasPrefix(l, "error: ") {
			return l
		}
	}
	return lines[0]
}

const maxStderr = 2048

// settings stand before every subcommand. Each closes a way in which the
// repository's own configuration would run a program or another repository.
var settings = []string{"-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit", "-c", "core.quotepath=off"}

// A runner starts git processes with one directory and one environment.
type runner struct {
	dir string
	env []string
}

func (g runner) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Env = g.dir, g.env
	cmd.WaitDelay = time.Second
	return cmd
}

// run starts git with args, feeds it stdin (nil: closed) and copies its output
// to out. The error is ctx's, ErrNoGit, or a *GitError.
func (g runner) run(ctx context.Context, stdin io.Reader, out io.Writer, args ...string) error {
	cmd := g.command(ctx, append(settings[:len(settings):len(settings)], args...)...)
	var stderr prefix
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, out, &stderr
	return gitError(ctx, subcommand(args), cmd.Run(), &stderr)
}

// records is run, with the NUL-terminated records of the output given to each
// in order. A record of more than 1 MiB is an error.
func (g runner) records(ctx context.Context, stdin io.Reader, each func(string) error, args ...string) error {
	split := &recordWriter{each: each}
	if err := g.run(ctx, stdin, split, args...); err != nil {
		return errors.Join(split.err, err)
	}
	if split.err == nil && len(split.rest) > 0 {
		return fmt.Errorf("git %s: output ends inside a record", subcommand(args))
	}
	return split.err
}

// subcommand skips the options -c KEY=VALUE before it.
func subcommand(args []string) string {
	for len(args) > 2 && args[0] == "-c" {
		args = args[2:]
	}
	return args[0]
}

func gitError(ctx context.Context, command string, err error, stderr *prefix) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return ErrNoGit
	case errors.As(err, &exit):
		text := strings.TrimSpace(stderr.buf.String())
		return &GitError{Command: command, Code: exit.ExitCode(), Stderr: escape(text)}
	}
	return fmt.Errorf("git %s: %w", command, err)
}

// A recordWriter cuts what is written to it at NUL bytes.
type recordWriter struct {
	each func(string) error
	rest []byte
	err  error
}

func (w *recordWriter) Write(p []byte) (int, error) {
	n := len(p)
	for w.err == nil {
		i := bytes.IndexByte(p, 0)
		if i < 0 {
			break
		}
		w.err = w.each(string(append(w.rest, p[:i]...)))
		w.rest, p = w.rest[:0], p[i+1:]
	}
	if w.rest = append(w.rest, p...); w.err == nil && len(w.rest) > 1<<20 {
		w.err = errors.New("a record of git's output is longer than 1 MiB")
	}
	return n, w.err
}

// A prefix keeps the first bytes that are written to it and drops the rest.
type prefix struct{ buf bytes.Buffer }

func (w *prefix) Write(p []byte) (int, error) {
	w.buf.Write(p[:min(len(p), maxStderr-w.buf.Len())])
	return len(p), nil
}

// escape makes foreign text safe for a terminal: what is not printable is
// written as \xNN.
func escape(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		c, n := utf8.DecodeRuneInString(s)
		if c == utf8.RuneError && n == 1 || !unicode.IsPrint(c) {
			for _, x := range []byte(s[:n]) {
				fmt.Fprintf(&b, `\x%02x`, x)
			}
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// hardened returns env without the variables that would change what a git
// command means, and with those that keep it quiet, local and literal.
func hardened(env []string) []string {
	out := make([]string, 0, len(env)+8)
	for _, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		switch name = strings.ToUpper(name); {
		case strings.HasSuffix(name, "_PATHSPECS"), strings.HasPrefix(name, "GIT_TRACE"), strings.HasPrefix(name, "GIT_REDIRECT_"):
		case name == "GIT_ATTR_SOURCE", name == "GIT_EXTERNAL_DIFF", name == "LANGUAGE", name == "PWD":
		default:
			out = append(out, kv)
		}
	}
	return append(out, "GIT_NO_REPLACE_OBJECTS=1", "GIT_LITERAL_PATHSPECS=1", "GIT_OPTIONAL_LOCKS=0",
		"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
}

// fixed returns env with the repository's places pinned to what was found, so
// that no later process looks for itself. Later values win.
func (r *Repo) fixed(env []string) []string {
	out := append(env[:len(env):len(env)],
		"GIT_DIR="+r.GitDir, "GIT_WORK_TREE="+r.Top, "GIT_INDEX_FILE="+r.IndexFile)
	for _, kv := range env {
		switch name, _, _ := strings.Cut(kv, "="); strings.ToUpper(name) {
		case "GIT_OBJECT_DIRECTORY":
			out = append(out, "GIT_OBJECT_DIRECTORY="+r.ObjectsDir)
		case "GIT_COMMON_DIR":
			out = append(out, "GIT_COMMON_DIR="+r.CommonDir)
		}
	}
	return out
}
