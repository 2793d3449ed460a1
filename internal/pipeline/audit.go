// Package pipeline is the one path that every door takes: audit an artifact,
// convert it with proof, compare two files, look inside one. The command line,
// the hook and CI differ in where bytes come from and go to, and in nothing else.
//
// # Security
//
// The pipeline never loads a model. A conversion is a proposal until its proof
// stands: the candidate was scanned as a stranger, decoded a second time by
// independent code, and compared byte by byte with the source.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/scan"
	"github.com/modelaudit/action/internal/tree"
	"github.com/modelaudit/action/policy"
)

// A Source is an artifact: bytes, and the path that it is known under.
type Source struct {
	Path string
	R    io.ReaderAt
	Size int64
	// SHA256 and GitBlob are filled where they are known already.
	SHA256, GitBlob string
	// Beside opens the file of that name, without directories, that stands
	// beside the source. Nil means that no other file is read.
	Beside func(name string) (io.ReaderAt, int64, error)
	// Files, unless nil, are the files that R has one behind the other.
	Files []scan.File
}

// An Auditor audits artifacts under one policy.
type Auditor struct {
	Policy *policy.Policy // nil means the built-in one
	Today  time.Time      // against which a policy's `expires` is read
	Limits safeio.Limits
	// Each, unless nil, is called with every pickle of an artifact when it has been judged.
	Each func(scan.Pickle)
	// Part, unless nil, is called with every part of a container whose formats are known.
	Part func(member string, size int64, formats []audit.Format)
	// Keep keeps what is decompressed for whoever converts the artifact and closes
	// it. Without it that is decompressed once more.
	Keep bool
	// Strip keeps it for whoever strips the artifact and closes it.
	Strip bool
	// AsZip offers a strip of 7z archives too, whose result is a zip beside them.
	AsZip bool
	// Plan says of a clean file that the policy converts why it cannot be, in
	// Artifact.Refusal; for who carries out no policy.
	Plan bool
	// Digest asks for the SHA-256 of every artifact in the report.
	Digest bool
}

// An Audited is an artifact with everything that was learned about it.
type Audited struct {
	*scan.Result
	Source  Source
	Outcome policy.Outcome
	lim     safeio.Limits
	trusted map[string]bool
	named   bool     // by a policy's paths
	reads   *watched // Source.R
	again   *reading

	streams []judged // its pickles, for a strip
	partly  bool     // streams are not all of them
	found   int      // findings of pickles
	dirty   int      // how many of them hold something that is to go
	packed  bool     // some of their bytes had to be decompressed
	lent    bool     // and are held until Close
	held    holders
}

// Audit scans one artifact and lets the policy decide. The error is ctx's;
// whatever is wrong with the artifact stands in the result.
func (a *Auditor) Audit(ctx context.Context, src Source) (*Audited, error) {
	return a.audit(ctx, src, nil)
}

// AuditAmong is Audit for one artifact of several that are audited at a time:
// large is called before this one takes much memory.
func (a *Auditor) AuditAmong(ctx context.Context, src Source, large func()) (*Audited, error) {
	return a.audit(ctx, src, large)
}

// audit is Audit; large, unless nil, is called before the artifact takes much
// memory.
func (a *Auditor) audit(ctx context.Context, src Source, large func()) (*Audited, error) {
	pol := a.policy()
	lim := a.Limits
	if pol.Limits.MaxFileSize > 0 {
		lim.MaxFileSize = pol.Limits.MaxFileSize
	}
	scanCtx := ctx
	if pol.Limits.Timeout > 0 {
		var cancel context.CancelFunc
		scanCtx, cancel = context.WithTimeout(ctx, pol.Limits.Timeout)
		defer cancel()
	}

	reads := &watched{r: src.R, size: src.Size}
	src.R = reads
	again := readAgain(src, lim)
	if a.Keep {
		again.early(ctx, src)
	}
	trusted := keys(pol.Trusted())
	out := &Audited{again: again, Source: src, lim: lim, trusted: trusted, named: pol.Matches(src.Path), reads: reads, lent: a.Strip}
	res := src.scan(scanCtx, scan.Options{Limits: lim, Trusted: trusted, Named: out.named, Folder: !pol.MatchesFile(src.Path), Each: both(a.Each, out.gatherer()), Part: a.Part, Keep: out.holder(), Large: large, Whole: a.Keep, Beside: src.Beside})
	if out.Result = res; ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), out.Close())
	}
	if !a.Keep && !a.Strip {
		defer out.Close()
	}
	if err := reads.failed(); err != nil {
		res.Artifact.Coverage.Unread = append(res.Artifact.Coverage.Unread, audit.Unread{End: src.Size, Reason: err.Error()})
		res.Artifact.Verdict, res.Skipped, res.Model = res.Artifact.Judge(), false, nil
	}
	res.Skipped = res.Skipped || src.Files == nil && onlyIndex(src, res)
	if res.Skipped {
		return out, nil
	}
	if err := a.identify(ctx, out, pol.NeedsDigest()); err != nil {
		return nil, err
	}
	a.offer(ctx, out)
	a.decide(out)
	if a.Plan && out.Artifact.Verdict == audit.VerdictClean && out.Artifact.Decision.Action == audit.ActionConvert {
		if _, err := PlanOutline(out, converters.Options{}); err != nil {
			out.Artifact.Refusal = err.Error()
		}
	}
	return out, nil
}

