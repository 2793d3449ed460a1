package pipeline

import (
	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/scan"
)

// unread is the result for an artifact of which no byte could be read. No
// policy can let it pass: without a digest there is no `allow` entry for it.
func unread(path, reason string) *scan.Result {
	art := audit.Artifact{Path: path, Verdict: audit.VerdictIncomplete}
	art.Coverage.Unread = []audit.Unread{{Reason: reason}}
	art.Decision = &audit.Decision{Action: audit.ActionBlock}
	return &scan.Result{Artifact: art}
}

// Unread is the account of an artifact whose bytes could not be had.
func Unread(path, gitBlob string, size int64, reason string) *Audited {
	res := unread(path, reason)
	res.Artifact.GitBlob, res.Artifact.Size = gitBlob, size
	res.Artifact.Coverage.Unread[0].End = size
	return &Audited{Source: Source{Path: path}, Result: res}
}
