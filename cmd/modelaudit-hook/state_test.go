package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// policy ACTION [continue] [LINE...] commits a policy with one rule for *.pt.
func writePolicy(ts *testscript.TestScript, neg bool, args []string) {
	text := "version: 1\nrules:\n  - paths: [\"*.pt\"]\n    action: " + args[0] + "\n"
	if strings.Contains(args[0], "convert") {
		text += "    to: safetensors\n"
	}
	for _, line := range args[1:] {
		if line == "continue" {
			line = "after_rewrite: continue"
		}
		text += line + "\n"
	}
	ts.Check(os.WriteFile(ts.MkAbs(".modelaudit.yml"), []byte(text), 0o644))
	ts.Check(ts.Exec("git", "add", ".modelaudit.yml"))
	ts.Check(ts.Exec("git", "commit", "-q", "-m", "policy", "--", ".modelaudit.yml"))
}

// look describes what a person could see of a repository.
func look(ts *testscript.TestScript) string {
	git := func(args ...string) string {
		cmd := exec.Command("git", args...)
		cmd.Dir = ts.MkAbs(".")
		cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+ts.Getenv("GIT_CONFIG_GLOBAL"), "HOME="+ts.Getenv("HOME"), "GIT_OPTIONAL_LOCKS=0")
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); err != nil {
			return fmt.Sprintf("%v %s\n", err, out.Bytes())
		}
		return out.String()
	}
	top := strings.TrimSuffix(git("rev-parse", "--show-toplevel"), "\n")
	var b strings.Builder
	fmt.Fprintf(&b, "HEAD %s", git("rev-parse", "--verify", "-q", "HEAD"))
	fmt.Fprintf(&b, "index\n%s", git("-C", top, "ls-files", "-s"))
	fmt.Fprintf(&b, "flags\n%s", regexp.MustCompile(`(?m)^  (ctime|mtime|dev|uid|size).*\n`).ReplaceAllString(git("-C", top, "ls-files", "--debug"), ""))
	fmt.Fprintf(&b, "status\n%s", git("-C", top, "status", "--porcelain=v2", "--untracked-files=all"))
	ts.Check(filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		switch rel, _ := filepath.Rel(top, name); {
		case err != nil || rel == ".git" && d.IsDir():
			return fs.SkipDir
		case rel == ".git" || d.IsDir():
		case d.Type().IsRegular():
			data, _ := os.ReadFile(name)
			fi, _ := d.Info()
			fmt.Fprintf(&b, "%s %q %x\n", fi.Mode(), rel, sha256.Sum256(data))
		default:
			to, _ := os.Readlink(name)
			fmt.Fprintf(&b, "%s %q %q\n", d.Type(), rel, to)
		}
		return nil
	}))
	return b.String()
}

// state NAME remembers.
func state(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(os.WriteFile(filepath.Join(ts.Getenv("WORK"), "state-"+args[0]), []byte(look(ts)), 0o644))
}

// same NAME compares.
func same(ts *testscript.TestScript, neg bool, args []string) {
	was := ts.ReadFile(filepath.Join(ts.Getenv("WORK"), "state-"+args[0]))
	if d := cmp.Diff(was, look(ts)); (d != "") != neg {
		ts.Fatalf("state %q (-then +now):\n%s", args[0], d)
	}
}

// block is the part of a text that begins with a line that starts with head.
func block(text, head string) string {
	var out []string
	in := false
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, head):
			in = true
		case in && strings.TrimSpace(line) == "":
			return strings.Join(out, "")
		case in:
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

// commit ARG... runs git commit and keeps what was said if there is an undo block in it.
func commit(ts *testscript.TestScript, neg bool, args []string) {
	if err := ts.Exec("git", append([]string{"commit"}, args...)...); (err != nil) != neg {
		ts.Fatalf("git commit: %v", err)
	}
	keep(ts, "stderr")
}

func said(ts *testscript.TestScript) string { return filepath.Join(ts.Getenv("WORK"), "said") }

func keep(ts *testscript.TestScript, stream string) {
	if text := ts.ReadFile(stream); block(text, "undo")+block(text, "next") != "" {
		ts.Check(os.WriteFile(said(ts), []byte(text), 0o644))
	}
}

// run runs the commands of the block that was printed last, as a person pastes them.
func run(ts *testscript.TestScript, head string) {
	text := block(ts.ReadFile(said(ts)), head)
	if text == "" {
		ts.Fatalf("there is no %q block", head)
	}
	ts.Logf("%s\n%s", head, text)
	ts.Check(ts.Exec("sh", "-e", "-c", text))
}

func undo(ts *testscript.TestScript, neg bool, args []string) { run(ts, "undo") }
func next(ts *testscript.TestScript, neg bool, args []string) { run(ts, "next") }

// clean looks for what a run should not have left.
func clean(ts *testscript.TestScript, neg bool, args []string) {
	for _, root := range []string{ts.Getenv("TMPDIR"), filepath.Join(ts.Getenv("WORK"), "repo")} {
		ts.Check(filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			base := filepath.Base(name)
			if base == "modelaudit-cache" {
				return nil
			}
			ours := strings.Contains(base, "modelaudit-") && !strings.HasPrefix(base, "modelaudit-former-") || strings.HasPrefix(base, "tmp_obj")
			if ours || root == ts.Getenv("TMPDIR") && name != root || strings.HasSuffix(base, ".lock") && base != "maintenance.lock" && strings.Contains(name, ".git") {
				ts.Fatalf("left behind: %s", name)
			}
			return nil
		}))
	}
}

// code N CMD ARG...
func code(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	keep(ts, "stdout")
	if fmt.Sprint(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

// allow FILE DATE
func allow(ts *testscript.TestScript, neg bool, args []string) {
	sum := sha256.Sum256([]byte(ts.ReadFile(args[0])))
	addPolicy(ts, fmt.Sprintf("allow: [{sha256: %x, reason: reviewed, expires: %s}]\n", sum, args[1]))
}

// trust NAME
func trust(ts *testscript.TestScript, neg bool, args []string) {
	addPolicy(ts, "trust: [{global: "+args[0]+", reason: ours}]\n")
}

func addPolicy(ts *testscript.TestScript, text string) {
	ts.Check(os.WriteFile(ts.MkAbs(".modelaudit.yml"), []byte("version: 1\n"+text), 0o644))
	ts.Check(ts.Exec("git", "add", ".modelaudit.yml"))
}
