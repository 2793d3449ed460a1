//go:build tools

package modelaudit_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// actWorkflow calls the action as a user does, and writes down what came of it.
// act puts a copy of the repository where actions/checkout would check it out.
const actWorkflow = `
on: [push, pull_request, pull_request_target, merge_group, schedule, workflow_dispatch]
permissions:
  contents: read
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
      - id: gate
        uses: modelaudit/action@v1
        continue-on-error: true
        with:
          paths: ${{ vars.PATHS }}
          fail-on: ${{ vars.FAIL_ON || 'any' }}
          upload: ${{ vars.UPLOAD || 'false' }}
          comment: ${{ vars.UPLOAD || 'false' }}
          fix: ${{ vars.FIX || 'false' }}
          token: a-token
      - run: |
          echo "outcome=$OUTCOME code=$CODE artifacts=$ARTIFACTS findings=$FINDINGS blocked=$BLOCKED" > "$RESULT"
          for file in "$REPORT" "$SARIF" "$PATCH"; do
            if [ -n "$file" ]; then cat "$file" >> "$RESULT"; fi
          done
        env:
          OUTCOME: ${{ steps.gate.outcome }}
          CODE: ${{ steps.gate.outputs.exit-code }}
          ARTIFACTS: ${{ steps.gate.outputs.artifacts }}
          FINDINGS: ${{ steps.gate.outputs.findings }}
          BLOCKED: ${{ steps.gate.outputs.blocked }}
          REPORT: ${{ steps.gate.outputs.report }}
          SARIF: ${{ steps.gate.outputs.sarif }}
          PATCH: ${{ steps.gate.outputs.patch }}
`

// A runner runs the workflow with the program that MODELAUDIT_ACT names
// (github.com/nektos/act), on this machine and without containers.
type runner struct {
	t                    *testing.T
	act, repo, home, our string
	calls                string // what the stand-in for gh was asked
}

func newRunner(t *testing.T) *runner {
	r := &runner{t: t, act: os.Getenv("MODELAUDIT_ACT"), repo: t.TempDir(), home: t.TempDir(), our: t.TempDir()}
	if r.act == "" {
		t.Fatal("MODELAUDIT_ACT must name the program act")
	}
	// The action, as its repository has it: act checks it out by itself.
	list, err := exec.Command("git", "ls-files", "-co", "--exclude-standard", "-z").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Split(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // deleted, and not yet committed so
		}
		mode := os.FileMode(0o644)
		if fi, err := os.Stat(name); err == nil {
			mode = fi.Mode().Perm()
		}
		r.put(filepath.Join(r.our, name), string(text), mode)
	}
	r.calls = filepath.Join(r.home, "calls")
	r.put(filepath.Join(r.home, "bin", "gh"), "#!/bin/sh\necho \"$GH_TOKEN: $*\" >> '"+r.calls+"'\nfor last; do :; done\n", 0o755)
	r.git("init", "-q", "-b", "main")
	r.put(filepath.Join(r.repo, ".github/workflows/gate.yml"), actWorkflow, 0o644)
	return r
}

func (r *runner) put(name, text string, mode os.FileMode) {
	r.t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		r.t.Fatal(err)
	}
}

func (r *runner) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.repo
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@localhost", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@localhost")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit commits files and returns the commit's id.
func (r *runner) commit(files map[string]string) string {
	for name, text := range files {
		r.put(filepath.Join(r.repo, name), text, 0o644)
	}
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", "a commit")
	return r.git("rev-parse", "HEAD")
}

// run runs an event and returns what the workflow wrote down, and the log.
func (r *runner) run(event, payload string, flags ...string) (result, log string) {
	r.t.Helper()
	file, out := filepath.Join(r.home, "event.json"), filepath.Join(r.home, "result")
	r.put(file, payload, 0o644)
	r.put(out, "", 0o644)
	cmd := exec.Command(r.act, append([]string{event, "-e", file, "-P", "ubuntu-latest=-self-hosted", "--local-repository", "modelaudit/action@v1=" + r.our,
		"--env", "RESULT=" + out}, flags...)...)
	cmd.Dir = r.repo
	goenv, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		r.t.Fatal(err)
	}
	dirs := strings.Fields(string(goenv))
	cmd.Env = slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "GITHUB_") || strings.HasPrefix(kv, "GIT_") })
	cmd.Env = append(cmd.Env, "HOME="+r.home, "XDG_CACHE_HOME="+r.home, "XDG_CONFIG_HOME="+r.home, "GOCACHE="+dirs[0], "GOMODCACHE="+dirs[1],
		"PATH="+filepath.Join(r.home, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	text, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("act: %v\n%s", err, text)
	}
	return read(r.t, filepath.ToSlash(out)), string(text)
}