// identify gives the artifact the names of its content that are known or wanted.
func (a *Auditor) identify(ctx context.Context, out *Audited, wanted bool) (err error) {
	src := &out.Source
	if src.SHA256 == "" && (a.Digest || wanted) {
		src.SHA256, err = digest(ctx, *src)
	}
	out.Artifact.GitBlob, out.Artifact.SHA256 = src.GitBlob, src.SHA256
	return err
}

// decide lets the policy decide on an artifact whose account is closed, and
// notes every trusted name that kept a finding away.
func (a *Auditor) decide(out *Audited) {
	pol := a.policy()
	out.Outcome = pol.Decide(policy.Input{Path: out.Artifact.Path, Artifact: &out.Artifact, Today: a.Today})
	d := out.Outcome.Decision
	reasons := pol.Trusted()
	for _, name := range out.TrustUsed {
		d.Notes = append(d.Notes, fmt.Sprintf("%s is trusted by the policy: %s", name, reasons[name]))
	}
	out.Artifact.Decision = &d
}

// policy is the one in force.
func (a *Auditor) policy() *policy.Policy {
	if a.Policy == nil {
		return policy.BuiltIn()
	}
	return a.Policy
}

// offer notes at each finding which remedies would remove it. A remedy is
// offered only if its plan can be made.
func (a *Auditor) offer(ctx context.Context, out *Audited) {
	if len(out.Artifact.Findings) == 0 {
		return
	}
	var list []audit.RemedyKind
	if planned, err := PlanOutline(out, converters.Options{}); err == nil {
		list = append(list, audit.RemedyConvert)
		out.Artifact.ArraysAlone = out.Model.Format == audit.FormatKeras ||
			slices.ContainsFunc(planned.Tree.Omitted, func(m tree.Missing) bool { return m.Predicts })
	}
	var opt StripOptions
	opt.AsZip = a.AsZip
	if out.dirty <= maxDirty && !exhausting(&out.Artifact) && Strippable(ctx, out, opt) == nil {
		list = append(list, audit.RemedyStrip)
	}
	for i := range out.Artifact.Findings {
		out.Artifact.Findings[i].Remedies = list
	}
}

// outlined is a model whose tree has no more than a plan needs.
type outlined struct{ *scan.Model }

func (m outlined) Tree() (*tree.Tree, error) { return m.Outline() }

// exhausting reports whether reading the artifact reached a limit, so that it is
// not read once more only to know what can be offered.
func exhausting(a *audit.Artifact) bool {
	return slices.ContainsFunc(a.Findings, func(f audit.Finding) bool { return strings.HasPrefix(f.Rule, "MA5") })
}

// digest is the hex SHA-256 of a source.
func digest(ctx context.Context, src Source) (string, error) {
	return sum(ctx, src.R, src.Size)
}

func keys(m map[string]string) map[string]bool {
	out := make(map[string]bool, len(m))
	for k := range m {
		out[k] = true
	}
	return out
}

// Rules returns every rule, in order of ID.
func Rules() []audit.Rule { return rules.All() }

// Rule returns the rule with that ID, in any case.
func Rule(id string) (audit.Rule, bool) { return rules.Lookup(strings.ToUpper(id)) }

// Rewrites reports whether the policy asks for a remedy of this artifact.
func (a *Audited) Rewrites() bool {
	return slices.Contains(a.Outcome.Actions, audit.ActionConvert) || slices.Contains(a.Outcome.Actions, audit.ActionStrip)
}
