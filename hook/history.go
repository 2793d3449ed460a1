package hook

import (
	"context"
	"fmt"

	"github.com/modelaudit/action/audit"
)

// findPast looks for the items whose content a commit brought and the end of the
// history has no more. No change of a file mends those: it notes so, and from where
// the history is to be made anew.
func (r *Run) findPast(ctx context.Context) {
	if !r.history {
		return
	}
	index, err := r.index(ctx)
	if err != nil { // what is printed then may be refused, and says why
		return
	}
	for _, it := range r.items {
		e := it.entry
		end, there := index.entries[e.Path]
		if e.Commit == "" || end.OID == e.OID {
			continue
		}
		it.past = e.Commit + "^"
		if _, err := r.repo.Resolve(ctx, it.past); err != nil {
			it.past = "--root" // it has no parent
		}
		d := it.audited.Artifact.Decision
		if d == nil || d.Action == audit.ActionAllow || d.Action == audit.ActionWarn {
			continue
		}
		what := "a later one removes it"
		if there {
			what = "a later one replaces it"
		}
		d.Notes = append(d.Notes, fmt.Sprintf("commit %.12s has it and %s: make them one commit (squash), or leave it out there (edit)", e.Commit, what))
	}
}
