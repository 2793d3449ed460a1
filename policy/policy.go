// Package policy reads .modelaudit.yml and decides what becomes of an audited
// artifact. [Parse] turns bytes into a [Policy]; [Policy.Decide] turns an
// [audit.Artifact] into an [audit.Decision] with the clauses that led to it.
// [Policy.Explain] says the same in words, [Schema] describes the file to
// editors, and [Template] holds the built-in policies that `extends:` names.
//
// The package is pure: it opens no file and reads no clock. Callers hand in the
// bytes, the name they stand under, and the date against which `expires` is read.
//
// # Deciding
//
// An `allow` entry with the artifact's exact sha256 beats every rule. Else the
// first rule that matches decides; what no rule matches is blocked if it has
// findings. Whatever is partly unread is blocked too: rules may ask for a
// remedy, but neither `allow` nor `warn` lets such a file pass.
//
// # Globs
//
// A glob without a slash matches the base name at any depth; with one, the
// whole path from the root, and a leading slash only says so. `*` and `?` stop at a slash,
// `**` as a whole segment does not, `{a,b}` and `[0-9]` work, a backslash takes the
// next character literally, and case matters. A glob that could never match (with an
// empty, "." or ".." segment, or a slash at the end) and one that begins with "!" are errors.
//
// # Security
//
// The repository under audit may write its own policy, so the bytes are
// hostile. A policy is UTF-8 of at most [MaxSize] bytes; it may hold at most
// [MaxValues] values, counting what an alias stands for as often as it is
// used; an anchor may not contain itself. Tags, merge keys, further
// documents, unknown and repeated keys are errors. A glob has at most 512 bytes and
// 64 combinations of its braces, which bounds the time that matching takes. Every error has the file, line and column. A panic of the YAML
// library is reported as an error.
package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/modelaudit/action/audit"
)

// The bounds of a policy file.
const (
	MaxSize   = 1 << 20 // bytes
	MaxValues = 100_000 // keys and values, aliases counted as often as they are used
)

// The values of `lfs`: what becomes of a file whose source is in Git LFS, while the
// attributes of its own name do not say so.
const (
	LFSOffer = "offer" // git stores it, and the command that changes that is printed
	LFSTrack = "track" // the commit gets a line in .gitattributes
)

// The values of `after_rewrite`.
const (
	AfterRewriteStop     = "stop"     // exit 1, so that a person looks at what changed
	AfterRewriteContinue = "continue" // exit 0
)

// A Policy is a parsed policy file together with the template that it extends.
// It is immutable: all methods may be called from several goroutines.
type Policy struct {
	Source       string // the name given to Parse, or "built-in"
	SHA256       string // hex digest of the bytes given to Parse
	LFS          string // LFSOffer (the default) or LFSTrack
	AfterRewrite string // AfterRewriteStop (the default) or AfterRewriteContinue
	Limits       Limits

	rules []rule
	allow []allowance
	trust []trusted
	floor *Policy // nil unless WithFloor made this
}

// Limits are the limits that a policy sets; zero leaves the program's default.
type Limits struct {
	MaxFileSize int64 // bytes
	Timeout     time.Duration
}

// A rule is one entry of `rules`. It matches a file when its globs (if any)
// and its formats (if any) both do.
type rule struct {
	clause  string // "rules[0]", or "standard:rules[0]" when it comes from a template
	file    string
	line    int
	globs   []glob
	formats []audit.Format
	actions []audit.Action
	to      audit.Format // "" without convert
	always  bool         // false: only with findings or unread parts
}

// An allowance is one entry of `allow`.
type allowance struct {
	clause  string
	line    int
	sha256  string // lower case
	reason  string
	expires time.Time // midnight UTC at the start of the last valid day; zero: never
}

// expired says whether the entry no longer allows on the given day. A dated
// entry counts as expired when no day is given.
func (a allowance) expired(today time.Time) bool {
	if a.expires.IsZero() {
		return false
	}
	return today.IsZero() || !today.UTC().Before(a.expires.AddDate(0, 0, 1))
}

// A trusted global is one entry of `trust`.
type trusted struct {
	global, reason string
}

// builtInText is what a repository without a policy is judged by.
const builtInText = "version: 1\n"

// BuiltIn returns the policy of a repository that has none: no rules, so that
// findings and unread parts block. It equals Parse("built-in", "version: 1\n").
func BuiltIn() *Policy {
	return &Policy{Source: "built-in", SHA256: digest([]byte(builtInText)), LFS: LFSOffer, AfterRewrite: AfterRewriteStop}
}

// Matches says whether a rule names the path by `paths` alone, so that the
// file is audited even if nothing shows it to be a model. A rule that also has
// `formats` needs the file to be a model anyway, and a glob without any literal
// character ("**/*") names no file in particular: neither counts.
func (p *Policy) Matches(path string) bool {
	return p.names(path, func(g glob) bool { return !g.wild })
}

// MatchesFile says whether Matches holds for the file itself and not only for the
// folder that it is in: of the globs those count that have a literal character
// behind the last slash, as "vendor/*.md" has and "vendor/**" has not.
func (p *Policy) MatchesFile(path string) bool {
	return p.names(path, func(g glob) bool { return !g.folder })
}

// names says whether a rule without `formats` has a glob for the path that counts.
func (p *Policy) names(path string, counts func(glob) bool) bool {
	if p.floor != nil && p.floor.names(path, counts) {
		return true
	}
	return slices.ContainsFunc(p.rules, func(r rule) bool {
		return len(r.formats) == 0 && slices.ContainsFunc(r.globs, func(g glob) bool {
			return counts(g) && g.match(path)
		})
	})
}

// Trusted maps every global of `trust` to the reason given for it. With a floor
// it has those that both trust.
func (p *Policy) Trusted() map[string]string {
	if p.floor != nil {
		return p.trustedBoth()
	}
	reasons := map[string]string{}
	for _, t := range p.trust {
		reasons[t.global] = t.reason
	}
	return reasons
}

// NeedsDigest says whether Decide needs Artifact.SHA256, that is, whether the
// policy has `allow` entries.
func (p *Policy) NeedsDigest() bool {
	return len(p.allow) > 0 || p.floor != nil && p.floor.NeedsDigest()
}

// Expired has one note for every `allow` entry that no longer allows on the
// given day, in file order, whether or not a file with its digest was seen; then
// those of the floor, and what Ignored says.
func (p *Policy) Expired(today time.Time) []string {
	var notes []string
	for _, a := range p.allow {
		if a.expired(today) {
			notes = append(notes, a.expiryNote())
		}
	}
	if p.floor != nil {
		for _, n := range p.floor.Expired(today) {
			notes = append(notes, "floor: "+n)
		}
		notes = append(notes, p.Ignored()...)
	}
	return notes
}

// formats lists every format that a rule may name.
func formats() (names []audit.Format) {
	for _, f := range audit.Formats() {
		names = append(names, f.Name)
	}
	return names
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