// TestAct runs the action for real, event by event.
func TestAct(t *testing.T) {
	r := newRunner(t)
	const call, allowAll = "cos\nsystem\n(S'true'\ntR.", "version: 1\nrules: [{paths: ['*'], action: warn}]\n"
	zeros := strings.Repeat("0", 40)
	clean := r.commit(map[string]string{"old.pkl": call, "m.pt": read(t, "testdata/torch/zip-2.15/state_dict.pt")})
	bad := r.commit(map[string]string{"new.pkl": "(dp0\nS'a'\nI1\nsS'b'\ncos\nsystem\n(S'true'\ntRs.", ".modelaudit.yml": allowAll})
	push := func(before, after, ref, more string) string {
		return fmt.Sprintf(`{"before": %q, "after": %q, "ref": %q, %s "repository": {"default_branch": "main"}}`, before, after, ref, more)
	}
	pull := func(fork bool) string {
		return fmt.Sprintf(`{"pull_request": {"number": 7, "base": {"sha": %q}, "head": {"sha": %q, "repo": {"fork": %v}}}, "repository": {"default_branch": "main"}}`, clean, bad, fork)
	}
	for _, c := range []struct {
		name, event, payload string
		flags                []string
		want                 string   // first line of the result
		has, hasNot          []string // of result and log together
	}{
		{"push", "push", push(clean, bad, "refs/heads/main", ""), nil, "outcome=failure code=1 artifacts=1 findings=1 blocked=1",
			[]string{"::error file=new.pkl,title=MA101 critical", `"path": "new.pkl"`, `"uri": "new.pkl"`, "## modelaudit: blocked"}, []string{`"path": "old.pkl"`}},
		{"forced push", "push", push("0123456789"+zeros[10:], bad, "refs/heads/main", `"forced": true,`), nil, "outcome=success code=0 artifacts=3 findings=2 blocked=0",
			[]string{"so all files are audited"}, nil},
		{"new branch", "push", push(zeros, bad, "refs/heads/x", ""), nil, "outcome=success code=0 artifacts=3 findings=2 blocked=0", nil, nil},
		{"tag", "push", push(zeros, clean, "refs/tags/v1", ""), nil, "outcome=failure code=1 artifacts=2 findings=1 blocked=1", nil, nil},
		{"deleted branch", "push", push(bad, zeros, "refs/heads/x", `"deleted": true,`), nil, "outcome=success code=0 artifacts=0 findings=0 blocked=0", nil, nil},
		{"pull request: the base's policy", "pull_request", pull(true), nil, "outcome=failure code=1 artifacts=1 findings=1 blocked=1",
			[]string{"::error file=new.pkl", "this range changes the policy"}, nil},
		{"privileged, with the change checked out", "pull_request_target", pull(true), nil, "outcome=failure code=2 artifacts= findings= blocked=",
			[]string{"pull_request_target gives the job secrets"}, nil},
		{"merge queue", "merge_group", fmt.Sprintf(`{"merge_group": {"base_sha": %q, "head_sha": %q}}`, clean, bad), nil, "outcome=failure code=1 artifacts=1 findings=1 blocked=1", nil, nil},
		{"schedule", "schedule", `{"repository": {"default_branch": "main"}}`, nil, "outcome=success code=0 artifacts=3 findings=2 blocked=0", nil, nil},
		{"by hand, and some paths", "workflow_dispatch", `{}`, []string{"--var", "PATHS=m.pt\n"}, "outcome=success code=0 artifacts=1 findings=0 blocked=0", nil, nil},
		{"an input that is a command", "push", push(clean, bad, "refs/heads/main", ""), []string{"--var", `PATHS=$(touch "$RESULT.pwned")`}, "outcome=failure code=2 artifacts= findings= blocked=", nil, nil},
		{"fail on nothing", "push", push(clean, bad, "refs/heads/main", ""), []string{"--var", "FAIL_ON=never"}, "outcome=success code=1 artifacts=1 findings=1 blocked=1", nil, nil},
		{"a patch", "pull_request", pull(true), []string{"--var", "FIX=true"}, "outcome=failure code=1 artifacts=1 findings=1 blocked=1",
			[]string{"\ndiff --git a/new.pkl b/new.pkl\n", "the patch of this run mends new.pkl"}, nil},
		{"upload and comment", "pull_request", pull(false), []string{"--var", "UPLOAD=true"}, "outcome=failure code=1 artifacts=1 findings=1 blocked=1", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			os.Remove(r.calls)
			result, log := r.run(c.event, c.payload, c.flags...)
			if first, _, _ := strings.Cut(result, "\n"); first != c.want {
				t.Fatalf("got  %s\nwant %s\n%s", first, c.want, log)
			}
			for _, text := range c.has {
				if !strings.Contains(result+log, text) {
					t.Errorf("%q is missing:\n%s%s", text, result, log)
				}
			}
			for _, text := range c.hasNot {
				if strings.Contains(result, text) {
					t.Errorf("%q is there:\n%s", text, result)
				}
			}
			calls, _ := os.ReadFile(r.calls)
			asked := regexp.MustCompile(`(?m)^a-token: api --method POST repos/.*/code-scanning/sarifs --input .*\.json --silent\na-token: pr comment 7 --repo .* --body-file .*\.md$`)
			if slices.Contains(c.flags, "UPLOAD=true") != asked.Match(calls) {
				t.Errorf("gh was asked:\n%s", calls)
			}
			if _, err := os.Stat(filepath.Join(r.home, "result.pwned")); err == nil {
				t.Fatal("an input was run")
			}
		})
	}
}
