package cicommand

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/hook"
	"github.com/modelaudit/action/internal/event"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/policy"
)

// files audits what is on disk, as `modelaudit scan` does.
func (j *job) files() (result, error) {
	pol, floor, err := door.LoadPolicies(j.c)
	if err != nil {
		return result{}, err
	}
	if floor != nil {
		pol = pol.WithFloor(floor)
	}
	paths := j.paths
	if len(paths) == 0 {
		paths = []string{"."}
	}
	all, err := pipeline.Walk(paths)
	if err != nil {
		return result{}, door.Usagef("%v", err)
	}
	n := 0
	counted := func(yield func(pipeline.File) bool) {
		for f := range all {
			if !f.Passed {
				n++
			}
			if !yield(f) {
				return
			}
		}
	}
	r, err := door.Auditor(pol, true).ScanFiles(j.c.Context, counted, 0)
	if err != nil {
		return result{}, err
	}
	door.NewReport(r, pol)
	r.Close(audit.ExitAllowed)
	if n == 0 {
		r.Notes = append(r.Notes, "no file was found to look at")
		r.ExitCode = audit.ExitIncomplete
	}
	return result{report: r, remedy: door.Remedies}, nil
}

// change audits a change of a repository.
func (j *job) change() (result, error) {
	pol, floor, err := door.LoadPolicies(j.c)
	if err != nil {
		return result{}, err
	}
	ctx := j.c.Context
	repo, err := gitindex.Open(ctx, ".", j.s.Env)
	switch {
	case errors.Is(err, gitindex.ErrNoRepo):
		return result{}, &door.Exit{Code: audit.ExitUsage, Msg: err.Error() + ": check the repository out, or use --range files"}
	case err != nil:
		return result{}, door.Incompletef("%v", err)
	}
	defer repo.Close()
	dir, err := os.Getwd()
	if err != nil {
		return result{}, door.Incompletef("%v", err)
	}
	opt := hook.Options{Policy: pol, Floor: floor, Today: j.today, Only: j.paths, Dir: dir, Digest: true}
	var res *hook.Run
	switch text := j.c.String("range"); text {
	case "auto", "all", "":
		return j.event(ctx, repo, opt, text == "all")
	default:
		res, err = hook.Range(ctx, repo, opt, text, j.c.Bool("each-commit"))
	}
	if err != nil {
		return result{}, err
	}
	return j.finish(repo, opt, "", res)
}

// event audits the change that the environment names, or all of HEAD.
func (j *job) event(ctx context.Context, repo *gitindex.Repo, opt hook.Options, all bool) (result, error) {
	ev := event.Change{Head: []string{"HEAD"}, Own: true}
	if !all {
		var err error
		if ev, err = event.Of(j.s.Environ, readPayload); err != nil {
			return result{}, door.Incompletef("%v: name the change with --range", err)
		}
	}
	if ev.Nothing != "" {
		r := &audit.Report{Notes: []string{ev.Nothing + ": nothing is to be audited"}}
		door.NewReport(r, opt.Policy)
		r.Close(audit.ExitAllowed)
		return result{report: r}, nil
	}
	c, notes, err := resolve(ctx, repo, ev, opt.Policy)
	if err != nil {
		return result{}, err
	}
	c.EachCommit = j.c.Bool("each-commit")
	res, err := hook.AuditChange(ctx, repo, opt, c)
	if errors.Is(err, gitindex.ErrNoMergeBase) && !c.EachCommit {
		notes = append(notes, "the histories of "+short(c.Base)+" and "+short(c.Head)+" do not meet in this clone: all files are audited")
		c.Base = ""
		res, err = hook.AuditChange(ctx, repo, opt, c)
	}
	if err != nil {
		return result{}, err
	}
	res.Report.Notes = append(notes, res.Report.Notes...)
	return j.finish(repo, opt, ev.Name, res)
}

// finish completes the report of a change, and writes the patch if one was asked for.
func (j *job) finish(repo *gitindex.Repo, opt hook.Options, event string, res *hook.Run) (result, error) {
	r := &res.Report
	r.Tool = audit.Tool{Name: "modelaudit", Version: door.Version()}
	r.Change = &audit.Revisions{Event: event, Base: res.Change.Base, Head: res.Change.Head}
	out := result{report: r, remedy: res.Commands}
	err := j.patch(repo, opt, &out)
	return out, err
}

