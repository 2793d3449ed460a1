package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/urfave/cli/v2"
)

// checkpoint is a small state_dict that real torch wrote; demo/make.py made it.
//
//go:embed demo/checkpoint.pt
var checkpoint []byte

const demoPolicy = `version: 1
rules:
  - paths: ["*.pt"]
    action: convert
    to: safetensors
`

func demoCommand(s door.Streams) *cli.Command {
	return &cli.Command{
		Name: "demo", Usage: "show the main job in a throw-away repository",
		Description: "Makes a repository, installs the hook, stages a checkpoint with a payload in it\nand commits. It runs this program through real git; nothing is simulated.",
		Flags:       []cli.Flag{&cli.BoolFlag{Name: "keep", Usage: "leave the repository there and say where it is"}},
		Action:      func(c *cli.Context) error { return demo(c, s) },
	}
}

func demo(c *cli.Context, s door.Streams) error {
	if c.NArg() > 0 {
		return door.Usagef("demo takes no arguments")
	}
	dir, err := os.MkdirTemp("", "modelaudit-demo-")
	if err != nil {
		return door.Incompletef("%v", err)
	}
	if !c.Bool("keep") {
		defer os.RemoveAll(dir)
	}
	d := &stage{ctx: c.Context, out: s.Out, dir: dir}
	if err := d.play(s); err != nil {
		return door.Incompletef("%v", err)
	}
	if c.Bool("keep") {
		fmt.Fprintf(s.Out, "\nThe repository is %s\n", d.git.Dir)
	}
	return nil
}

// A stage is the throw-away repository and what is shown of it.
type stage struct {
	ctx context.Context
	out io.Writer
	dir string
	git gitindex.Session
	err error
}

// play shows the main job step by step.
func (d *stage) play(s door.Streams) error {
	if err := d.build(s); err != nil {
		return err
	}
	d.say("A new repository with the hook and a policy that converts checkpoints")
	d.expect(0, "git", "init", "-q", "-b", "main")
	d.expect(0, d.program(), "hook", "install")
	d.write(policyFile, []byte(demoPolicy))
	d.expect(0, "git", "add", policyFile)
	d.expect(0, "git", "commit", "-q", "-m", "the policy")

	d.say("A checkpoint that torch wrote, into which somebody put a call of os.system")
	model, err := withPayload(checkpoint, demoCall)
	if err != nil {
		return err
	}
	d.write("model.pt", model)
	d.expect(1, d.program(), "scan", "model.pt")

	d.say("The commit: blocked, and the file rewritten")
	d.expect(0, "git", "add", "model.pt")
	d.expect(0, "git", "ls-files", "--stage")
	undo := d.expect(1, "git", "commit", "-q", "-m", "add the model")
	d.expect(0, "git", "ls-files", "--stage")
	d.expect(0, "git", "status", "--short")

	d.say("After a look, the second commit passes")
	d.expect(0, "git", "commit", "-q", "-m", "add the model")
	d.expect(0, "git", "show", "--stat", "--oneline", "HEAD")
	d.expect(0, d.program(), "scan", "model.safetensors")

	d.say("How to undo the rewrite: take the commit back, then what the hook printed")
	if _, cmds, ok := strings.Cut(undo, "undo with\n"); ok && d.err == nil {
		d.print("git reset --soft HEAD^\n" + cmds)
	}
	return d.err
}

// build makes the directory and copies this program into it, so that what is
// kept still works when the original is gone.
func (d *stage) build(s door.Streams) error {
	repo := filepath.Join(d.dir, "repository")
	if err := os.Mkdir(repo, 0o777); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	from, err := os.Open(self)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(d.program(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(to, from); err != nil {
		to.Close()
		return err
	}
	if err := to.Close(); err != nil {
		return err
	}
	env := []string{"HOME=" + d.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "NO_COLOR=1",
		"GIT_AUTHOR_NAME=demo", "GIT_AUTHOR_EMAIL=demo@localhost", "GIT_COMMITTER_NAME=demo", "GIT_COMMITTER_EMAIL=demo@localhost"}
	for _, kv := range s.Env {
		if name, _, _ := strings.Cut(kv, "="); name != "HOME" && !strings.HasPrefix(name, "GIT_") {
			env = append(env, kv)
		}
	}
	d.git = gitindex.Session{Dir: repo, Env: env}
	return nil
}

func (d *stage) program() string {
	name := "modelaudit"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(d.dir, name)
}

func (d *stage) say(text string) { fmt.Fprintf(d.out, "\n== %s\n", text) }

func (d *stage) print(text string) {
	for line := range strings.Lines(text) {
		fmt.Fprint(d.out, "   ", line)
	}
}

func (d *stage) write(name string, data []byte) {
	if d.err == nil {
		d.err = os.WriteFile(filepath.Join(d.git.Dir, name), data, 0o644)
	}
}

// expect runs a command, shows it with what it prints, and demands an exit code.
func (d *stage) expect(want int, name string, args ...string) string {
	if d.err != nil {
		return ""
	}
	shown := name
	if name == d.program() {
		shown = "modelaudit"
	}
	fmt.Fprintf(d.out, "$ %s %s\n", shown, strings.Join(quoteAll(args), " "))
	out, code, err := d.git.Run(d.ctx, name, args...)
	d.print(out)
	switch {
	case err != nil:
		d.err = fmt.Errorf("%s: %w", shown, err)
	case code != want:
		d.err = fmt.Errorf("%s exited with %d, expected %d", shown, code, want)
	case code != 0:
		fmt.Fprintf(d.out, "   (exit status %d)\n", code)
	}
	return out
}

func quoteAll(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w
		if strings.Contains(w, " ") {
			out[i] = "'" + w + "'"
		}
	}
	return out
}
