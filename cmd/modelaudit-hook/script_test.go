package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/cmd/internal/hookcommand"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"modelaudit-hook": func() {
			if os.Getenv("MODELAUDIT_TEST_ONE_THREAD") != "" {
				runtime.LockOSThread()
			}
			main()
		},
		"modelaudit": func() { // `modelaudit hook` is the same program
			s := door.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Environ()}
			os.Exit(hookcommand.Run(os.Args[2:], s))
		},
	})
}

// TestScripts runs real git with the hook. Each script begins in an empty
// repository with the hook installed, if it does not say otherwise:
//
//	model NAME KIND   writes a model file (models_test.go lists the kinds)
//	policy ACTION ... writes .modelaudit.yml with one rule for *.pt and commits it alone
//	state NAME        remembers HEAD, index, status and work tree
//	same NAME         demands that they are as remembered
//	allow FILE DATE   appends to the policy an allow entry for a file, and stages it
//	trust NAME        the same with a trust entry
//	code N CMD...     runs a command that must exit with N
//	commit ARG...     runs git commit
//	undo, next        run the commands of that block with sh, as commit or code printed it last
//	framework ID ...  commits a configuration of the pre-commit framework (framework_test.go)
//	clean             demands that nothing of ours was left in .git and in the temporary directory
func TestScripts(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the scripts use names, links and shells that Windows lacks")
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		Setup:               setUp,
		Condition:           condition,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"model": model, "policy": writePolicy, "state": state, "same": same, "undo": undo, "next": next, "clean": clean, "code": code, "sweep": sweep, "meddle": meddle, "interrupt": interrupt, "immutable": immutable, "mutable": mutable, "smallfs": smallfs, "setblob": setBlob,
			"commit": commit, "allow": allow, "trust": trust, "framework": framework, "inject": inject, "disturb": disturb, "together": together,
		},
	})
}

func setUp(env *testscript.Env) error {
	torch, err := filepath.Abs(torchFiles)
	if err != nil {
		return err
	}
	examples, err := filepath.Abs("../../examples/hook")
	if err != nil {
		return err
	}
	repo := filepath.Join(env.WorkDir, "repo")
	tmp := filepath.Join(env.WorkDir, "tmp")
	for _, dir := range []string{repo, tmp} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	env.Cd = repo
	for _, kv := range [][2]string{
		{"TMPDIR", tmp}, {"TORCH", torch}, {"EXAMPLES", examples}, {"HOME", env.WorkDir}, {"XDG_CONFIG_HOME", env.WorkDir}, {"GIT_CONFIG_NOSYSTEM", "1"},
		{"GIT_CONFIG_GLOBAL", filepath.Join(env.WorkDir, "gitconfig")}, {"GIT_EDITOR", `sh -c 'echo message > "$1"' -`}, {"GIT_MERGE_AUTOEDIT", "no"},
		{"GIT_AUTHOR_NAME", "a"}, {"GIT_AUTHOR_EMAIL", "a@example.com"}, {"GIT_COMMITTER_NAME", "c"}, {"GIT_COMMITTER_EMAIL", "c@example.com"},
	} {
		env.Setenv(kv[0], kv[1])
	}
	passOn(env)
	for _, args := range [][]string{{"git", "init", "-q", "-b", "main"}, {"modelaudit-hook", "install", "-q"}} {
		name := args[0]
		if name != "git" {
			name = filepath.Join(strings.Split(env.Getenv("PATH"), string(os.PathListSeparator))[0], name)
		}
		cmd := exec.Command(name, args[1:]...)
		cmd.Dir, cmd.Env = repo, env.Vars
		if out, err := cmd.CombinedOutput(); err != nil {
			return &exec.Error{Name: strings.Join(args, " ") + ": " + string(out), Err: err}
		}
	}
	return nil
}

// condition: [chattr] for scripts that change attributes of files, [mount] for
// those that mount a file system; both need root and a system that can. [strace]
// for those that let system calls fail. [reftable] for a git that has it.
func condition(cond string) (bool, error) {
	switch cond {
	case "chattr":
		return lockable(), nil
	case "reftable":
		return reftable(), nil
	case "strace":
		return traceable(), nil
	case "mount":
		return mountable(), nil
	}
	return false, &exec.Error{Name: cond, Err: exec.ErrNotFound}
}

var reftable = sync.OnceValue(func() bool {
	dir, err := os.MkdirTemp("", "reftable")
	if err != nil {
		return false
	}
	defer os.RemoveAll(dir)
	return exec.Command("git", "init", "-q", "--ref-format=reftable", dir).Run() == nil
})

var mountable = sync.OnceValue(func() bool {
	dir, err := os.MkdirTemp("", "mount")
	if err != nil || runtime.GOOS != "linux" || os.Geteuid() != 0 {
		return false
	}
	defer os.Remove(dir)
	if exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "none", dir).Run() != nil {
		return false
	}
	return exec.Command("umount", dir).Run() == nil
})

var lockable = sync.OnceValue(func() bool {
	dir, err := os.MkdirTemp("", "chattr")
	if err != nil {
		return false
	}
	defer os.Remove(dir)
	return exec.Command("chattr", "+i", dir).Run() == nil && exec.Command("chattr", "-i", dir).Run() == nil
})

// smallfs DIR mounts a file system of 1 MiB for the time of the script.
func smallfs(ts *testscript.TestScript, neg bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(ts.Exec("mount", "-t", "tmpfs", "-o", "size=1m", "none", dir))
	ts.Defer(func() { exec.Command("umount", "-l", dir).Run() })
}

// immutable NAME makes a file or directory one that even root cannot change.
func immutable(ts *testscript.TestScript, neg bool, args []string) {
	name := ts.MkAbs(args[0])
	ts.Check(ts.Exec("chattr", "+i", name))
	ts.Defer(func() { exec.Command("chattr", "-i", name).Run() })
}

func mutable(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(ts.Exec("chattr", "-i", ts.MkAbs(args[0])))
}

// setBlob PATH puts the id of a staged blob into $BLOB.
func setBlob(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(ts.Exec("git", "rev-parse", ":"+args[0]))
	ts.Setenv("BLOB", strings.TrimSpace(ts.ReadFile("stdout")))
}
