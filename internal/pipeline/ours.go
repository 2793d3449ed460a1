package pipeline

import (
	"context"
	"io"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/scan"
)

// IsOurs reports whether a file was made by a conversion: it is safetensors
// and its metadata says so.
func IsOurs(r io.ReaderAt, size int64) bool {
	return SourceDigest(r, size) != ""
}

// ShowsModel reports whether content alone shows a model.
func ShowsModel(r io.ReaderAt, size int64) bool {
	return !scan.Scan(context.Background(), r, size, "", scan.Options{}).Skipped
}

// SourceDigest is the SHA-256 of the source that a converted file was made
// from, "" if the file is not ours.
func SourceDigest(r io.ReaderAt, size int64) string {
	f, err := scan.ReadSafetensors(r, size, safeio.Limits{})
	if err != nil || f.Metadata["modelaudit.schema"] == "" {
		return ""
	}
	return f.Metadata["modelaudit.source.sha256"]
}

// CheckedOutOtherwise adds the finding that checkout would change the bytes of
// an artifact, and lets the policy decide again.
func (a *Auditor) CheckedOutOtherwise(out *Audited) {
	art := &out.Artifact
	art.Findings = append(art.Findings, rules.New("MA208", audit.Location{End: art.Size}, "",
		"the attributes of this path make git check out other bytes than were audited"))
	art.SortFindings()
	art.Verdict = art.Judge()
	a.decide(out)
}
