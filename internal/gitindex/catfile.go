package gitindex

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
)

// A catFile is one `git cat-file --batch` process, started when it is first
// needed and kept, because a start costs more than most objects.
type catFile struct {
	git    runner
	mu     sync.Mutex
	cmd    *exec.Cmd // nil when there is no process
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr *prefix
}

// open reads one blob. The process is stopped when anything is left unread.
func (c *catFile) open(ctx context.Context, r *Repo, oid string) (*Blob, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if c.cmd == nil {
		if err := c.start(); err != nil {
			return nil, err
		}
	}
	process := c.cmd.Process
	unhook := context.AfterFunc(ctx, func() { _ = process.Kill() })
	b, err := c.request(ctx, r, oid)
	switch killed := !unhook(); {
	case killed:
		if b != nil {
			_ = b.Close()
		}
		return nil, errors.Join(ctx.Err(), c.stop())
	case errors.Is(err, ErrMissing) && r.partial(ctx):
		return nil, fmt.Errorf("object %s: %w", oid, ErrPromised)
	case err == nil || errors.Is(err, ErrMissing):
		return b, err
	}
	err = errors.Join(err, c.stop())
	text := escape(strings.TrimSpace(c.stderr.buf.String()))
	if strings.Contains(text, "promisor remote") {
		return nil, fmt.Errorf("object %s: %w", oid, ErrPromised) // older git wants to fetch it, and is not allowed to
	}
	if text != "" {
		return nil, fmt.Errorf("object %s: %w (git cat-file: %s)", oid, err, text)
	}
	return nil, err
}

// request speaks the protocol of git-cat-file(1), "BATCH OUTPUT".
func (c *catFile) request(ctx context.Context, r *Repo, oid string) (*Blob, error) {
	if _, err := io.WriteString(c.stdin, oid+"\n"); err != nil {
		return nil, fmt.Errorf("object %s: %w", oid, err)
	}
	line, err := c.stdout.ReadSlice('\n')
	if err != nil {
		return nil, fmt.Errorf("object %s: git cat-file ended: %w", oid, errors.Join(ctx.Err(), err))
	}
	f := strings.Fields(string(line))
	if len(f) == 2 && f[1] == "missing" {
		return nil, fmt.Errorf("object %s: %w", oid, ErrMissing)
	}
	if len(f) != 3 || f[1] != "blob" {
		return nil, fmt.Errorf("object %s is not a blob", oid)
	}
	size, err := strconv.ParseInt(f[2], 10, 64)
	if err != nil || size < 0 {
		return nil, fmt.Errorf("object %s: git cat-file gave the size %q", oid, f[2])
	}
	b, err := r.fill(ctx, oid, size, c.stdout)
	if err != nil {
		return nil, err
	}
	if end, err := c.stdout.ReadByte(); err != nil || end != '\n' {
		return nil, errors.Join(fmt.Errorf("object %s: git cat-file gave more than %d bytes", oid, size), b.Close())
	}
	return b, nil
}

// start runs git with a low core.bigFileThreshold, above which it streams
// instead of holding the object.
func (c *catFile) start() error {
	args := append(settings[:len(settings):len(settings)], "-c", "core.bigFileThreshold=1m", "cat-file", "--batch")
	cmd := c.git.command(context.Background(), args...)
	c.stderr = &prefix{}
	cmd.Stderr = c.stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return gitError(context.Background(), "cat-file", err, c.stderr)
	}
	c.cmd, c.stdin, c.stdout = cmd, stdin, bufio.NewReaderSize(stdout, 64<<10)
	return nil
}

// partial reports whether some objects were promised by a remote and may be
// missing here.
func (r *Repo) partial(ctx context.Context) bool {
	return r.git.run(ctx, nil, io.Discard, "config", "--get-regexp", `^(extensions\.partialclone|remote\..*\.promisor)$`) == nil
}

// stop ends the process. That it was killed is no error.
func (c *catFile) stop() error {
	if c.cmd == nil {
		return nil
	}
	cmd := c.cmd
	c.cmd = nil
	_ = c.stdin.Close()
	_ = cmd.Process.Kill()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("git cat-file: %w", err)
	}
	return nil
}
