// Package event tells from the environment of a CI job which change the job is
// about: what is to be audited, what it is compared with, and whose policy
// decides. It knows the variables and payloads of GitHub Actions and GitLab CI;
// anywhere else the change is all of HEAD.
//
// The package opens no file and runs no git: callers hand in the variables and
// the payload, and find out which of the named revisions are there.
//
// # Security
//
// Branch names and the like in a payload were written by whoever made the
// change. Only object ids of 40 or 64 hex digits are taken from it, and the
// name of the default branch if git allows it as one; nothing of it reaches a
// shell. A payload is read up to [MaxPayload], and one that is not understood
// is an error: a change that is not known must not pass for a small one.
package event

import (
	"regexp"
	"strings"
)

// MaxPayload is how many bytes of a payload are read; GitHub's are at most 25 MB.
const MaxPayload = 32 << 20

// A Change is what a CI job is about. Of each list of revisions the first one
// that the repository has counts.
type Change struct {
	Name string // the event as its service calls it, "push"
	// Head is what is audited.
	Head []string
	// Base is what Head is compared with. If none of it is there, all of Head
	// is audited, which is never less.
	Base []string
	// Policy has the policy that decides. If none of it is there, it is Head's
	// own if Own says so, and the audit cannot be done otherwise.
	Policy []string
	Own    bool
	// Nothing says why nothing is to be audited, "" if something is.
	Nothing string
	// Privileged: the job has secrets and may write, so Head must not be what is
	// checked out.
	Privileged bool
}

// Of returns the change that a job is about. look finds variables of the
// environment; payload reads the file that GITHUB_EVENT_PATH names, and is
// called at most once.
func Of(look func(string) string, payload func(name string) ([]byte, error)) (Change, error) {
	switch {
	case look("GITHUB_ACTIONS") == "true":
		return github(look, payload)
	case look("GITLAB_CI") == "true":
		return gitlab(look), nil
	}
	return Change{Head: orHEAD(nil), Own: true}, nil
}

// orHEAD is what is checked out, if no commit is named.
func orHEAD(named []string) []string {
	if named == nil {
		return []string{"HEAD"}
	}
	return named
}

var (
	objectID = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
	branch   = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]*$`)
)

// isID reports whether s names an object; zeros, which stand for none, do not.
func isID(s string) bool {
	return objectID.MatchString(s) && strings.Trim(s, "0") != ""
}

// isZero reports whether s is how services write that there is no object.
func isZero(s string) bool { return objectID.MatchString(s) && strings.Trim(s, "0") == "" }

// ids keeps what names an object, each once.
func ids(list ...string) (out []string) {
	seen := map[string]bool{}
	for _, s := range list {
		if isID(s) && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// remote is where a clone keeps a branch, nil if the name is no branch's or it is the one that is pushed.
func remote(name, pushed string) []string {
	if name == "" || name == pushed || !branch.MatchString(name) || strings.Contains(name, "..") {
		return nil
	}
	return []string{"refs/remotes/origin/" + name}
}
