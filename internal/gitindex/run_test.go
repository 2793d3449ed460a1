package gitindex

import "testing"

// An error of git's is one line: what failed, without git's advice.
func TestGitErrorText(t *testing.T) {
	for stderr, want := range map[string]string{
		"": "git status: exit code 128",
		`warning: a\x0afatal: no\x0a\x0aTry again`: "git status: exit code 128: fatal: no",
		`one\x0atwo`: "git status: exit code 128: one",
		`fatal: detected dubious ownership in repository at '/r'\x0aTo add an exception for this directory, call:\x0a\x0a\x09git config --global --add safe.directory /r`: "git status: exit code 128: fatal: detected dubious ownership in repository at '/r'; `git config --global --add safe.directory DIRECTORY` tells git to trust it",
	} {
		if got := (&GitError{Command: "status", Code: 128, Stderr: stderr}).Error(); got != want {
			t.Errorf("%q: got %q, want %q", stderr, got, want)
		}
	}
}
