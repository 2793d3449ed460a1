package pipeline

import (
	"fmt"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/scan"
)

// Facts are what a scan found out about bytes with which nothing is wrong. They
// depend on the bytes, the program and what [Auditor.Conditions] says, and on
// nothing else.
type Facts struct {
	Skipped    bool           `json:"skipped,omitempty"` // nothing shows them to be a model
	Formats    []audit.Format `json:"formats,omitempty"`
	Understood int64          `json:"understood,omitempty"`
	Opaque     int64          `json:"opaque,omitempty"`
	Size       int64          `json:"size"`
}

// Conditions says on what facts about a file of that path depend besides its bytes.
func (a *Auditor) Conditions(path string) string {
	limit := a.Limits.WithDefaults().MaxFileSize
	if n := a.policy().Limits.MaxFileSize; n > 0 {
		limit = n
	}
	return fmt.Sprintf("%v %v %d %s", a.policy().Matches(path), a.policy().MatchesFile(path), limit, path)
}

// Facts returns what was found out, and false if that may not be taken for
// granted the next time: findings and what is unread are looked at again, and
// so is what depended on a trusted name or on another file.
func (a *Audited) Facts() (Facts, bool) {
	art := &a.Artifact
	f := Facts{Skipped: a.Skipped, Formats: art.Formats, Understood: art.Coverage.Understood, Opaque: art.Coverage.Opaque, Size: a.Source.Size}
	clean := len(art.Findings) == 0 && len(art.Coverage.Unread) == 0 && art.Refusal == "" && a.reads.failed() == nil
	return f, clean && len(a.TrustUsed) == 0 && !a.Elsewhere
}

// Recall is Audit of bytes about which the facts are known, which it does not
// read. It is false if they have to be read: for their digest, or because the
// policy wants more than a verdict.
func (a *Auditor) Recall(path, gitBlob string, f Facts) (*Audited, bool) {
	art := audit.Artifact{Path: path, GitBlob: gitBlob, Size: f.Size, Formats: f.Formats, Verdict: audit.VerdictClean}
	art.Coverage.Understood, art.Coverage.Opaque = f.Understood, f.Opaque
	out := &Audited{Source: Source{Path: path, Size: f.Size}, Result: &scan.Result{Artifact: art, Skipped: f.Skipped}, lim: safeio.Limits{}.WithDefaults()}
	if f.Skipped {
		return out, true
	}
	if a.Digest || a.policy().NeedsDigest() {
		return nil, false
	}
	a.decide(out)
	return out, !out.Rewrites()
}

// Forget gives up what is kept for a conversion, and with it the bytes.
func (a *Audited) Forget() {
	*a = Audited{Result: &scan.Result{Artifact: a.Artifact, Skipped: a.Skipped, TrustUsed: a.TrustUsed}, Source: Source{Path: a.Source.Path, Size: a.Source.Size},
		Outcome: a.Outcome, lim: a.lim, trusted: a.trusted, named: a.named}
}
