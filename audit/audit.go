// Package audit holds the words of modelaudit: what an artifact is, what was
// found in it, how much of it was read, what could be done, and what was
// decided. Every door (command line, git hook, CI) fills one [Report] and
// every output is a rendering of that value.
//
// The package holds data only. It imports the standard library alone and
// reads no file, clock or environment, so the same input gives the same bytes.
package audit

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strconv"
	"strings"
)

// SchemaVersion is the value of the report's "schema" key.
const SchemaVersion = 1

// A Verdict sums up one artifact.
type Verdict string

// The verdicts. Clean means no finding and nothing unread; findings outweigh
// incomplete, because what was seen is certain and what was not seen is not.
const (
	VerdictClean      Verdict = "clean"
	VerdictFindings   Verdict = "findings"
	VerdictIncomplete Verdict = "incomplete"
)

// A Severity says how bad a finding is.
type Severity string

// The severities, worst first.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
)

// Rank orders severities: Critical is 4, Low is 1, anything else 0.
func (s Severity) Rank() int {
	switch s {
	case Critical:
		return 4
	case High:
		return 3
	case Medium:
		return 2
	case Low:
		return 1
	}
	return 0
}

// A Location is a place inside an artifact.
type Location struct {
	// Member is the path through nested containers, joined by " ! ", or ""
	// for the artifact itself.
	Member string `json:"member"`
	// Start and End are a half-open byte range of the innermost member.
	Start int64 `json:"start"`
	End   int64 `json:"end"`
}

// A Finding is one fact at one place. It says what was seen, never what to do.
type Finding struct {
	Rule        string       `json:"rule"`
	Severity    Severity     `json:"severity"`
	Message     string       `json:"message"`
	Location    Location     `json:"location"`
	Callable    string       `json:"callable,omitempty"`
	Fingerprint string       `json:"fingerprint"`
	Remedies    []RemedyKind `json:"remedies"`
}

// A RemedyKind names a way to remove findings.
type RemedyKind string

// The kinds of remedy.
const (
	RemedyConvert RemedyKind = "convert"
	RemedyStrip   RemedyKind = "strip"
)

