package pipeline

import (
	"errors"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
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

// unreadEmpty says of a source without tensors what of it could not be read.
func unreadEmpty(a *Audited, err error) error {
	var r *converters.Refusal
	list := a.Artifact.Coverage.Unread
	if !errors.As(err, &r) || !r.Empty || len(list) == 0 {
		return err
	}
	where := ""
	if list[0].Member != "" {
		where = list[0].Member + ": "
	}
	return &converters.Refusal{Msg: "there is no tensor in what could be read of it: " + where + list[0].Reason, Empty: true, Unread: true}
}
