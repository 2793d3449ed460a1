package render

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/modelaudit/action/audit"
)

// Limits of one SARIF run. GitHub rejects a file of more than 10 MB gzipped and
// a run of more than 25,000 results, and shows 5,000 (its pages on SARIF support
// and limits). sarifBytes bounds the uncompressed text, so no name can defeat it.
const (
	sarifResults       = 5000
	sarifNotifications = 1000
	sarifBytes         = 8 << 20
	sarifDescription   = 1000 // code points of a rule's descriptions; GitHub takes 1024
)

// project is where people read about the program.
const project = "https://github.com/modelaudit/action"

// The descriptors of notifications, by index.
const (
	noteUnread = iota
	noteLeftOut
	noteNote
)

// SARIF writes r as one run of SARIF 2.1.0 within GitHub's limits; rules become
// the driver's rules, in their order.
//
// A finding is a result with one location: the file's URI relative to
// %SRCROOT%, line 1, and its byte range. A range inside a member of a container
// stands with the member in logicalLocations, for region.byteOffset counts from the
// start of the file. The policy's warn lowers the level to warning or note;
// allow makes it note and adds a suppression. What is unread is a
// toolExecutionNotification of level error (warning where the policy allows the
// file), and executionSuccessful is false when such an error stands or the
// report's exit code is 2 or more. When results or notifications must be left
// out, the mildest go first, files take turns, and a notification says how many.
func SARIF(w io.Writer, r *audit.Report, rules []audit.Rule) error {
	b := &sarifBuilder{report: r, left: sarifBytes / 4, ruleIndex: map[string]int{}, artifacts: map[int]bool{}, uris: map[int]string{}}
	driver := sarifDriver{
		Name:          cmp.Or(bytesVisible(r.Tool.Name), "modelaudit"),
		Version:       numbered(bytesVisible(r.Tool.Version)),
		Information:   project,
		Notifications: sarifNoteDescriptors(),
		Rules:         []sarifDescriptor{},
	}
	for i, rule := range rules {
		b.ruleIndex[rule.ID] = i
		driver.Rules = append(driver.Rules, sarifRule(rule))
	}
	run := sarifRun{
		Tool:              sarifTool{driver},
		AutomationDetails: sarifID{"modelaudit/"},
		ColumnKind:        "utf16CodeUnits",
	}
	run.BaseIDs.Root.Description.Text = "The root of the repository, or the directory that was scanned from."
	notes, success := b.notifications()
	b.left += sarifBytes / 4 * 3 // notifications cannot use what results need
	results, dropped := b.results()
	run.Results = results
	if dropped > 0 {
		text := fmt.Sprintf("%d of %d results are left out, the mildest first: a run holds %d results and %s",
			dropped, dropped+len(results), sarifResults, Bytes(sarifBytes))
		notes = append(notes, sarifNote(noteLeftOut, "warning", text))
	}
	run.Invocations = []sarifInvocation{{ExecutionSuccessful: success, ExitCode: r.ExitCode, Notifications: notes}}
	run.Artifacts = b.usedArtifacts()
	return encode(w, sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	})
}

// numbered is a version that begins with a number, as readers that compare them want.
func numbered(version string) string {
	if version == "" || version[0] >= '0' && version[0] <= '9' {
		return version
	}
	return "0.0.0-" + version
}

// A sarifBuilder collects the parts of a run and counts their size.
type sarifBuilder struct {
	report    *audit.Report
	left      int // bytes that may still be written
	ruleIndex map[string]int
	artifacts map[int]bool // artifacts that a result or notification names
	uris      map[int]string
}

// path is the location of artifact i.
func (b *sarifBuilder) path(i int) sarifURI {
	if b.uris[i] == "" {
		b.uris[i] = relativeURI(b.report.Artifacts[i].Path)
	}
	return sarifURI{b.uris[i], "%SRCROOT%"}
}

// take accounts for v, which names artifact i, and reports whether it fits.
func (b *sarifBuilder) take(v any, i int) bool {
	text, err := json.MarshalIndent(v, "        ", "  ")
	size := len(text)
	if !b.artifacts[i] {
		size += len(b.path(i).URI) + 300
	}
	if err != nil || size > b.left {
		return false
	}
	b.left -= size
	b.artifacts[i] = true
	return true
}

