package render

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/modelaudit/action/audit"
)

// notifications returns what is unread and the notes of the run, and whether the
// execution counts as successful.
func (b *sarifBuilder) notifications() (notes []sarifNotification, success bool) {
	success = b.report.ExitCode < audit.ExitUsage
	var refs []entryRef
	for i := range b.report.Artifacts {
		a := &b.report.Artifacts[i]
		rank := 1
		if action(a) == audit.ActionAllow {
			rank = 0
		}
		for n := range a.Coverage.Unread {
			refs = append(refs, entryRef{i, n, rank})
			success = success && rank == 0
		}
	}
	notes = choose(b, refs, sarifNotifications, func(ref entryRef) sarifNotification {
		u := &b.report.Artifacts[ref.i].Coverage.Unread[ref.n]
		level := "error"
		if ref.rank == 0 {
			level = "warning"
		}
		note := sarifNote(noteUnread, level, unreadText(u))
		note.Locations = []sarifLocation{b.location(ref.i, u.Member, u.Start, u.End)}
		return note
	})
	if n := len(refs) - len(notes); n > 0 {
		notes = append(notes, sarifNote(noteLeftOut, "error", fmt.Sprintf("%d more unread ranges are left out here", n)))
	}
	list := remarks(b.report)
	for i, n := range list {
		if i == 100 {
			notes = append(notes, sarifNote(noteLeftOut, "note", count(len(list)-i, "more note")+" left out here"))
			break
		}
		notes = append(notes, sarifNote(noteNote, "note", clip(n, maxMessage)))
	}
	return notes, success
}

func sarifNote(descriptor int, level, text string) sarifNotification {
	return sarifNotification{
		Descriptor: sarifReference{sarifNoteDescriptors()[descriptor].ID, descriptor},
		Level:      level,
		Message:    sarifText{Text: sarifPlain(text)},
	}
}

func sarifNoteDescriptors() []sarifDescriptor {
	describe := func(id, name, short, full string) sarifDescriptor {
		return sarifDescriptor{ID: id, Name: name, ShortDescription: &sarifText{Text: short}, FullDescription: &sarifText{Text: full}, Help: &sarifText{Text: full}}
	}
	return []sarifDescriptor{
		describe("unread", "UnreadBytes", "Bytes that could not be judged.", "Of these bytes nothing may be said: they were not read, for the reason that is given."),
		describe("left-out", "EntriesLeftOut", "Entries left out.", "A run stays within the limits of those who read it. The mildest entries are left out first."),
		describe("note", "RemarkOnTheRun", "A remark on the run.", "Something about the run that is no finding in a file."),
	}
}

// sarifPlain makes s a plain text message: printable, braces doubled (3.11.5),
// and nothing that reads as an embedded link (3.11.6).
func sarifPlain(s string) string { return sarifBraces(Escape(s)) }

func sarifBraces(s string) string {
	return strings.NewReplacer("{", "{{", "}", "}}", "](", `]\x28`).Replace(s)
}

// location is a place in artifact i.
func (b *sarifBuilder) location(i int, member string, start, end int64) sarifLocation {
	loc := sarifLocation{Physical: sarifPhysical{Artifact: b.path(i), Region: sarifRegion{StartLine: 1}}}
	if member != "" {
		loc.Logical = []sarifLogical{{clipMiddle(bytesVisible(member), maxMember), "resource", sarifMember{start, end}}}
		return loc
	}
	length := max(end-start, 0)
	loc.Physical.Region.ByteOffset, loc.Physical.Region.ByteLength = &start, &length
	return loc
}

const upperHex = "0123456789ABCDEF"

// relativeURI returns path as a relative reference (RFC 3986 4.2): every byte
// but unreserved characters and "/" is percent-encoded, a leading "/" too, so
// that no path reads as an absolute one, a host or a scheme.
func relativeURI(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		c := path[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~", c) >= 0,
			c == '/' && i > 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&15])
		}
	}
	return b.String()
}

func sarifLevel(s audit.Severity) string {
	switch s {
	case audit.Critical, audit.High:
		return "error"
	case audit.Medium:
		return "warning"
	}
	return "note"
}

// securitySeverity is GitHub's number for a severity: above 9.0 critical, 7.0 to
// 8.9 high, 4.0 to 6.9 medium, below low.
func securitySeverity(s audit.Severity) string {
	switch s {
	case audit.Critical:
		return "9.5"
	case audit.High:
		return "8.0"
	case audit.Medium:
		return "5.5"
	}
	return "2.0"
}

func sarifRule(r audit.Rule) sarifDescriptor {
	braces := strings.NewReplacer("{", "{{", "}", "}}")
	text := func(s string) *sarifText {
		return &sarifText{Text: braces.Replace(clip(s, sarifDescription))}
	}
	tags := []string{"security", "model"}
	if r.Family != "" {
		tags = append(tags, strings.ToLower(strings.ReplaceAll(r.Family, " ", "-")))
	}
	if n, ok := strings.CutPrefix(r.CWE, "CWE-"); ok {
		tags = append(tags, "external/cwe/cwe-"+n)
	}
	return sarifDescriptor{
		ID:                   r.ID,
		Name:                 pascal(r.Title),
		HelpURI:              project + "/blob/main/docs/rules/" + r.ID + ".md",
		ShortDescription:     text(orID(r.Title, r)),
		FullDescription:      text(orID(strings.TrimSpace(r.Text+" "+r.Why), r)),
		DefaultConfiguration: &sarifConfiguration{sarifLevel(r.Severity)},
		Help:                 &sarifText{Text: braces.Replace(ruleText(r)), Markdown: braces.Replace(ruleMarkdown(r, markdown))},
		Properties:           &sarifRuleProperties{"high", securitySeverity(r.Severity), tags},
	}
}

// pascal makes one word of a title: each word with a capital, and no single letters.
func pascal(title string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(title, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if len(word) > 1 {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

// orID returns s, or the rule's id when s is empty: SARIF wants a text.
func orID(s string, r audit.Rule) string {
	if s == "" {
		return r.ID
	}
	return s
}