// Fingerprint identifies a finding independently of the artifact's name: the
// hex SHA-256, first 32 digits, of rule, innermost member name, callable and
// the ordinal among equal ones. It survives a rename of the file and a shift of offsets.
func Fingerprint(rule, member, callable string, ordinal int) string {
	member = path.Base(member)
	sum := sha256.Sum256([]byte(strings.Join([]string{rule, member, callable, strconv.Itoa(ordinal)}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// An Unread is a range of bytes that could not be judged, with the reason.
type Unread struct {
	Member string `json:"member"`
	Start  int64  `json:"start"`
	End    int64  `json:"end"`
	Reason string `json:"reason"`
}

// Coverage is the account of an artifact's bytes: each byte is understood,
// opaque (data that a reference with a known meaning claims) or unread.
type Coverage struct {
	Understood int64    `json:"understood"`
	Opaque     int64    `json:"opaque"`
	Unread     []Unread `json:"unread"`
}

// A Decision is what the policy makes of an artifact.
type Decision struct {
	Action  Action   `json:"action"`
	Clauses []string `json:"clauses"`         // the policy clauses that led there, e.g. "rules[0]"
	Notes   []string `json:"notes,omitempty"` // suppressions that changed the outcome, in words
}

// An Action is what a policy asks for.
type Action string

// The actions of a policy.
const (
	ActionAllow   Action = "allow"
	ActionWarn    Action = "warn"
	ActionBlock   Action = "block"
	ActionConvert Action = "convert"
	ActionStrip   Action = "strip"
)

// An Output is a file that a remedy wrote.
type Output struct {
	Path    string `json:"path"`
	SHA256  string `json:"sha256"`
	GitBlob string `json:"git_blob,omitempty"`
}

// A Proof says how a remedy's result was shown to hold what its source held.
type Proof struct {
	Rescan        Verdict `json:"rescan"`         // the candidate, scanned as a stranger
	Tensors       int     `json:"tensors"`        // tensors compared
	BytesCompared int64   `json:"bytes_compared"` // bytes of tensor data compared
	MaxDiff       float64 `json:"max_diff"`       // 0 when every byte is equal
	SecondDecoder string  `json:"second_decoder"` // "agrees" or "not applicable: REASON"
	Casts         []Cast  `json:"casts,omitempty"`
}

// A Cast says what rounding to another type did to one tensor. The proof has
// checked that every element is rounded right.
type Cast struct {
	Tensor     string  `json:"tensor"`
	From       string  `json:"from"` // as torch names them: float32
	To         string  `json:"to"`
	MaxAbs     float64 `json:"max_abs"` // largest error of a finite element
	MaxRel     float64 `json:"max_rel"`
	Overflowed int64   `json:"overflowed"` // finite elements that became infinite
}

// A Change is a value that a conversion keeps in another form.
type Change struct {
	Path string `json:"path"` // keys joined by dots
	What string `json:"what"` // what became of it
}

// A Removal is one thing that a strip took out.
type Removal struct {
	Location Location `json:"location"`
	What     string   `json:"what"`   // what stood there, in words
	Became   string   `json:"became"` // what stands in its place, and why nothing does
}

// An AppliedRemedy is a remedy that was carried out and proven.
type AppliedRemedy struct {
	Kind    RemedyKind `json:"kind"`
	Outputs []Output   `json:"outputs"`
	Proof   Proof      `json:"proof"`
	Undo    string     `json:"undo,omitempty"`
	// LeftOut lists tensors that the result lacks because that was asked for.
	LeftOut []string `json:"left_out,omitempty"`
	// Changed lists values that the result has in another form, or not at all.
	Changed []Change `json:"changed,omitempty"`
	// Removed lists what a strip took out, in the order of the file.
	Removed []Removal `json:"removed,omitempty"`
	// Planned: it was made and proven, and nothing was put in place.
	Planned bool `json:"planned,omitempty"`
}

// An Artifact is the account of one immutable run of bytes under audit.
type Artifact struct {
	Path     string         `json:"path"`
	SHA256   string         `json:"sha256,omitempty"`
	GitBlob  string         `json:"git_blob,omitempty"`
	Size     int64          `json:"size"`
	Formats  []Format       `json:"formats"`
	Verdict  Verdict        `json:"verdict"`
	Findings []Finding      `json:"findings"`
	Coverage Coverage       `json:"coverage"`
	Decision *Decision      `json:"decision,omitempty"`
	Remedy   *AppliedRemedy `json:"remedy,omitempty"`
	// Refusal says why the remedy that the policy asked for was not possible.
	Refusal string `json:"refusal,omitempty"`
	// ArraysAlone: what predicts in it, a fitted estimator or a Keras model, is not in
	// what a conversion writes. It is for people, and in no report for machines.
	ArraysAlone bool `json:"-"`
}

// Judge computes the verdict from findings and coverage.
func (a *Artifact) Judge() Verdict {
	switch {
	case len(a.Findings) > 0:
		return VerdictFindings
	case len(a.Coverage.Unread) > 0:
		return VerdictIncomplete
	}
	return VerdictClean
}

// SortFindings orders findings by member, start, end, rule and message and
// fills their fingerprints, so that equal input gives equal reports.
func (a *Artifact) SortFindings() {
	slices.SortStableFunc(a.Findings, func(x, y Finding) int {
		return cmp.Or(
			strings.Compare(x.Location.Member, y.Location.Member),
			cmp.Compare(x.Location.Start, y.Location.Start),
			cmp.Compare(x.Location.End, y.Location.End),
			strings.Compare(x.Rule, y.Rule),
			strings.Compare(x.Message, y.Message))
	})
	seen := map[[3]string]int{}
	for i := range a.Findings {
		f := &a.Findings[i]
		key := [3]string{f.Rule, path.Base(f.Location.Member), f.Callable}
		f.Fingerprint = Fingerprint(f.Rule, f.Location.Member, f.Callable, seen[key])
		seen[key]++
	}
}