// An entryRef names entry n of one list of artifact i, by how much it matters.
type entryRef struct{ i, n, rank int }

// byWeight orders the worst first; among equals files take turns, so that one
// file cannot crowd out another.
func byWeight(x, y entryRef) int {
	return cmp.Or(cmp.Compare(y.rank, x.rank), cmp.Compare(x.n, y.n), cmp.Compare(x.i, y.i))
}

func byPlace(x, y entryRef) int { return cmp.Or(cmp.Compare(x.i, y.i), cmp.Compare(x.n, y.n)) }

// choose returns what build makes of the refs that fit, in the order of the report.
func choose[T any](b *sarifBuilder, refs []entryRef, limit int, build func(entryRef) T) (kept []T) {
	slices.SortFunc(refs, byWeight)
	type made struct {
		ref   entryRef
		value T
	}
	var fit []made
	for _, ref := range refs[:min(limit, len(refs))] {
		if len(b.path(ref.i).URI) > b.left {
			continue // a long name would make the attempt dear
		}
		if v := build(ref); b.take(v, ref.i) {
			fit = append(fit, made{ref, v})
		}
	}
	slices.SortFunc(fit, func(x, y made) int { return byPlace(x.ref, y.ref) })
	kept = []T{}
	for _, m := range fit {
		kept = append(kept, m.value)
	}
	return kept
}

// results returns the results that fit and the number of those left out.
func (b *sarifBuilder) results() ([]sarifResult, int) {
	var refs []entryRef
	ordinals := make([][]int, len(b.report.Artifacts))
	for i := range b.report.Artifacts {
		a := &b.report.Artifacts[i]
		seen := map[string]int{}
		for n := range a.Findings {
			rank := a.Findings[n].Severity.Rank()
			if action(a) == audit.ActionAllow {
				rank = -1
			}
			refs = append(refs, entryRef{i, n, rank})
			seen[a.Findings[n].Fingerprint]++
			ordinals[i] = append(ordinals[i], seen[a.Findings[n].Fingerprint])
		}
	}
	kept := choose(b, refs, sarifResults, func(ref entryRef) sarifResult {
		return b.result(ref, ordinals[ref.i][ref.n])
	})
	return kept, len(refs) - len(kept)
}

func (b *sarifBuilder) result(ref entryRef, ordinal int) sarifResult {
	a := &b.report.Artifacts[ref.i]
	f := &a.Findings[ref.n]
	res := sarifResult{
		RuleID:     bytesVisible(f.Rule),
		Level:      sarifLevel(f.Severity),
		Message:    sarifText{Text: sarifBraces(EscapeMessage(findingText(f)))},
		Locations:  []sarifLocation{b.location(ref.i, f.Location.Member, f.Location.Start, f.Location.End)},
		Properties: sarifResultProperties{Callable: clip(bytesVisible(f.Callable), maxMember), Severity: bytesVisible(string(f.Severity))},
		PartialFingerprints: sarifFingerprints{
			ModelAudit: bytesVisible(f.Fingerprint),
			LineHash:   bytesVisible(f.Fingerprint) + ":" + strconv.Itoa(ordinal),
		},
	}
	if i, ok := b.ruleIndex[f.Rule]; ok {
		res.RuleIndex = &i
	}
	switch action(a) {
	case audit.ActionWarn:
		if res.Level == "error" {
			res.Level = "warning"
		} else {
			res.Level = "note"
		}
	case audit.ActionAllow:
		res.Level = "note"
		why := strings.Join(append(slices.Clone(a.Decision.Clauses), a.Decision.Notes...), "; ")
		res.Suppressions = []sarifSuppression{{"external", "accepted", clip(Escape(cmp.Or(why, "allowed by the policy")), maxMessage)}}
	}
	return res
}

// usedArtifacts lists the files that a result or a notification names.
func (b *sarifBuilder) usedArtifacts() []sarifArtifact {
	var list []sarifArtifact
	for i := range b.report.Artifacts {
		if !b.artifacts[i] {
			continue
		}
		a := &b.report.Artifacts[i]
		s := sarifArtifact{Location: b.path(i), Length: a.Size}
		if a.SHA256 != "" {
			s.Hashes = map[string]string{"sha-256": bytesVisible(a.SHA256)}
		}
		list = append(list, s)
	}
	return list
}
