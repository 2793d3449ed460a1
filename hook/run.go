// Package hook is what happens between `git commit` and the commit: the staged
// entries are audited, the policy decides, and what is to be rewritten is
// rewritten in the index in one update ([Hook]). [Range] audits what lies between
// two revisions. The package also installs and removes the hook.
//
// # Security
//
// What is audited is what is staged: blobs, by object id, never the work tree.
// Nothing is changed before every remedy is proven; whatever fails before that
// leaves index and work tree as they were. Names of files are data: they are
// quoted in every command that is printed and are never options.
package hook

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/verdicts"
	"github.com/modelaudit/action/policy"
)

// PolicyFile is where a repository keeps its policy.
const PolicyFile = ".modelaudit.yml"

// Options says how a run of the hook goes. The zero value audits what is staged.
type Options struct {
	Policy *policy.Policy // nil: PolicyFile in the index, else the built-in one
	Floor  *policy.Policy // what the policy may not loosen, nil for none
	Today  time.Time
	Check  bool // never write
	// Merging: git is about to commit a merge whose tree is written already,
	// so that nothing can be rewritten. It implies Check.
	Merging bool
	All     bool     // every entry of the index
	Paths   []string // these entries too, even if they are unchanged
	// Only: of what AuditChange would audit, what lies at or below these paths.
	Only []string
	// WorkTreeOnly: change the work tree and leave the index to the user, as
	// formatters under the pre-commit framework do.
	WorkTreeOnly bool
	// Unstaged: files with edits that are not staged, which somebody has put aside and
	// brings back. They are not rewritten as long as the edits are not there.
	Unstaged []string
	// keep: strip what would be arrays alone if it were converted.
	keep bool
	// Server: a server receives what is audited.
	Server bool
	// Dir is where the program was started: Paths are taken from there. Git
	// starts hooks at the top and says in Prefix where it was started itself.
	Dir, Prefix string
	Digest      bool // SHA-256 of every artifact in the report
	// Cache: what is known of blobs with which nothing is wrong is kept in the
	// git directory, and they are not read again.
	Cache bool
}

// A Run is one run of the hook.
type Run struct {
	Report audit.Report
	// Undo are the commands that restore the state before, nil if nothing changed.
	Undo []string
	// Next are the commands that the user should run, in order.
	Next []string
	// Policy is the one in force.
	Policy *policy.Policy
	// Change is what AuditChange audited.
	Change Change
	// PolicyChanged: what is audited changes or removes a policy that was there.
	PolicyChanged bool

	repo    *gitindex.Repo
	opt     Options
	auditor *pipeline.Auditor
	items   []*item
	fresh   []*item // those that are being looked at together
	mode    gitindex.Mode
	cache   *verdicts.Store   // of facts about blobs; nil without one
	stamp   os.FileInfo       // of the index, before it was looked at
	audited map[string]string // path -> blob that was audited
	taken   map[string]string // target, folded -> its source
	known   *lookup           // nil until asked for
	attrs   map[string]gitindex.Attrs
	history bool // several contents of one path are audited
	// indexEdited and filesMoved say what was changed.
	indexEdited, filesMoved bool
	conclusion              []string // commands that bring back what the commit concludes, such as a merge
	messages                []string // the same for the texts that belong to it
	attributesEdit          *item    // the change of .gitattributes that goes with the rewrites, nil for none
	tracked                 []string // the paths that it makes Git LFS store
	nothingLeft             bool     // after the rewrite there is nothing to commit
	unstaged                bool     // PolicyFile is in the work tree and not in the index
}

