package event

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Object ids of commits: before, after, the base of a pull request, its head.
var (
	a    = strings.Repeat("a", 40)
	b    = strings.Repeat("b", 40)
	c    = strings.Repeat("c", 40)
	d    = strings.Repeat("d", 64)
	none = strings.Repeat("0", 40)
)

// of reads a change from variables, "NAME=value", and a payload.
func of(payload string, env ...string) (Change, error) {
	look := func(name string) string {
		for _, kv := range env {
			if k, v, _ := strings.Cut(kv, "="); k == name {
				return v
			}
		}
		return ""
	}
	return Of(look, func(name string) ([]byte, error) {
		if name != "event.json" {
			return nil, errors.New("no such file")
		}
		return []byte(payload), nil
	})
}

func TestGitHub(t *testing.T) {
	origin := []string{"refs/remotes/origin/main"}
	repo := `"repository": {"default_branch": "main"}`
	tests := []struct {
		name, event, payload string
		want                 Change
	}{
		{"push", "push", `{"before": "` + a + `", "after": "` + b + `", "ref": "refs/heads/main", ` + repo + `}`,
			Change{Head: []string{b, c}, Base: []string{a}, Policy: []string{a}}},
		{"push to another branch", "push", `{"before": "` + a + `", "after": "` + b + `", "ref": "refs/heads/x", ` + repo + `}`,
			Change{Head: []string{b, c}, Base: append([]string{a}, origin...), Policy: append([]string{a}, origin...)}},
		{"forced push", "push", `{"before": "` + a + `", "after": "` + b + `", "forced": true, "ref": "refs/heads/main", ` + repo + `}`,
			Change{Head: []string{b, c}, Base: []string{a}, Policy: []string{a}, Own: true}},
		{"new branch", "push", `{"before": "` + none + `", "after": "` + b + `", "created": true, "ref": "refs/heads/x", ` + repo + `}`,
			Change{Head: []string{b, c}, Base: origin, Policy: origin, Own: true}},
		{"first push of all", "push", `{"before": "` + none + `", "after": "` + b + `", "created": true, "ref": "refs/heads/main", ` + repo + `}`,
			Change{Head: []string{b, c}, Own: true}},
		{"tag", "push", `{"before": "` + none + `", "after": "` + b + `", "created": true, "ref": "refs/tags/v1", ` + repo + `}`,
			Change{Head: []string{b, c}, Policy: origin, Own: true}},
		{"deleted branch", "push", `{"before": "` + a + `", "after": "` + none + `", "deleted": true, "ref": "refs/heads/x", ` + repo + `}`,
			Change{Nothing: "the push deletes a branch or a tag"}},
		{"push without a payload", "push", `{}`, Change{Head: []string{c}, Own: true}},
		{"a default branch that is no name", "push", `{"before": "` + none + `", "after": "` + b + `", "ref": "refs/heads/x", "repository": {"default_branch": "--upload-pack=x"}}`,
			Change{Head: []string{b, c}, Own: true}},
		{"pull request", "pull_request", `{"pull_request": {"base": {"sha": "` + a + `"}, "head": {"sha": "` + b + `"}}}`,
			Change{Head: []string{c, b}, Base: []string{a}, Policy: []string{a}}},
		{"pull request, privileged", "pull_request_target", `{"pull_request": {"base": {"sha": "` + a + `"}, "head": {"sha": "` + b + `"}}}`,
			Change{Head: []string{b}, Base: []string{a}, Policy: []string{a}, Privileged: true}},
		{"merge queue", "merge_group", `{"merge_group": {"base_sha": "` + a + `", "head_sha": "` + d + `"}}`,
			Change{Head: []string{d, c}, Base: []string{a}, Policy: []string{a}}},
		{"schedule", "schedule", `{` + repo + `}`, Change{Head: []string{"HEAD"}, Policy: origin, Own: true}},
		{"dispatch", "workflow_dispatch", `{` + repo + `}`, Change{Head: []string{"HEAD"}, Policy: origin, Own: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.want.Name = test.event
			got, err := of(test.payload, "GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME="+test.event, "GITHUB_EVENT_PATH=event.json", "GITHUB_SHA="+c)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A change that cannot be told is an error, and never a small or an empty one.
func TestGitHubUnknown(t *testing.T) {
	for _, test := range []struct{ name, event, payload, path string }{
		{"no base", "pull_request", `{"pull_request": {"head": {"sha": "` + b + `"}}}`, "event.json"},
		{"a base that is no id", "pull_request", `{"pull_request": {"base": {"sha": "main"}, "head": {"sha": "` + b + `"}}}`, "event.json"},
		{"no head", "pull_request_target", `{"pull_request": {"base": {"sha": "` + a + `"}}}`, "event.json"},
		{"queue without a base", "merge_group", `{}`, "event.json"},
		{"no JSON", "push", `{`, "event.json"},
		{"no file", "push", `{}`, "other.json"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := of(test.payload, "GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME="+test.event, "GITHUB_EVENT_PATH="+test.path)
			if err == nil {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestGitLab(t *testing.T) {
	origin := []string{"refs/remotes/origin/main"}
	tests := []struct {
		name string
		env  []string
		want Change
	}{
		{"push", []string{"CI_PIPELINE_SOURCE=push", "CI_COMMIT_BRANCH=main", "CI_COMMIT_BEFORE_SHA=" + a},
			Change{Name: "push", Head: []string{b}, Base: []string{a}, Policy: []string{a}}},
		{"new branch", []string{"CI_PIPELINE_SOURCE=push", "CI_COMMIT_BRANCH=x", "CI_COMMIT_BEFORE_SHA=" + none},
			Change{Name: "push", Head: []string{b}, Base: origin, Policy: origin, Own: true}},
		{"tag", []string{"CI_PIPELINE_SOURCE=push", "CI_COMMIT_TAG=v1", "CI_COMMIT_BEFORE_SHA=" + a},
			Change{Name: "push", Head: []string{b}, Policy: origin, Own: true}},
		{"merge request", []string{"CI_PIPELINE_SOURCE=merge_request_event", "CI_COMMIT_BEFORE_SHA=" + none, "CI_MERGE_REQUEST_DIFF_BASE_SHA=" + a},
			Change{Name: "merge_request_event", Head: []string{b}, Base: []string{a}, Policy: []string{a}}},
		{"merged results", []string{"CI_PIPELINE_SOURCE=merge_request_event", "CI_MERGE_REQUEST_TARGET_BRANCH_SHA=" + c, "CI_MERGE_REQUEST_DIFF_BASE_SHA=" + a},
			Change{Name: "merge_request_event", Head: []string{b}, Base: []string{c, a}, Policy: []string{c, a}}},
		{"schedule", []string{"CI_PIPELINE_SOURCE=schedule", "CI_COMMIT_BRANCH=main"},
			Change{Name: "schedule", Head: []string{b}, Own: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := of("", append(test.env, "GITLAB_CI=true", "CI_DEFAULT_BRANCH=main", "CI_COMMIT_SHA="+b)...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestElsewhere(t *testing.T) {
	got, err := of("", "GITHUB_SHA="+a)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Change{Head: []string{"HEAD"}, Own: true}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzGitHub: whatever a payload says, a change is an error, or nothing, or has
// a head, and every revision is an id, HEAD, or a plain branch of origin.
func FuzzGitHub(f *testing.F) {
	f.Add("push", `{"before": "`+a+`", "after": "`+b+`", "ref": "refs/heads/x", "repository": {"default_branch": "main"}}`)
	f.Add("pull_request", `{"pull_request": {"base": {"sha": "`+a+`"}, "head": {"sha": "`+b+`"}}}`)
	f.Add("merge_group", `{"merge_group": {"base_sha": "`+a+`"}}`)
	f.Add("schedule", `{"repository": {"default_branch": "a/../b"}}`)
	f.Fuzz(func(t *testing.T, name, payload string) {
		got, err := of(payload, "GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME="+name, "GITHUB_EVENT_PATH=event.json", "GITHUB_SHA="+c)
		if err != nil || got.Nothing != "" {
			return
		}
		if len(got.Head) == 0 || len(got.Policy) == 0 && !got.Own {
			t.Errorf("nothing to audit, or no policy: %+v", got)
		}
		for _, rev := range slices.Concat(got.Head, got.Base, got.Policy) {
			branch := strings.TrimPrefix(rev, "refs/remotes/origin/")
			if rev != "HEAD" && !isID(rev) && (branch == rev || strings.HasPrefix(branch, "-") || strings.ContainsAny(branch, " :~^?*[\\\x00\n") || strings.Contains(branch, "..")) {
				t.Errorf("revision %q", rev)
			}
		}
	})
}