// patch writes the patch that was asked for. One that cannot be made is noted:
// what was found stands all the same.
func (j *job) patch(repo *gitindex.Repo, opt hook.Options, out *result) error {
	name := j.c.String("fix")
	if name == "" {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return door.Usagef("%v", err)
	}
	r := out.report
	mended, err := hook.Patch(j.c.Context, repo, hook.Options{Today: opt.Today}, r.Change.Head, r.Artifacts, f)
	if err = errors.Join(err, f.Close()); err != nil || len(mended) == 0 {
		err = errors.Join(err, os.Remove(name))
	}
	switch {
	case err != nil:
		r.Notes = append(r.Notes, "no patch was made: "+err.Error())
	case len(mended) > 0:
		out.patch = name
		r.Notes = append(r.Notes, "`git apply --index` with the patch of this run mends "+strings.Join(mended, ", "))
	}
	return nil
}

// readPayload reads the file with the event's payload.
func readPayload(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, event.MaxPayload+1))
	if err == nil && len(data) > event.MaxPayload {
		err = fmt.Errorf("%s: longer than %d bytes", name, event.MaxPayload)
	}
	return data, err
}

// resolve finds out which of the revisions that an event names are there.
func resolve(ctx context.Context, repo *gitindex.Repo, ev event.Change, pol *policy.Policy) (c hook.Change, notes []string, err error) {
	if c.Head, err = first(ctx, repo, ev.Head); err != nil {
		return c, nil, err
	}
	if c.Head == "" {
		return c, nil, door.Incompletef("the commit to audit, %s, is not in this clone: check it out", strings.Join(ev.Head, " or "))
	}
	if ev.Privileged {
		if err := notCheckedOut(ctx, repo, c.Head); err != nil {
			return c, nil, err
		}
	} else if repo.Head != c.Head {
		notes = append(notes, "what is checked out is "+short(repo.Head)+", what is audited is "+short(c.Head))
	}
	if c.Base, err = first(ctx, repo, ev.Base); err != nil {
		return c, nil, err
	}
	if c.Base == "" && len(ev.Base) > 0 {
		notes = append(notes, short(ev.Base[0])+" is not in this clone, so all files are audited; with the whole history (fetch-depth: 0, GIT_DEPTH: 0) it is what has changed")
	}
	if pol != nil {
		return c, notes, nil
	}
	if c.PolicyOf, err = first(ctx, repo, ev.Policy); err != nil || c.PolicyOf != "" {
		return c, notes, err
	}
	if !ev.Own {
		return c, nil, door.Incompletef("the policy is that of %s, which is not in this clone: clone the whole history (fetch-depth: 0, GIT_DEPTH: 0), or name a policy with --policy", short(ev.Policy[0]))
	}
	c.PolicyOf = c.Head
	if ev.Name != "" {
		notes = append(notes, "the policy is the one of what is audited: there is nothing before it here")
	}
	return c, notes, nil
}

// short is an object id as people write it.
func short(id string) string { return id[:min(len(id), 12)] }

// first resolves the first revision that the repository has, "" for none.
func first(ctx context.Context, repo *gitindex.Repo, revisions []string) (string, error) {
	for _, rev := range revisions {
		id, err := repo.Resolve(ctx, rev)
		switch {
		case err == nil:
			return id, nil
		case errors.Is(err, gitindex.ErrNoRevision), errors.Is(err, gitindex.ErrMissing):
		default:
			return "", door.Incompletef("%v", err)
		}
	}
	return "", nil
}

// notCheckedOut refuses a job with rights that has an untrusted change in its
// work tree, where any other step could run it.
func notCheckedOut(ctx context.Context, repo *gitindex.Repo, change string) error {
	refused := door.Usagef("pull_request_target gives the job secrets and a token that may write, and the change is checked out: use pull_request, or check out the base and only fetch the change")
	if repo.Head == change {
		return refused
	}
	bases, err := repo.MergeBases(ctx, change, repo.Head)
	if err != nil && !errors.Is(err, gitindex.ErrNoMergeBase) {
		return door.Incompletef("%v", err)
	}
	if slices.Contains(bases, change) {
		return refused
	}
	return nil
}
