package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// meddler stages a file before one of the hook's git processes starts.
const meddler = `#!/bin/sh
echo >> "$DIR/count"
n=$(grep -c "" "$DIR/count")
[ $n = $AT ] && touch "$DIR/hit" && GIT_LITERAL_PATHSPECS= "$REALGIT" add "$LATE"
exec "$REALGIT" "$@"
`

// meddle FILE lets another process stage FILE at every moment of a run, and
// demands that a run which lets the commit go on has audited it.
func meddle(ts *testscript.TestScript, neg bool, args []string) {
	git, err := exec.LookPath("git")
	ts.Check(err)
	dir := filepath.Join(ts.Getenv("WORK"), "fake")
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(os.WriteFile(filepath.Join(dir, "git"), []byte(meddler), 0o755))
	ts.Check(ts.Exec("git", "write-tree"))
	tree := strings.TrimSpace(ts.ReadFile("stdout"))
	ts.Check(ts.Exec("sh", "-c", "mkdir ../kept && cp *.pt ../kept"))
	for at, hit := 1, true; hit; at++ {
		ts.Check(ts.Exec("sh", "-e", "-c", "rm -f *.safetensors; cp ../kept/* .; git read-tree "+tree))
		ts.Check(os.WriteFile(filepath.Join(dir, "count"), nil, 0o644))
		os.Remove(filepath.Join(dir, "hit"))
		r := hook(ts, "PATH="+dir+string(os.PathListSeparator)+ts.Getenv("PATH"), "REALGIT="+git, "DIR="+dir,
			fmt.Sprint("AT=", at), "LATE="+args[0])
		_, err := os.Stat(filepath.Join(dir, "hit"))
		if hit = err == nil; !hit && at < 8 {
			ts.Fatalf("only %d git processes", at)
		}
		ts.Check(ts.Exec("git", "ls-files"))
		staged := strings.Contains(ts.ReadFile("stdout"), args[0])
		switch {
		case strings.Contains(r.out, "internal error"):
			ts.Fatalf("git process %d: %s", at, r.out)
		case staged && (r.code == 0 || !strings.Contains(r.out, args[0]) && r.code != 3):
			ts.Fatalf("git process %d: %s is staged, exit code %d", at, args[0], r.code)
		case !staged && !strings.Contains(r.out, "converted to "+strings.TrimSuffix(args[0], ".pt")) && hit:
			ts.Fatalf("git process %d: %s is gone", at, args[0])
		}
		clean(ts, false, nil)
	}
}

// disturber runs a command before one of the hook's git processes starts.
const disturber = `#!/bin/sh
echo >> "$DIR/count"
n=$(grep -c "" "$DIR/count")
[ $n = $AT ] && touch "$DIR/hit" && (unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE; PATH="$OLDPATH"; cd "$REPO"; eval "$WHAT")
exec "$REALGIT" "$@"
`

// disturb WHAT AFTER lets another process do something at every moment of a
// run, each time in a fresh copy of the repository, and demands that the shell
// command AFTER succeeds then, and that nothing is lost or left behind.
func disturb(ts *testscript.TestScript, neg bool, args []string) {
	git, err := exec.LookPath("git")
	ts.Check(err)
	work := ts.Getenv("WORK")
	dir, template, repo := filepath.Join(work, "fake"), filepath.Join(work, "template"), filepath.Join(work, "repo")
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(os.WriteFile(filepath.Join(dir, "git"), []byte(disturber), 0o755))
	ts.Check(os.Rename(repo, template))
	for at, hit := 1, true; hit; at++ {
		fresh(ts, template)
		ts.Check(os.WriteFile(filepath.Join(dir, "count"), nil, 0o644))
		os.Remove(filepath.Join(dir, "hit"))
		r := hook(ts, "PATH="+dir+string(os.PathListSeparator)+ts.Getenv("PATH"), "REALGIT="+git, "DIR="+dir, "REPO="+repo, "WORK="+work,
			"OLDPATH="+ts.Getenv("PATH"), fmt.Sprint("AT=", at), "WHAT="+args[0])
		_, err := os.Stat(filepath.Join(dir, "hit"))
		if hit = err == nil; !hit && at < 8 {
			ts.Fatalf("only %d git processes", at)
		}
		if strings.Contains(r.out, "internal error") {
			ts.Fatalf("git process %d: %s", at, r.out)
		}
		if hit {
			ts.Setenv("CODE", fmt.Sprint(r.code))
			if err := ts.Exec("sh", "-e", "-c", args[1]); err != nil {
				ts.Fatalf("git process %d: %s: %v\n%s", at, args[1], err, r.out)
			}
		}
		ts.Check(ts.Exec("sh", "-e", "-c", "git fsck --strict --no-dangling; git cat-file -e $BLOB"))
		clean(ts, false, nil)
	}
	ts.Check(os.RemoveAll(repo))
	ts.Check(os.Rename(template, repo))
}
