package pipeline

import (
	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/scan"
)

// Unread is the account of an artifact of which no byte could be had. No
// policy can let it pass: without a digest there is no `allow` entry for it.
func Unread(path, gitBlob string, size int64, reason string) *Audited {
	art := audit.Artifact{Path: path, GitBlob: gitBlob, Size: size, Verdict: audit.VerdictIncomplete}
	art.Coverage.Unread = []audit.Unread{{End: size, Reason: reason}}
	art.Decision = &audit.Decision{Action: audit.ActionBlock}
	return &Audited{Source: Source{Path: path}, Result: &scan.Result{Artifact: art}}
}
