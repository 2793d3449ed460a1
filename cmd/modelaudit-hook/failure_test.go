package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// A result is one run of the hook.
type result struct {
	code int // -1 if it was killed
	out  string
	err  error // why it did not run
}

// hook runs the hook by hand with further variables.
func hook(ts *testscript.TestScript, env ...string) result { return hookUnder(ts, nil, env...) }

// hookUnder runs it as the argument of another command.
func hookUnder(ts *testscript.TestScript, command []string, env ...string) result {
	r := ran(hookCommand(ts, command, env...))
	r.tell(ts)
	return r
}

// hookCommand is the hook with a script's surroundings. A script's own methods are for one goroutine.
func hookCommand(ts *testscript.TestScript, command []string, env ...string) *exec.Cmd {
	program := "modelaudit-hook"
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if _, err := os.Stat(filepath.Join(dir, "modelaudit-hook")); err == nil {
			program = filepath.Join(dir, "modelaudit-hook")
			break
		}
	}
	command = append(command, program)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

func ran(cmd *exec.Cmd) result {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return result{err: err}
	}
	return result{code: cmd.ProcessState.ExitCode(), out: out.String()}
}

// tell writes a run into the script's log, and ends the script if there was none.
func (r result) tell(ts *testscript.TestScript) {
	ts.Check(r.err)
	ts.Logf("exit code %d\n%s", r.code, r.out)
}

// restored demands that a run left everything as it was, or said how to go back.
func restored(ts *testscript.TestScript, before, what string, r result) (changed bool) {
	if r.code == 0 || strings.Contains(r.out, "internal error") {
		ts.Fatalf("%s: exit code %d\n%s", what, r.code, r.out)
	}
	if undo := block(r.out, "undo"); undo != "" {
		ts.Check(ts.Exec("sh", "-e", "-c", undo))
		changed = true
	}
	if d := cmp.Diff(before, look(ts)); d != "" {
		ts.Fatalf("%s: exit code %d, undo %v (-before +after):\n%s", what, r.code, changed, d)
	}
	clean(ts, false, nil)
	return changed
}

// sweep runs the hook with 0, 4, 8... KiB left on the file system of the
// current directory, until it succeeds.
func sweep(ts *testscript.TestScript, neg bool, args []string) {
	before := look(ts)
	filler := ts.MkAbs("../filler")
	failed := 0
	for kib := 0; kib <= 256; kib += 4 {
		fill(ts, filler, kib<<10)
		r := hook(ts)
		ts.Check(os.Remove(filler))
		if restored(ts, before, fmt.Sprintf("%d KiB left", kib), r) {
			if failed == 0 {
				ts.Fatalf("a full disk troubled nobody")
			}
			return
		}
		failed++
	}
	ts.Fatalf("256 KiB are not enough")
}

// fill leaves so many bytes on a file system.
func fill(ts *testscript.TestScript, name string, left int) {
	f, err := os.Create(name)
	ts.Check(err)
	defer f.Close()
	size := int64(0)
	for chunk := 1 << 16; chunk >= 4096; chunk /= 2 {
		for {
			n, err := f.Write(make([]byte, chunk))
			if size += int64(n); err != nil {
				break
			}
		}
	}
	ts.Check(f.Truncate(max(size-int64(left), 0)))
}

// fakeGit counts, and sends a signal to the hook before or after one of the
// git processes that it starts.
const fakeGit = `#!/bin/sh
echo >> "$DIR/count"
n=$(grep -c "" "$DIR/count")
hit() {
	touch "$DIR/hit"
	kill -$SIGNAL $PPID
}
if [ $n = $AT ] && [ $WHEN = before ]; then
	hit
	[ $SIGNAL = KILL ] && exit 1
fi
"$REALGIT" "$@"
code=$?
if [ $n = $AT ] && [ $WHEN = after ]; then
	hit
fi
exit $code
`

// interrupt SIGNAL sends a signal at every moment at which the hook starts or
// ends a git process.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	git, err := exec.LookPath("git")
	ts.Check(err)
	dir := filepath.Join(ts.Getenv("WORK"), "fake")
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(os.WriteFile(filepath.Join(dir, "git"), []byte(fakeGit), 0o755))
	before := look(ts)
	for _, when := range []string{"before", "after"} {
		for at, hit := 1, true; hit; at++ {
			ts.Check(os.WriteFile(filepath.Join(dir, "count"), nil, 0o644))
			os.Remove(filepath.Join(dir, "hit"))
			r := hook(ts, "PATH="+dir+string(os.PathListSeparator)+ts.Getenv("PATH"), "REALGIT="+git, "DIR="+dir,
				fmt.Sprint("AT=", at), "WHEN="+when, "SIGNAL="+args[0])
			_, err := os.Stat(filepath.Join(dir, "hit"))
			hit = err == nil
			what := fmt.Sprintf("SIG%s %s git process %d", args[0], when, at)
			switch {
			case hit && args[0] == "KILL":
				killed(ts, before, what)
				continue
			case !hit && at < 8:
				ts.Fatalf("only %d git processes", at)
			}
			changed := restored(ts, before, what, r)
			// A signal that comes too late to be noticed interrupts nothing.
			if hit && r.code != 130 && !changed {
				ts.Fatalf("%s: exit code %d", what, r.code)
			}
		}
	}
}

// killed demands that after a kill nothing is lost: the index is the old one
// or the new one, the work tree has what it names, the source is in the store,
// no lock and no temporary file was left.
// Then it restores the state by hand.
func killed(ts *testscript.TestScript, before, what string) {
	clean(ts, false, nil)
	if look(ts) == before {
		return
	}
	ts.Check(ts.Exec("git", "ls-files"))
	switch got := ts.ReadFile("stdout"); got {
	case ".modelaudit.yml\nmodel.pt\n":
		ts.Check(ts.Exec("git", "diff", "--quiet"))
	case ".modelaudit.yml\nmodel.safetensors\n":
		ts.Check(ts.Exec("git", "diff", "--quiet"))
		ts.Check(ts.Exec("sh", "-e", "-c", "git cat-file -e $BLOB && git rm -q -f --cached model.safetensors && git cat-file blob $BLOB > model.pt && git add model.pt"))
	default:
		ts.Fatalf("%s: index holds %q", what, got)
	}
	ts.Check(ts.Exec("sh", "-e", "-c", "git fsck --strict && rm -f model.safetensors"))
	if d := cmp.Diff(before, look(ts)); d != "" {
		ts.Fatalf("%s (-before +after):\n%s", what, d)
	}
}