// An item is a staged entry under audit.
type item struct {
	entry   gitindex.Entry
	audited *pipeline.Audited
	blob    *gitindex.Blob
	pointer *gitindex.Pointer // of Git LFS, for which blob is the content; else nil
	missing *gitindex.Pointer // of Git LFS, whose content is not here
	fetch   string            // the command that fetches its content; "" unless that is missing and some command does
	rewrite *rewrite          // nil unless a remedy was prepared
	refusal string            // why no remedy can be applied, "" if nothing is known against it
	outputs []string          // what a conversion would give, nil if there can be none
	raw     []string          // what a conversion gave that git stores itself, though the source is in Git LFS
	way     pipeline.Way
	set     *set // nil unless it is one of several entries that are one model
	// past: the content stands in the history of what is audited and no more at its
	// end; the revision from which `git rebase -i` makes it anew. Else "".
	past string
}

// A PolicyError is a policy of the repository that is wrong.
type PolicyError struct{ Err error }

func (e *PolicyError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong with the policy.
func (e *PolicyError) Unwrap() error { return e.Err }

// Hook audits what the index of repo holds, and rewrites it if the policy says
// so and git allows it. The error is one of the program's own work; what is
// wrong with files stands in the report. An error means that index and work
// tree are as they were, unless its text says otherwise.
func Hook(ctx context.Context, repo *gitindex.Repo, opt Options) (*Run, error) {
	opt.Check = opt.Check || opt.Merging
	if opt.Prefix == "" {
		opt.Prefix = below(repo.Top, opt.Dir)
	}
	r := &Run{repo: repo, opt: opt, mode: repo.CommitMode(), stamp: repo.Stamp(), audited: map[string]string{}, taken: map[string]string{}}
	defer r.closeItems()
	if err := r.loadPolicy(ctx); err != nil {
		return nil, err
	}
	r.auditor = &pipeline.Auditor{Policy: r.Policy, Today: opt.Today, Digest: opt.Digest}
	r.openCache()
	entries, err := r.entries(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.auditAll(ctx, entries); err != nil {
		return nil, err
	}
	if err := r.lateArrivals(ctx); err != nil {
		return nil, err
	}
	r.saveCache()
	if !opt.Check && len(r.items) > 0 {
		r.repo.Sweep(ctx, r.modelPaths())
	}
	if err := r.findFollowed(ctx); err != nil {
		return nil, err
	}
	code := audit.ExitAllowed
	if r.mayApply() {
		if code, err = r.apply(ctx); err != nil {
			return nil, err
		}
	}
	r.noteUnstaged()
	return r, r.finish(ctx, code)
}

// modelPaths lists where the models are.
func (r *Run) modelPaths() (paths []string) {
	for _, it := range r.items {
		paths = append(paths, it.entry.Path)
	}
	return paths
}

// finish closes the report and says how to go on and how to go back. Once
// something was changed, that is said even to a user who interrupts.
func (r *Run) finish(ctx context.Context, code int) error {
	if ctx.Err() != nil {
		code = audit.ExitInterrupted
	}
	r.findPast(context.WithoutCancel(ctx))
	r.sum(code)
	r.findWays(context.WithoutCancel(ctx))
	r.nextAfterCheck()
	return r.undo(context.WithoutCancel(ctx))
}

// sum fills the report with the items, and closes it.
func (r *Run) sum(code int) {
	r.Report.Policy = r.Policy.Identity()
	r.Report.Notes = append(r.Report.Notes, r.Policy.Expired(r.opt.Today)...)
	for _, it := range r.items {
		r.Report.Artifacts = append(r.Report.Artifacts, it.audited.Artifact)
	}
	r.Report.Close(code)
}

func (r *Run) closeItems() {
	for _, it := range r.edited() {
		it.drop()
	}
	for _, it := range r.items {
		it.drop()
	}
}

// close gives the source's content back.
func (it *item) close() {
	if it.blob != nil {
		it.blob.Close()
		it.blob = nil
	}
}

// drop gives up everything that an item holds.
func (it *item) drop() {
	it.close()
	if it.rewrite != nil {
		it.rewrite.conv.Discard()
		it.rewrite = nil
	}
}

// quoted joins words of a command, each quoted.
func quoted(quote func(string) string, words ...string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = quote(w)
	}
	return strings.Join(out, " ")
}
