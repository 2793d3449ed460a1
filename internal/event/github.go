package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A payload is what is read of GitHub's webhook payloads
// (docs.github.com, "Webhook events and payloads").
type payload struct {
	Before, After   string
	Deleted, Forced bool
	Ref             string

	Repository struct {
		DefaultBranch string `json:"default_branch"`
	}
	PullRequest struct {
		Base, Head struct{ SHA string }
	} `json:"pull_request"`
	MergeGroup struct {
		BaseSHA string `json:"base_sha"`
		HeadSHA string `json:"head_sha"`
	} `json:"merge_group"`
}

func github(look func(string) string, read func(string) ([]byte, error)) (Change, error) {
	name, sha := look("GITHUB_EVENT_NAME"), look("GITHUB_SHA")
	var p payload
	if file := look("GITHUB_EVENT_PATH"); file != "" {
		text, err := read(file)
		if err != nil {
			return Change{}, fmt.Errorf("the event's payload: %w", err)
		}
		if err := json.Unmarshal(text, &p); err != nil {
			return Change{}, fmt.Errorf("the event's payload: %w", err)
		}
	}
	switch name {
	case "push":
		return push(p, sha, look("GITHUB_REF")), nil
	case "pull_request", "pull_request_review", "pull_request_target":
		base := ids(p.PullRequest.Base.SHA)
		if base == nil {
			return Change{}, errors.New("the event's payload names no pull_request.base.sha")
		}
		c := Change{Name: name, Head: ids(sha, p.PullRequest.Head.SHA), Base: base, Policy: base}
		if name == "pull_request_target" { // GITHUB_SHA is the base branch's
			c.Head, c.Privileged = ids(p.PullRequest.Head.SHA), true
		}
		if c.Head == nil {
			return Change{}, errors.New("neither GITHUB_SHA nor the event's payload names the change")
		}
		return c, nil
	case "merge_group":
		base := ids(p.MergeGroup.BaseSHA)
		if base == nil {
			return Change{}, errors.New("the event's payload names no merge_group.base_sha")
		}
		return Change{Name: name, Head: orHEAD(ids(p.MergeGroup.HeadSHA, sha)), Base: base, Policy: base}, nil
	}
	pushed, _ := strings.CutPrefix(look("GITHUB_REF"), "refs/heads/")
	return Change{Name: name, Head: orHEAD(nil), Policy: remote(p.Repository.DefaultBranch, pushed), Own: true}, nil
}

// push is a push to GitHub. What was there before a forced push is seldom in a
// clone, and before a new branch there was nothing: the default branch serves then.
func push(p payload, sha, ref string) Change {
	if p.Ref != "" {
		ref = p.Ref
	}
	if p.Deleted || isZero(p.After) {
		return Change{Name: "push", Nothing: "the push deletes a branch or a tag"}
	}
	c := Change{Name: "push", Head: orHEAD(ids(p.After, sha))}
	pushed, isBranch := strings.CutPrefix(ref, "refs/heads/")
	main := remote(p.Repository.DefaultBranch, pushed)
	if !isBranch { // a tag: what is released is audited whole
		c.Policy, c.Own = main, true
		return c
	}
	before := ids(p.Before)
	c.Base = append(before, main...)
	c.Policy = c.Base
	c.Own = len(before) == 0 || p.Forced
	return c
}
