package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// writing are the system calls by which the hook (Go's names) and the git that
// it runs (C's) change files.
var writing = []string{"linkat", "renameat", "renameat2", "unlinkat", "mkdirat", "fchmod", "fsync", "pwrite64", "ftruncate", "write", "rename", "link", "unlink"}

var traceable = sync.OnceValue(func() bool {
	return exec.Command("strace", "-f", "-o", os.DevNull, "-e", "inject=fsync:error=EIO", "true").Run() == nil
})

// inject KILL|ERROR stops the hook at every system call that writes, or lets
// the call fail, each time in a fresh copy of the repository. It demands that
// index and work tree are old or new, and that the next run leaves them new.
func inject(ts *testscript.TestScript, neg bool, args []string) {
	work := ts.Getenv("WORK")
	template := filepath.Join(work, "template")
	ts.Check(os.Rename(filepath.Join(work, "repo"), template))
	fresh(ts, template)
	old := contents(ts)
	hook(ts)
	changed := contents(ts)
	if old == changed {
		ts.Fatalf("the hook changes nothing")
	}
	how := "signal=KILL"
	if args[0] != "KILL" {
		how = "error=" + args[0]
	}
	hits := 0
	for _, call := range writing {
		for n := 1; ; n++ {
			fresh(ts, template)
			r, hit := traced(ts, fmt.Sprintf("inject=%s:%s:when=%d", call, how, n))
			if !hit {
				break
			}
			hits++
			what := fmt.Sprintf("%s at %s %d", args[0], call, n)
			os.Remove(ts.MkAbs(".git/index.lock")) // as git says to whoever meets it
			// Where the call was the Go runtime's own, to wake a thread, it ends the program as a signal does.
			if args[0] != "KILL" && !strings.Contains(r.out, "netpollBreak write failed") {
				failed(ts, what, r, old, changed)
				continue
			}
			half(ts, what, old, changed)
			hook(ts)
			clean(ts, false, nil)
			half(ts, what+", next run", changed, changed)
		}
	}
	ts.Logf("%d system calls", hits)
	if hits < 10 {
		ts.Fatalf("only %d system calls", hits)
	}
}

func fresh(ts *testscript.TestScript, template string) {
	repo := filepath.Join(ts.Getenv("WORK"), "repo")
	ts.Check(os.RemoveAll(repo))
	ts.Check(exec.Command("cp", "-a", template, repo).Run())
	ts.Check(ts.Exec("git", "update-index", "-q", "--refresh"))
}

// traced runs the hook with all of its main goroutine's calls on one thread,
// since strace counts by thread.
func traced(ts *testscript.TestScript, expr string) (r result, hit bool) {
	log := filepath.Join(ts.Getenv("WORK"), "trace")
	call, _, _ := strings.Cut(strings.TrimPrefix(expr, "inject="), ":")
	r = hookUnder(ts, []string{"strace", "-f", "-q", "-o", log, "-e", "trace=" + call, "-e", expr, "--"}, "MODELAUDIT_TEST_ONE_THREAD=1")
	text, err := os.ReadFile(log)
	ts.Check(err)
	return r, strings.Contains(string(text), "(INJECTED)") || strings.Contains(string(text), "killed by SIGKILL")
}

// A content is what index and work tree hold, stat data and flags aside.
type content struct{ index, files string }

func contents(ts *testscript.TestScript) content {
	ts.Check(ts.Exec("git", "ls-files", "-s"))
	c := content{index: ts.ReadFile("stdout")}
	ts.Check(ts.Exec("sh", "-c", "find . -path ./.git -prune -o -type f -exec sha256sum {} + | sort"))
	c.files = ts.ReadFile("stdout")
	return c
}

// half demands that the index is one of two, whole, that the work tree has what it
// names, that every file is one of the old or the new ones, and nothing is lost.
func half(ts *testscript.TestScript, what string, old, changed content) {
	now := contents(ts)
	if now.index != old.index && now.index != changed.index {
		ts.Fatalf("%s: index\n%s", what, now.index)
	}
	for line := range strings.Lines(now.files) {
		if !strings.Contains(old.files+changed.files, line) && !strings.Contains(line, ".modelaudit-") && !strings.Contains(line, "model.pt") {
			ts.Fatalf("%s: a file that is neither old nor new: %s", what, line)
		}
	}
	ts.Check(ts.Exec("sh", "-e", "-c", "git fsck --strict --no-dangling; git cat-file -e "+ts.Getenv("BLOB")))
	ts.Check(ts.Exec("git", "diff", "--name-only", "--diff-filter=D"))
	if missing := ts.ReadFile("stdout"); missing != "" {
		ts.Fatalf("%s: the index names what is not there: %s", what, missing)
	}
}

// failed demands that a run one of whose system calls failed left everything as
// it was, or did its work, or said how to go back.
func failed(ts *testscript.TestScript, what string, r result, old, changed content) {
	now := contents(ts)
	switch undo := block(r.out, "undo"); {
	case strings.Contains(r.out, "internal error"):
		ts.Fatalf("%s: %s", what, r.out)
	case undo != "":
		ts.Check(ts.Exec("sh", "-e", "-c", undo))
		now = contents(ts)
	case now == changed:
		return
	case r.code == 0:
		ts.Fatalf("%s: exit code 0", what)
	}
	if d := cmp.Diff(old, now, cmp.AllowUnexported(content{})); d != "" {
		ts.Fatalf("%s: exit code %d (-before +after):\n%s\n%s", what, r.code, d, r.out)
	}
	clean(ts, false, nil)
}
