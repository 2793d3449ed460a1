package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"gopkg.in/yaml.v3"
)

// Parse reads a policy file; name stands in errors, in [Policy.Source] and in
// explanations. What is wrong is returned as [Errors], and then no policy.
func Parse(name string, data []byte) (*Policy, error) {
	r := &reader{file: name}
	p := &Policy{Source: name, SHA256: digest(data)}
	if root := r.load(data); root != nil {
		r.policy(root, p)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return p, nil
}

// policy reads the whole document.
func (r *reader) policy(root *yaml.Node, p *Policy) {
	f, ok := r.mapping(root, "a policy", "version", "extends", "rules", "trust", "allow", "after_rewrite", "lfs", "limits")
	if !ok {
		return
	}
	r.version(root, f["version"])
	if n := f["rules"]; n != nil {
		for i, item := range r.list(n, "rules") {
			p.rules = append(p.rules, r.rule(item, fmt.Sprintf("rules[%d]", i)))
		}
	}
	if n := f["trust"]; n != nil {
		for _, item := range r.list(n, "trusted globals") {
			p.trust = append(p.trust, r.trusted(item))
		}
	}
	if n := f["allow"]; n != nil {
		for i, item := range r.list(n, "allowed files") {
			p.allow = append(p.allow, r.allowance(item, fmt.Sprintf("allow[%d]", i)))
		}
	}
	if n := f["after_rewrite"]; n != nil {
		p.AfterRewrite, _ = r.word(n, AfterRewriteStop, AfterRewriteContinue)
	}
	if n := f["lfs"]; n != nil {
		p.LFS, _ = r.word(n, LFSOffer, LFSTrack)
	}
	if n := f["limits"]; n != nil {
		p.Limits = r.limits(n)
	}
	if n := f["extends"]; n != nil {
		r.extend(n, p)
	}
	p.AfterRewrite = cmp.Or(p.AfterRewrite, AfterRewriteStop)
	p.LFS = cmp.Or(p.LFS, LFSOffer)
}

// version holds the file to version 1, written as exactly that.
func (r *reader) version(root, n *yaml.Node) {
	const what = "version: 1"
	if n == nil {
		r.fail(root, "expected the key %s", what)
		return
	}
	if s, ok := r.scalar(n, what, tagInt); ok && s != "1" {
		r.fail(follow(n), "expected %s, found %s", what, describe(follow(n)))
	}
}

// extend appends the rules of a template; what the file itself sets stays.
func (r *reader) extend(n *yaml.Node, p *Policy) {
	name, ok := r.word(n, templateNames()...)
	if !ok {
		return
	}
	text, _ := Template(name)
	base, err := Parse(name, text)
	if err != nil {
		r.fail(follow(n), "the template %s is broken: %v", name, err)
		return
	}
	for _, rl := range base.rules {
		rl.clause = name + ":" + rl.clause
		p.rules = append(p.rules, rl)
	}
	p.AfterRewrite = cmp.Or(p.AfterRewrite, base.AfterRewrite)
	p.LFS = cmp.Or(p.LFS, base.LFS)
	p.Limits.MaxFileSize = cmp.Or(p.Limits.MaxFileSize, base.Limits.MaxFileSize)
	p.Limits.Timeout = cmp.Or(p.Limits.Timeout, base.Limits.Timeout)
}

// rule reads one entry of `rules`.
func (r *reader) rule(n *yaml.Node, clause string) rule {
	rl := rule{clause: clause, file: r.file, line: n.Line}
	f, ok := r.mapping(n, "a rule", "paths", "formats", "action", "to", "when")
	if !ok {
		return rl
	}
	at := follow(n)
	if f["paths"] == nil && f["formats"] == nil {
		r.fail(at, "expected a rule with the key paths or formats, or both")
	}
	if paths := f["paths"]; paths != nil {
		for _, item := range r.filled(paths, "globs") {
			rl.globs = append(rl.globs, r.glob(item))
		}
	}
	if names := f["formats"]; names != nil {
		rl.formats = r.formats(names)
	}
	if action := f["action"]; action != nil {
		rl.actions = r.actions(action)
	} else {
		r.fail(at, "expected a rule with the key action: one of %s, or a list of them", strings.Join(actionNames(), ", "))
	}
	rl.to = r.target(at, f["to"], rl.actions)
	rl.always = len(rl.actions) > 0 && rl.actions[0] == audit.ActionConvert
	if when := f["when"]; when != nil {
		word, _ := r.word(when, "always", "findings")
		rl.always = word == "always"
	}
	return rl
}

// formats reads the list of formats of a rule.
func (r *reader) formats(n *yaml.Node) []audit.Format {
	var list []audit.Format
	for _, item := range r.filled(n, "formats") {
		name := audit.Format(item.Value)
		if item.Kind != yaml.ScalarNode || !slices.Contains(formats(), name) {
			r.fail(item, "expected the name of a format (modelaudit formats lists them), found %q%s", clip(item.Value), Suggestion(item.Value, formats()))
			continue
		}
		list = append(list, name)
	}
	return list
}

// actionNames are the actions that a rule may ask for.
func actionNames() []string {
	return []string{
		string(audit.ActionAllow), string(audit.ActionWarn), string(audit.ActionBlock),
		string(audit.ActionConvert), string(audit.ActionStrip),
	}
}

// remedy says whether an action is one that can fail, so that others may follow.
func remedy(a audit.Action) bool { return a == audit.ActionConvert || a == audit.ActionStrip }

// actions reads one action or a list of them. In a list, each stands once, and
// allow, warn and block only at the end, since nothing after them would be tried.
func (r *reader) actions(n *yaml.Node) []audit.Action {
	items := []*yaml.Node{n}
	if follow(n).Kind == yaml.SequenceNode {
		items = r.filled(n, "actions")
	}
	var list []audit.Action
	for i, item := range items {
		name, ok := r.word(item, actionNames()...)
		action := audit.Action(name)
		switch {
		case !ok:
			continue
		case slices.Contains(list, action):
			r.fail(item, "expected each action once, found %s again", name)
		case !remedy(action) && i < len(items)-1:
			r.fail(item, "expected %s only as the last action: what follows would never be tried", name)
		}
		list = append(list, action)
	}
	return list
}

// target reads `to`, which a rule has exactly if it converts.
func (r *reader) target(rule, n *yaml.Node, actions []audit.Action) audit.Format {
	converts := slices.Contains(actions, audit.ActionConvert)
	switch {
	case n == nil && !converts:
		return ""
	case n == nil:
		r.fail(rule, "expected the key to beside action: convert, as in to: %s", audit.FormatSafetensors)
		return ""
	case !converts && len(actions) > 0:
		r.fail(n, "expected no key to without action: convert")
		return ""
	}
	s, _ := r.word(n, string(audit.FormatSafetensors))
	return audit.Format(s)
}
